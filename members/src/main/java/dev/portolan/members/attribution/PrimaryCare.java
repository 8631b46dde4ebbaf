package dev.portolan.members.attribution;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.members.MemberRecords;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Members by their primary care practitioner, as the plan's records have it: {@code Patient.generalPractitioner}, which an 834 (loop 2310) or another feed of enrollments fills. Only while the member is
 * covered: an attribution ends with the coverage.
 */
public final class PrimaryCare {

    private static final String NPI = "http://hl7.org/fhir/sid/us-npi";
    private static final String PATIENT = "Patient/";
    private static final int VALUES_AT_ONCE = 50;

    private final MemberRecords records;
    private final Clock clock;

    public PrimaryCare(MemberRecords records, Clock clock) {
        this.records = records;
        this.clock = clock;
    }

    /**
     * The patients of these practitioners, each once for each practitioner.
     *
     * @param npis the practitioners'
     */
    public List<Attribution> patientsOf(Collection<String> npis) {
        Map<String, String> practitioners = practitioners(npis);
        Map<String, Set<String>> chosen = new LinkedHashMap<>();
        inLots(practitioners.keySet(), lot -> records.each("Patient", "general-practitioner", lot, patient -> {
            if (!"false".equals(text(patient, "active"))) {
                patient.each("generalPractitioner").forEach(doctor -> {
                    String npi = practitioners.get(String.valueOf(doctor.fieldText("reference")));
                    if (npi != null) {
                        chosen.computeIfAbsent(String.valueOf(patient.fieldText("id")), id -> new TreeSet<>()).add(npi);
                    }
                });
            }
        }));
        Map<String, Cover> covered = covered(chosen.keySet());
        List<Attribution> all = new ArrayList<>();
        chosen.forEach((patient, doctors) -> {
            Cover cover = covered.get(patient);
            if (cover != null) {
                doctors.forEach(npi -> all.add(new Attribution(patient, npi, cover.reference(), null, cover.ends())));
            }
        });
        return all;
    }

    /** NPIs by {@code Practitioner/id}, and by {@code PractitionerRole/id} for the roles that they have: US Core lets a Patient name either. */
    private Map<String, String> practitioners(Collection<String> npis) {
        Map<String, String> practitioners = new HashMap<>();
        Set<String> wanted = new TreeSet<>(npis);
        inLots(wanted, lot -> records.each("Practitioner", "identifier", lot.stream().map(npi -> NPI + "|" + npi).toList(), practitioner -> practitioner.each("identifier").forEach(identifier -> {
            String npi = identifier.fieldText("value");
            if (NPI.equals(identifier.fieldText("system")) && wanted.contains(npi)) {
                practitioners.put("Practitioner/" + practitioner.fieldText("id"), npi);
            }
        })));
        inLots(practitioners.keySet(), lot -> records.each("PractitionerRole", "practitioner", lot, role -> {
            JsonValue practitioner = role.field("practitioner");
            String npi = practitioner == null || "false".equals(text(role, "active")) ? null : practitioners.get(String.valueOf(practitioner.fieldText("reference")));
            if (npi != null) {
                practitioners.put("PractitionerRole/" + role.fieldText("id"), npi);
            }
        }));
        return practitioners;
    }

    /**
     * @param starts null for as long as it has been
     * @param ends exclusive; null without an end
     */
    private record Cover(String reference, @Nullable Instant starts, @Nullable Instant ends) {

        boolean runs(Instant at) {
            return beganBy(at) && (ends == null || ends.isAfter(at));
        }

        boolean beganBy(Instant at) {
            return starts == null || !starts.isAfter(at);
        }

        boolean outlasts(@Nullable Cover other) {
            return other == null || other.ends != null && (ends == null || ends.isAfter(other.ends));
        }
    }

    private Map<String, Cover> covered(Collection<String> patients) {
        Map<String, List<Cover>> told = new HashMap<>();
        inLots(patients, lot -> records.each("Coverage", "beneficiary", lot.stream().map(id -> PATIENT + id).toList(), coverage -> {
            JsonValue beneficiary = coverage.field("beneficiary");
            String reference = beneficiary == null ? null : beneficiary.fieldText("reference");
            if (reference != null && "active".equals(coverage.fieldText("status"))) {
                cover(coverage).ifPresent(cover -> told.computeIfAbsent(reference.substring(reference.lastIndexOf('/') + 1), patient -> new ArrayList<>()).add(cover));
            }
        }));
        Instant now = clock.instant();
        Map<String, Cover> covered = new HashMap<>();
        told.forEach((patient, covers) -> running(covers, now).ifPresent(cover -> covered.put(patient, cover)));
        return covered;
    }

    /** Empty if nobody can tell when it runs: who sees a record because of a cover sees it no day longer. */
    private static Optional<Cover> cover(JsonValue coverage) {
        JsonValue period = coverage.field("period");
        try {
            Instant starts = period == null ? null : day(period.fieldText("start"), false);
            Instant ends = period == null ? null : Instants.end(day(period.fieldText("end"), true));
            return Optional.of(new Cover("Coverage/" + coverage.fieldText("id"), starts, ends));
        } catch (DateTimeException noDate) {
            return Optional.empty();
        }
    }

    /** The one that runs, to the end of those that follow it without a gap: whose cover is renewed each year is nobody's patient less on the first day of the next. */
    private static Optional<Cover> running(List<Cover> covers, Instant now) {
        Cover running = null;
        for (Cover cover : covers) {
            running = cover.runs(now) && cover.outlasts(running) ? cover : running;
        }
        if (running == null) {
            return Optional.empty();
        }
        Cover last = running;
        for (Cover next : covers.stream().sorted(Comparator.comparing(Cover::starts, Comparator.nullsFirst(Comparator.naturalOrder()))).toList()) {
            last = last.ends() != null && next.beganBy(last.ends()) && next.outlasts(last) ? next : last;
        }
        return Optional.of(new Cover(running.reference(), running.starts(), last.ends()));
    }

    /** The beginning of a day, month or year, or what comes after it; an instant's own day counts as a whole. */
    private static @Nullable Instant day(@Nullable String date, boolean after) {
        if (date == null) {
            return null;
        }
        LocalDate day = date.length() >= "2027-01-31".length() ? LocalDate.parse(date.substring(0, "2027-01-31".length()))
            : date.length() == "2027-01".length() ? YearMonth.parse(date).atDay(1) : Year.parse(date).atDay(1);
        LocalDate from = !after ? day : date.length() >= "2027-01-31".length() ? day.plusDays(1) : date.length() == "2027-01".length() ? day.plusMonths(1) : day.plusYears(1);
        return from.atStartOfDay().toInstant(ZoneOffset.UTC);
    }

    private static void inLots(Collection<String> values, Consumer<List<String>> work) {
        List<String> all = List.copyOf(values);
        for (int from = 0; from < all.size(); from += VALUES_AT_ONCE) {
            work.accept(all.subList(from, Math.min(all.size(), from + VALUES_AT_ONCE)));
        }
    }

    private static @Nullable String text(JsonValue owner, String field) {
        JsonValue value = owner.field(field);
        return value == null ? null : Objects.toString(value.text());
    }
}
