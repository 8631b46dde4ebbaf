package dev.portolan.members.attribution;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.members.MemberRecords;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.fhir.search.StringNormalization;
import java.text.Normalizer;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which member or provider somebody means: by an identifier of the plan's, by what is on an insurance card, by a reference. Ambiguous is nobody. */
public final class MemberDirectory {

    /** A search takes a thousand values and 64,000 characters of them ({@code SearchBounds}). */
    private static final int AT_ONCE = 800;
    private static final int CHARACTERS_AT_ONCE = 50_000;
    private static final String NPI = "http://hl7.org/fhir/sid/us-npi";

    private final MemberRecords records;

    public MemberDirectory(MemberRecords records) {
        this.records = records;
    }

    public boolean exists(String patient) {
        return records.patient(patient).isPresent();
    }

    /**
     * The NPI of a provider of the plan's records.
     *
     * @param type Practitioner or Organization
     */
    public Optional<String> npi(String type, String id) {
        return records.read(type, id).flatMap(provider -> {
            for (JsonValue identifier : provider.each("identifier")) {
                if (NPI.equals(identifier.fieldText("system")) && identifier.fieldText("value") != null) {
                    return Optional.ofNullable(identifier.fieldText("value"));
                }
            }
            return Optional.empty();
        });
    }

    /** Those of these Patient ids that there are. */
    public Set<String> known(Collection<String> patients) {
        Set<String> known = new HashSet<>();
        for (Set<String> asked : portions(patients)) {
            records.search("Patient", List.of(new RawParameter("_id", String.join(",", asked))), asked.size()).forEach(patient -> known.add(String.valueOf(patient.fieldText("id"))));
        }
        return known;
    }

    /**
     * Patient ids by identifier.
     *
     * @param identifiers {@code system|value}, or the value alone
     * @return without those that nobody or more than one has
     */
    public Map<String, String> find(Collection<String> identifiers) {
        Map<String, String> found = new HashMap<>();
        Set<String> ambiguous = new HashSet<>();
        for (Set<String> asked : portions(identifiers)) {
            // All of them, however many share one: with the first ones alone an identifier of two members could look like one's.
            records.each("Patient", "identifier", asked.stream().map(MemberDirectory::escaped).toList(), patient -> {
                for (String identifier : identifiers(patient)) {
                    if (asked.contains(identifier) && found.putIfAbsent(identifier, person(patient)) != null && !found.get(identifier).equals(person(patient))) {
                        ambiguous.add(identifier);
                    }
                }
            });
        }
        found.keySet().removeAll(ambiguous);
        return found;
    }

    /** As many as one search takes. */
    private static List<Set<String>> portions(Collection<String> values) {
        List<Set<String>> portions = new ArrayList<>();
        Set<String> portion = new HashSet<>();
        int characters = 0;
        for (String value : new HashSet<>(values)) {
            int length = escaped(value).length() + 1;
            if (!portion.isEmpty() && (portion.size() == AT_ONCE || characters + length > CHARACTERS_AT_ONCE)) {
                portions.add(portion);
                portion = new HashSet<>();
                characters = 0;
            }
            portion.add(value);
            characters += length;
        }
        if (!portion.isEmpty()) {
            portions.add(portion);
        }
        return portions;
    }

    /** The Patient in whose record a person's data is: who was merged is the survivor (R4, Patient.link, {@code replaced-by}). */
    private static String person(JsonValue patient) {
        for (JsonValue link : patient.each("link")) {
            JsonValue other = link.field("other");
            String reference = other == null ? null : other.fieldText("reference");
            if ("replaced-by".equals(link.fieldText("type")) && reference != null && reference.startsWith("Patient/")) {
                return reference.substring("Patient/".length());
            }
        }
        return String.valueOf(patient.fieldText("id"));
    }

    /** A bar stands between system and value; the other signs are the value's. */
    private static String escaped(String identifier) {
        return identifier.replace("\\", "\\\\").replace(",", "\\,").replace("$", "\\$");
    }

    private static Set<String> identifiers(JsonValue resource) {
        Set<String> identifiers = new HashSet<>();
        for (JsonValue identifier : resource.each("identifier")) {
            String value = identifier.fieldText("value");
            if (value != null) {
                identifiers.add(value);
                identifiers.add(identifier.fieldText("system") + "|" + value);
            }
        }
        return identifiers;
    }

    /**
     * The one member with this family name, given name and birth date, the same gender where both say one, and of whose coverage or record the number is (HRex, member match: demographics and coverage).
     *
     * @param patient a Patient
     * @param coverage a Coverage, with a subscriber id or an identifier
     */
    public Optional<String> match(JsonValue patient, JsonValue coverage) {
        String born = patient.fieldText("birthDate");
        Set<String> families = names(patient, "family");
        Set<String> given = names(patient, "given");
        Set<String> numbers = numbers(patient, coverage);
        if (born == null || !isDay(born) || families.isEmpty() || given.isEmpty() || numbers.isEmpty()) {
            return Optional.empty();
        }
        String gender = patient.fieldText("gender");
        Set<String> matches = new HashSet<>();
        for (Set<String> asked : portions(families)) {
            // All of them, however many share the day: among the first ones alone the right one can be missing, or look as if it were the only one.
            records.each("Patient", List.of(new RawParameter("birthdate", born), new RawParameter("family", String.join(",", asked.stream().map(MemberDirectory::escaped).toList()))), candidate -> {
                String id = person(candidate);
                boolean same = names(candidate, "family").stream().anyMatch(families::contains) && names(candidate, "given").stream().anyMatch(given::contains)
                    && (gender == null || candidate.fieldText("gender") == null || gender.equals(candidate.fieldText("gender")));
                if (same && !matches.contains(id) && hasNumber(candidate, id, numbers)) {
                    matches.add(id);
                }
            });
        }
        return matches.size() == 1 ? matches.stream().findFirst() : Optional.empty();
    }

    private static boolean isDay(String text) {
        try {
            LocalDate.parse(text);
            return text.matches("\\d{4}-\\d{2}-\\d{2}");
        } catch (DateTimeException february30) {
            return false;
        }
    }

    private static Set<String> numbers(JsonValue patient, JsonValue coverage) {
        Set<String> numbers = new HashSet<>();
        add(numbers, coverage.fieldText("subscriberId"));
        coverage.each("identifier").forEach(identifier -> add(numbers, identifier.fieldText("value")));
        patient.each("identifier").forEach(identifier -> add(numbers, identifier.fieldText("value")));
        return numbers;
    }

    private static void add(Set<String> numbers, @Nullable String number) {
        if (number != null && !number.isBlank()) {
            numbers.add(number.strip());
        }
    }

    private boolean hasNumber(JsonValue candidate, String id, Set<String> numbers) {
        if (identifiers(candidate).stream().anyMatch(numbers::contains)) {
            return true;
        }
        boolean[] has = new boolean[1];
        records.each("Coverage", List.of(new RawParameter("beneficiary", "Patient/" + id)), coverage -> {
            String subscriber = coverage.fieldText("subscriberId");
            has[0] |= subscriber != null && numbers.contains(subscriber) || identifiers(coverage).stream().anyMatch(numbers::contains);
        });
        return has[0];
    }

    /** Without accents, case and signs. */
    private static Set<String> names(JsonValue patient, String part) {
        Set<String> names = new HashSet<>();
        for (JsonValue name : patient.each("name")) {
            for (JsonValue text : name.each(part)) {
                String plain = Normalizer.normalize(text.text(), Normalizer.Form.NFD).replaceAll("\\p{M}", "").toLowerCase(Locale.ROOT).strip();
                // A name of signs alone finds nobody, and no database has U+0000: a search for either is refused, and with it everybody who is asked for at once.
                if (!StringNormalization.normalize(plain).isEmpty() && plain.indexOf('\0') < 0) {
                    names.add(plain);
                }
            }
        }
        return names;
    }
}
