package dev.portolan.members.merge;

import dev.portolan.fhir.json.JsonValue;
import java.text.Normalizer;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a Patient says of who it is, made comparable: names without accents, case and signs, telephone numbers as their last ten digits.
 *
 * @param identifiers {@code system|value}; those without a system, and social security numbers, are not among them
 * @param ssn the last four digits of social security numbers
 * @param born a whole date, or null
 * @param gender null if it is not said
 * @param homes postal code (five digits) and the letters and digits of the first line
 */
record PersonFacts(String patient, boolean active, Set<String> identifiers, Set<String> ssn, Set<String> families, Set<String> given, @Nullable String born, @Nullable String gender, Set<String> phones,
    Set<String> homes) {

    private static final String SSN = "http://hl7.org/fhir/sid/us-ssn";
    private static final int SSN_DIGITS = 4;
    private static final int PHONE_DIGITS = 10;
    private static final int POSTAL_DIGITS = 5;

    static PersonFacts of(JsonValue patient) {
        Set<String> identifiers = new TreeSet<>();
        Set<String> ssn = new TreeSet<>();
        for (JsonValue identifier : patient.each("identifier")) {
            String system = identifier.fieldText("system");
            String value = identifier.fieldText("value");
            if (SSN.equals(system) && value != null) {
                String digits = value.replaceAll("\\D", "");
                if (digits.length() >= SSN_DIGITS) {
                    ssn.add(digits.substring(digits.length() - SSN_DIGITS));
                }
            } else if (system != null && value != null && !value.isBlank()) {
                identifiers.add(system + "|" + value.strip());
            }
        }
        Set<String> phones = new TreeSet<>();
        for (JsonValue contact : patient.each("telecom")) {
            String digits = String.valueOf(contact.fieldText("value")).replaceAll("\\D", "");
            if ("phone".equals(contact.fieldText("system")) && digits.length() >= PHONE_DIGITS) {
                phones.add(digits.substring(digits.length() - PHONE_DIGITS));
            }
        }
        String born = patient.fieldText("birthDate");
        JsonValue active = patient.field("active");
        return new PersonFacts(String.valueOf(patient.fieldText("id")), active == null || !active.toJson().equals("false"), identifiers, ssn, names(patient, "family"), names(patient, "given"),
            born != null && born.matches("\\d{4}-\\d{2}-\\d{2}") ? born : null, patient.fieldText("gender"), phones, homes(patient));
    }

    private static Set<String> homes(JsonValue patient) {
        Set<String> homes = new TreeSet<>();
        for (JsonValue address : patient.each("address")) {
            String postal = String.valueOf(address.fieldText("postalCode")).replaceAll("\\D", "");
            JsonValue lines = address.field("line");
            JsonValue first = lines == null ? null : lines.firstChild();
            String line = first == null ? "" : plain(first.text());
            if (postal.length() >= POSTAL_DIGITS && !line.isEmpty()) {
                homes.add(postal.substring(0, POSTAL_DIGITS) + " " + line);
            }
        }
        return homes;
    }

    private static Set<String> names(JsonValue patient, String part) {
        Set<String> names = new TreeSet<>();
        for (JsonValue name : patient.each("name")) {
            for (JsonValue text : name.each(part)) {
                String plain = plain(text.text());
                if (!plain.isEmpty()) {
                    names.add(plain);
                }
            }
        }
        return names;
    }

    private static String plain(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFD).replaceAll("\\p{M}", "").toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]", "");
    }

    /** Two people who may be one have at least one of these in common: what {@link MatchRules} ask for comes down to them. */
    Set<String> keys() {
        Set<String> keys = new HashSet<>();
        identifiers.forEach(identifier -> keys.add("identifier " + identifier));
        for (String first : given) {
            families.forEach(family -> keys.add("name " + first + " " + family));
            if (born != null) {
                keys.add("born " + born + " " + first);
            }
        }
        return keys;
    }
}
