package dev.portolan.members;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.StringNormalization;
import dev.portolan.identity.account.PatientDirectory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Every member of the plan, with or without an account, from the Patients in the records: found by the beginnings of names, by id and by number. It gives a name and a birth date, which tells namesakes
 * apart, and nothing else. Who asks, and that it is told, is the asking page's to see to.
 */
public final class RecordPatientDirectory implements PatientDirectory {

    /** R4 datatypes, id. */
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9.-]{1,64}");
    /** R4 search, 3.1.1.4.9: what separates values unless it is escaped. */
    private static final Pattern SEPARATORS = Pattern.compile("[\\\\,|$]");
    private static final int LONGEST = 100;

    private final MemberRecords records;
    private final PatientDirectory unasked;

    /** @param unasked whom to offer before anything is looked for */
    public RecordPatientDirectory(MemberRecords records, PatientDirectory unasked) {
        this.records = records;
        this.unasked = unasked;
    }

    @Override
    public Optional<Found> find(String patient) {
        return ID.matcher(patient).matches() ? records.patient(patient).map(RecordPatientDirectory::found) : Optional.empty();
    }

    @Override
    public List<Found> search(String text) {
        String asked = text.strip();
        if (asked.isEmpty() || asked.length() > LONGEST) {
            return asked.isEmpty() ? unasked.search("") : List.of();
        }
        Map<String, Found> found = new LinkedHashMap<>();
        Stream.of(find(asked).stream(), matches("identifier", List.of(asked)), matches("name", words(asked))).flatMap(each -> each)
            .forEach(each -> found.putIfAbsent(each.patient(), each));
        return found.values().stream().limit(MOST).toList();
    }

    /** Without those of which nothing is left once accents do not count: every name begins with them, and a search refuses them. */
    static List<String> words(String text) {
        return Stream.of(text.split("\\s+")).filter(word -> !StringNormalization.normalize(word).isEmpty()).toList();
    }

    /** All values have to match; no value matches nobody. */
    private Stream<Found> matches(String parameter, List<String> values) {
        if (values.isEmpty()) {
            return Stream.empty();
        }
        List<SearchQuery.RawParameter> parameters = values.stream().map(value -> new SearchQuery.RawParameter(parameter, SEPARATORS.matcher(value).replaceAll("\\\\$0"))).toList();
        return records.search("Patient", parameters, MOST).stream().map(RecordPatientDirectory::found);
    }

    private static Found found(JsonValue patient) {
        String id = String.valueOf(patient.fieldText("id"));
        String name = name(patient);
        String born = patient.fieldText("birthDate");
        return new Found(id, (name.isEmpty() ? "Member " + id : name) + (born == null ? "" : ", born " + born));
    }

    /** The first name that says something. */
    private static String name(JsonValue patient) {
        for (JsonValue name : patient.each("name")) {
            String spelled = PersonName.spelled(name);
            String text = spelled.isEmpty() ? name.fieldText("text") : spelled;
            if (text != null && !text.isBlank()) {
                return text;
            }
        }
        return "";
    }
}
