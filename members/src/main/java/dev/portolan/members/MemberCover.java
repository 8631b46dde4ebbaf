package dev.portolan.members;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.RecordScan;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.ScanRange;
import dev.portolan.store.ScanRequest;
import dev.portolan.store.ScanSink;
import dev.portolan.store.StoredResource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Since when members are covered, by their Coverages: every member's in one go, some hundred at a time. */
public final class MemberCover {

    /** Of a Coverage that does not say since when. */
    public static final LocalDate ALWAYS = LocalDate.of(1900, 1, 1);
    private static final LocalDate OPEN = LocalDate.of(9999, 12, 31);
    private static final int AT_ONCE = 500;
    private static final Duration SETTLE_WAIT = Duration.ofMinutes(1);

    private final RecordDatabase records;

    public MemberCover(RecordDatabase records) {
        this.records = records;
    }

    /** A time without a gap in which somebody is covered, by one Coverage or by several that follow each other. Both days are in it. */
    public record Cover(LocalDate starts, LocalDate ends) {}

    /** From when to when a Coverage says that it covers; empty if it ends before it begins. */
    static Optional<Cover> of(JsonValue coverage) {
        JsonValue period = coverage.field("period");
        LocalDate starts = day(period == null ? null : period.fieldText("start"), true, ALWAYS);
        LocalDate ends = day(period == null ? null : period.fieldText("end"), false, OPEN);
        return ends.isBefore(starts) ? Optional.empty() : Optional.of(new Cover(starts, ends));
    }

    /** A month or year alone is meant whole. */
    private static LocalDate day(@Nullable String date, boolean first, LocalDate without) {
        if (date == null) {
            return without;
        }
        try {
            if (date.length() >= 10) {
                return LocalDate.parse(date.substring(0, 10));
            }
            LocalDate begins = LocalDate.parse(date.length() == 7 ? date + "-01" : date + "-01-01");
            return first ? begins : (date.length() == 7 ? begins.plusMonths(1) : begins.plusYears(1)).minusDays(1);
        } catch (DateTimeException e) {
            return without; // no day at all, stored before anyone checked it: covered rather than forgotten
        }
    }

    /** Those whom the plan can write to: not those who died or whose record is not in use. */
    private static boolean isReached(JsonValue patient) {
        JsonValue deceased = patient.field("deceasedBoolean");
        JsonValue active = patient.field("active");
        return patient.field("deceasedDateTime") == null && (deceased == null || !deceased.text().equals("true")) && (active == null || !active.text().equals("false"));
    }

    /**
     * The cover that runs on a day or, if none does, the next that begins.
     *
     * @param covers of one member, in any order
     */
    static Optional<Cover> on(LocalDate day, Collection<Cover> covers) {
        List<Cover> spells = new ArrayList<>();
        for (Cover cover : covers.stream().sorted(Comparator.comparing(Cover::starts)).toList()) {
            Cover last = spells.isEmpty() ? null : spells.get(spells.size() - 1);
            if (last != null && (last.ends().equals(OPEN) || !cover.starts().isAfter(last.ends().plusDays(1)))) {
                spells.set(spells.size() - 1, new Cover(last.starts(), last.ends().isAfter(cover.ends()) ? last.ends() : cover.ends()));
            } else {
                spells.add(cover);
            }
        }
        return spells.stream().filter(spell -> !spell.ends().isBefore(day)).findFirst();
    }

    /**
     * Every member, some hundred at once: the cover that runs on a day or begins next, by Patient id; empty for who has none, or is not to be written to.
     *
     * @param each is handed the members of one stretch after the other
     */
    public void each(LocalDate day, Consumer<Map<String, Optional<Cover>>> each) {
        RecordScan scan = scan(records.settle(SETTLE_WAIT));
        for (ScanRange range : scan.ranges(AT_ONCE)) {
            Gathering gathering = new Gathering();
            try {
                scan.read(range, gathering);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Map<String, Optional<Cover>> members = new LinkedHashMap<>();
            gathering.covers.forEach((patient, covers) -> members.put(patient, gathering.reached.contains(patient) ? on(day, covers) : Optional.empty()));
            each.accept(members);
        }
    }

    /** Those of these Patient ids that are members' still. */
    public Set<String> known(Collection<String> patients) {
        return scan(Instant.EPOCH).reached(patients);
    }

    private RecordScan scan(Instant asOf) {
        return records.records().open(MemberRecords.LOOKUP).scan(new ScanRequest(Set.of("Patient", "Coverage"), Map.of(), asOf, null, null, null, ScanRequest.Shared.REFERENCED));
    }

    /** The Patients and Coverages of one stretch. */
    private static final class Gathering implements ScanSink {

        private final Map<String, List<Cover>> covers = new LinkedHashMap<>();
        private final Set<String> reached = new HashSet<>();
        private String member = "";

        @Override
        public boolean member(String patientId) {
            member = patientId;
            covers.computeIfAbsent(patientId, any -> new ArrayList<>());
            return true;
        }

        @Override
        public void resource(String type, StoredResource.Content content) {
            JsonValue resource = JsonDocument.parse(content.json()).root();
            if (type.equals("Patient")) {
                if (isReached(resource)) {
                    reached.add(member);
                }
            } else if ("active".equals(resource.fieldText("status"))) {
                of(resource).ifPresent(covers.get(member)::add);
            }
        }

        @Override
        public void deleted(ResourceKey key) {
            // asked for without a since: none are told
        }
    }
}
