package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionMatcher;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchParameters;
import dev.portolan.fhir.search.SearchValue;
import dev.portolan.fhir.search.SearchValueExtractor;
import dev.portolan.fhir.search.SearchValueSink;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A handful of parameters over plain element paths ({@code a.b}), to test the store without the compiler of expressions. The real definitions are tested with the real
 * examples.
 */
final class SampleDefinitions implements SearchParameters, SearchValueExtractor, CriterionMatcher {

    private final Map<String, Map<String, SearchParameter>> byType = new LinkedHashMap<>();
    private final String fingerprint;

    SampleDefinitions(String fingerprint) {
        this.fingerprint = fingerprint;
        add("Patient", "identifier", ParameterType.TOKEN, "identifier");
        add("Patient", "family", ParameterType.STRING, "name.family");
        add("Patient", "birthdate", ParameterType.DATE, "birthDate");
        add("Patient", "gender", ParameterType.TOKEN, "gender");
        add("Observation", "subject", ParameterType.REFERENCE, "subject");
        add("Observation", "performer", ParameterType.REFERENCE, "performer");
        add("Observation", "code", ParameterType.TOKEN, "code.coding");
        add("Observation", "category", ParameterType.TOKEN, "category.coding");
        add("Observation", "identifier", ParameterType.TOKEN, "identifier");
        add("Observation", "date", ParameterType.DATE, "effectiveDateTime");
        add("Coverage", "beneficiary", ParameterType.REFERENCE, "beneficiary");
        add("Coverage", "subscriber", ParameterType.REFERENCE, "subscriber");
        add("Provenance", "target", ParameterType.REFERENCE, "target");
        add("Provenance", "patient", ParameterType.REFERENCE, "patient");
        add("Practitioner", "family", ParameterType.STRING, "name.family");
        add("Practitioner", "identifier", ParameterType.TOKEN, "identifier");
        add("Binary", "contenttype", ParameterType.TOKEN, "contentType");
        add("Group", "member", ParameterType.REFERENCE, "member.entity");
        for (String type : byType.keySet()) {
            add(type, "_security", ParameterType.TOKEN, "meta.security");
            add(type, "_tag", ParameterType.TOKEN, "meta.tag");
        }
    }

    SampleDefinitions() {
        this("sample-1");
    }

    /** A store on these definitions. */
    /** With tries of what is to be brought to an end so many seconds apart. */
    RecordDatabase open(javax.sql.DataSource dataSource, StoreSettings settings, int secondsBetweenTries) {
        return RecordDatabase.open(dataSource, this, this, this, settings, Labelling.NONE, new BackgroundWork(secondsBetweenTries));
    }

    RecordDatabase open(javax.sql.DataSource dataSource, StoreSettings settings) {
        return RecordDatabase.open(dataSource, this, this, this, settings);
    }

    /** Adds a parameter: the definitions have changed. */
    SampleDefinitions add(String type, String code, ParameterType kind, String path) {
        byType.computeIfAbsent(type, t -> new LinkedHashMap<>()).put(code, new SearchParameter(code, type, kind, "urn:sample:" + type + "-" + code, path, Set.of(), List.of()));
        return this;
    }

    @Override
    public Optional<SearchParameter> find(String resourceType, String code) {
        return Optional.ofNullable(byType.getOrDefault(resourceType, Map.of()).get(code));
    }

    @Override
    public Collection<SearchParameter> of(String resourceType) {
        return byType.getOrDefault(resourceType, Map.of()).values();
    }

    @Override
    public Set<String> resourceTypes() {
        return byType.keySet();
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public void extract(JsonDocument resource, SearchValueSink sink) {
        of(resource.root().fieldText("resourceType")).forEach(parameter -> extract(resource, parameter, sink));
    }

    @Override
    public void extract(JsonDocument resource, SearchParameter parameter, SearchValueSink sink) {
        List<JsonValue> found = List.of(resource.root());
        for (String name : parameter.expression().split("\\.")) {
            List<JsonValue> next = new ArrayList<>();
            for (JsonValue value : found) {
                JsonValue field = value.field(name);
                if (field != null) {
                    field.each().forEach(next::add);
                }
            }
            found = next;
        }
        found.forEach(value -> sink.accept(parameter, read(parameter.type(), value)));
    }

    private static SearchValue read(ParameterType type, JsonValue value) {
        return switch (type) {
            case TOKEN -> value.isString() ? SearchValue.Token.of(null, value.text())
                : SearchValue.Token.of(value.fieldText("system"), value.fieldText("code") != null ? value.fieldText("code") : value.fieldText("value"));
            case REFERENCE -> reference(value.fieldText("reference"));
            case STRING -> new SearchValue.Text(value.text());
            default -> {
                long start = LocalDate.parse(value.text().substring(0, 10)).atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli();
                yield new SearchValue.Date(start, start + 86_399_999);
            }
        };
    }

    private static SearchValue reference(String reference) {
        String text = reference.replaceFirst("/_history/.*", "");
        int slash = text.lastIndexOf('/');
        int before = text.lastIndexOf('/', slash - 1);
        String url = before < 0 ? null : text;
        return new SearchValue.Reference(text.substring(before + 1, slash), text.substring(slash + 1), url, null, null);
    }

    /** Criteria are {@code code=value} of tokens only. */
    @Override
    public boolean matches(JsonDocument resource, Criterion criterion) {
        Criterion.Parameter asked = (Criterion.Parameter) criterion;
        List<SearchValue> values = new ArrayList<>();
        extract(resource, asked.parameter(), (parameter, value) -> values.add(value));
        return values.stream().anyMatch(value -> asked.anyOf().stream().anyMatch(wanted ->
            value instanceof SearchValue.Token token && wanted instanceof dev.portolan.fhir.search.CriterionValue.Token one && token.code().equals(one.code())));
    }
}
