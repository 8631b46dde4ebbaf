package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.TestPackages;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.fhir.terminology.PackageTerminology;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** The base definitions, and searches as a caller writes them. Now is 1 June 2024. */
final class Searches {

    static final String OWN_BASE = "https://plan.example/patient-access/fhir";
    static final SearchDefinitions BASE = SearchDefinitions.compile(TestPackages.base());
    static final SearchQueryParser PARSER = BASE.parser(
        new PackageTerminology(TestPackages.base()), SearchBounds.DEFAULT, Clock.fixed(Instant.parse("2024-06-01T00:00:00Z"), ZoneOffset.UTC));

    private Searches() {}

    /** {@code name=value&name=value}, decoded already. */
    static SearchQuery lenient(String type, String query) {
        return PARSER.parse(List.of(type), raw(query), Set.of(OWN_BASE), false);
    }

    static SearchQuery strict(String type, String query) {
        return PARSER.parse(List.of(type), raw(query), Set.of(OWN_BASE), true);
    }

    static List<RawParameter> raw(String query) {
        return Arrays.stream(query.split("&")).map(part -> part.split("=", 2)).map(parts -> new RawParameter(parts[0], parts[1])).toList();
    }

    /** The only criterion of a search with one parameter. */
    static Criterion criterion(String type, String query) {
        List<Criterion> criteria = strict(type, query).criteria();
        if (criteria.size() != 1) {
            throw new AssertionError("one criterion expected: " + criteria);
        }
        return criteria.get(0);
    }

    static boolean matches(String resource, String query) {
        JsonDocument document = JsonDocument.parse(resource);
        return BASE.matcher(Set.of(OWN_BASE)).matches(document, criterion(document.root().fieldText("resourceType"), query));
    }

    /** The values of one parameter of a resource. */
    static List<SearchValue> values(SearchDefinitions definitions, String resource, String code) {
        List<SearchValue> values = new ArrayList<>();
        definitions.extractor().extract(JsonDocument.parse(resource), (parameter, value) -> {
            if (parameter.code().equals(code)) {
                values.add(value);
            }
        });
        return values;
    }
}
