package dev.portolan.intake.x12;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.intake.load.Earlier;
import dev.portolan.intake.mapping.LogicalId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which member a record is about. A number is a member's own, as in every feed; whoever has none of their own is found below the subscriber by birth date and given name. Two that fit are none. */
final class Members {

    /** What parts values in a search (FHIR R4, 3.1.1.4.0.1). */
    private static final Pattern SEARCHED = Pattern.compile("[\\\\,$|]");
    /** A search takes so many values, and some more. */
    private static final int MOST_ASKED = 500;
    private static final Pattern NO_LETTERS = Pattern.compile("[^\\p{L}]");

    /** A person as a record names it; what it does not tell is an empty string. */
    record Person(String number, String family, String given, String birthDate) {}

    /** @param reason why there is none */
    record Found(Optional<JsonDocument> patient, String reason) {}

    /** Asks for the members of a batch's claims and for their coverages together: those whose number the record tells, which are nearly all. */
    void expect(Collection<X12Record> records, Earlier earlier) {
        Set<String> ids = new TreeSet<>();
        for (X12Record record : records) {
            String number = switch (record.set()) {
                case "837" -> new Submission(record).subscriber().number();
                case "835" -> new Payment(record).patient().number();
                case "834" -> new Enrollment(record).memberId();
                default -> "";
            };
            if (!number.isEmpty()) {
                ids.add(LogicalId.of(number));
            }
        }
        earlier.expect("Patient", ids);
        expectCoverages(records, earlier);
        if (records.stream().allMatch(record -> record.set().equals("834"))) {
            return; // a few of them ask for all coverages of a member
        }
        earlier.expectNaming("Coverage", "beneficiary", ids.stream().map(id -> "Patient/" + id).collect(Collectors.toCollection(TreeSet::new)));
    }

    /** Each coverage that an 834 names is compared with what is known of it. */
    private static void expectCoverages(Collection<X12Record> records, Earlier earlier) {
        Set<String> coverages = new TreeSet<>();
        for (X12Record record : records) {
            if (record.set().equals("834")) {
                Enrollment enrollment = new Enrollment(record);
                coverages.addAll(CoverageKeys.expected(enrollment, enrollment.memberId()));
            }
        }
        List<String> all = List.copyOf(coverages);
        for (int from = 0; from < all.size(); from += MOST_ASKED) {
            earlier.expect("Coverage", new TreeSet<>(all.subList(from, Math.min(all.size(), from + MOST_ASKED))));
        }
    }

    /** The key of the subscriber's Patient by the subscriber's number: the Patient of that number, or the one that has it as an identifier. */
    String subscriber(String number, Earlier earlier) {
        return patientOf(number, earlier).map(patient -> String.valueOf(patient.root().fieldText("id"))).orElse(number);
    }

    private static Optional<JsonDocument> patientOf(String number, Earlier earlier) {
        if (number.isEmpty()) {
            return Optional.empty();
        }
        Optional<JsonDocument> own = earlier.resource("Patient", LogicalId.of(number));
        if (own.isPresent()) {
            return own;
        }
        String identifier = "urn:portolan:subscriber-number|" + SEARCHED.matcher(number).replaceAll("\\\\$0");
        List<JsonDocument> named = earlier.resources("Patient", "identifier", identifier, patient -> hasIdentifier(patient, "urn:portolan:subscriber-number", number));
        return named.size() == 1 ? Optional.of(named.get(0)) : Optional.empty();
    }

    private static boolean hasIdentifier(JsonDocument patient, String system, String value) {
        return elements(patient.root(), "identifier").stream().anyMatch(one -> system.equals(one.fieldText("system")) && value.equals(one.fieldText("value")));
    }

    /** Whether a number stands for somebody other than the member who has it: neither the birth date nor a given name is the member's. One of them alone may have been corrected. */
    static boolean isSomebodyElse(JsonDocument patient, Person person) {
        String birthDate = patient.root().fieldText("birthDate");
        return birthDate != null && !person.birthDate().isEmpty() && !birthDate.equals(person.birthDate()) && !sharesGivenName(patient, person);
    }

    /** A subscriber who is the patient. */
    Found subscriber(Person subscriber, Earlier earlier) {
        Optional<JsonDocument> patient = patientOf(subscriber.number(), earlier);
        if (patient.isEmpty()) {
            return new Found(patient, "no member has this number; load the enrolment first, or correct NM109 of the subscriber");
        }
        return isSame(patient.get(), subscriber) ? new Found(patient, "") : dependent(subscriber, subscriber, earlier);
    }

    /** A patient who is not the subscriber, or whose number is the subscriber's: beneficiaries of the subscriber's coverages. */
    Found dependent(Person person, Person subscriber, Earlier earlier) {
        Optional<JsonDocument> of = patientOf(subscriber.number(), earlier);
        if (of.isEmpty()) {
            return new Found(Optional.empty(), "no member has the subscriber's number; load the enrolment first, or correct NM109 of the subscriber");
        }
        List<JsonDocument> fitting = beneficiaries(of.get(), earlier).stream().filter(patient -> !person.birthDate().isEmpty() && isSame(patient, person) && sharesGivenName(patient, person)).toList();
        if (fitting.size() == 1) {
            return new Found(Optional.of(fitting.get(0)), "");
        }
        return new Found(Optional.empty(), fitting.isEmpty() ? "no member below this subscriber has the patient's birth date and name" : "several members below this subscriber fit the patient's birth date and name");
    }

    private static Collection<JsonDocument> beneficiaries(JsonDocument subscriber, Earlier earlier) {
        String reference = "Patient/" + subscriber.root().fieldText("id");
        Map<String, JsonDocument> all = new LinkedHashMap<>();
        for (JsonDocument coverage : earlier.resources("Coverage", "subscriber", reference, found -> EnrollmentMapper.names(found, "subscriber", reference))) {
            JsonValue beneficiary = coverage.root().field("beneficiary");
            String id = beneficiary == null ? "" : String.valueOf(beneficiary.fieldText("reference")).replaceFirst("^Patient/", "");
            earlier.resource("Patient", id).ifPresent(patient -> all.put(id, patient));
        }
        return all.values();
    }

    /** Whether a remittance's patient, who has the family's name, is somebody else of the family: another given name, which one of the subscriber's others has. */
    boolean isAnother(JsonDocument patient, Person person, Person subscriber, Earlier earlier) {
        return !sharesGivenName(patient, person) && patientOf(subscriber.number(), earlier).map(of -> beneficiaries(of, earlier)).orElse(List.of()).stream()
            .anyMatch(other -> !other.root().fieldText("id").equals(patient.root().fieldText("id")) && isSame(other, person) && sharesGivenName(other, person));
    }

    /** Nothing that both tell differs: the birth date; without one, the family name. */
    static boolean isSame(JsonDocument patient, Person person) {
        String birthDate = patient.root().fieldText("birthDate");
        if (birthDate != null && !person.birthDate().isEmpty()) {
            return birthDate.equals(person.birthDate());
        }
        List<JsonValue> names = elements(patient.root(), "name");
        return person.family().isEmpty() || names.isEmpty() || names.stream().anyMatch(name -> name.fieldText("family") == null || plain(name.fieldText("family")).equals(plain(person.family())));
    }

    /** By the first given name, which may be cut off or a letter; a further one is only the same if it is written out, since twins share a birth date and an initial. */
    private static boolean sharesGivenName(JsonDocument patient, Person person) {
        String wanted = plain(person.given());
        return wanted.isEmpty() || elements(patient.root(), "name").stream().map(name -> elements(name, "given").stream().map(given -> plain(given.text())).toList())
            .anyMatch(given -> given.contains(wanted) || !given.isEmpty() && isBeginning(given.get(0), wanted));
    }

    static boolean sharesGivenName(Person one, Person other) {
        return isBeginning(plain(one.given()), plain(other.given()));
    }

    private static boolean isBeginning(String one, String other) {
        return !one.isEmpty() && !other.isEmpty() && (one.startsWith(other) || other.startsWith(one));
    }

    private static List<JsonValue> elements(JsonValue of, String field) {
        List<JsonValue> elements = new ArrayList<>();
        JsonValue list = of.field(field);
        if (list != null) {
            list.children().forEach(elements::add);
        }
        return elements;
    }

    private static String plain(String name) {
        return NO_LETTERS.matcher(name.toUpperCase(Locale.ROOT)).replaceAll("");
    }
}
