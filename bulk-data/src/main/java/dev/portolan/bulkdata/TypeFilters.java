package dev.portolan.bulkdata;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.Problem;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** {@code _typeFilter}: searches, as the API itself takes them, alternatives for each type (Bulk Data Access 2.0, section {@code _typeFilter Query Parameter}). */
final class TypeFilters {

    /** A comma between two queries, not one between two values. */
    private static final Pattern BETWEEN = Pattern.compile(",(?=[A-Z][A-Za-z]+\\?)");

    private final SearchQueryParser parser;

    TypeFilters(SearchQueryParser parser) {
        this.parser = parser;
    }

    static List<String> split(List<String> values) {
        List<String> queries = new ArrayList<>();
        values.forEach(value -> queries.addAll(List.of(BETWEEN.split(value))));
        return queries;
    }

    /**
     * @throws FhirException 400 if one is no search that filters
     * @throws dev.portolan.fhir.search.InvalidSearchException if the search is not known
     */
    Map<String, List<List<Criterion>>> parse(List<String> queries, Set<String> types, Set<String> ownBases) {
        Map<String, List<List<Criterion>>> byType = new LinkedHashMap<>();
        for (String text : queries) {
            int mark = text.indexOf('?');
            String type = mark < 0 ? "" : text.substring(0, mark);
            if (!types.contains(type)) {
                throw new FhirException(Problem.BAD_PARAMETER, "_typeFilter takes searches such as Observation?category=laboratory, of types that are exported: '" + (mark < 0 ? "?" : type) + "' is none");
            }
            SearchQuery query = parser.parse(List.of(type), parameters(text.substring(mark + 1)), ownBases, true);
            boolean filters = query.inclusions().isEmpty() && query.sort().isEmpty() && query.count().isEmpty() && query.elements().isEmpty() && query.summary() == SearchQuery.Summary.FALSE;
            if (!filters || query.criteria().isEmpty()) {
                throw new FhirException(Problem.BAD_PARAMETER, "_typeFilter takes what narrows a search: no _include, _revinclude, _sort, _count, _elements or _summary");
            }
            byType.computeIfAbsent(type, any -> new ArrayList<>()).add(query.criteria());
        }
        return byType;
    }

    private static List<RawParameter> parameters(String query) {
        List<RawParameter> parameters = new ArrayList<>();
        for (String pair : query.split("&")) {
            int equals = pair.indexOf('=');
            if (equals < 1) {
                throw new FhirException(Problem.BAD_PARAMETER, "a search in _typeFilter has a parameter without a value");
            }
            parameters.add(new RawParameter(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1))));
        }
        return parameters;
    }

    private static String decode(String text) {
        try {
            String decoded = URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
            if (decoded.indexOf('\0') >= 0 || decoded.indexOf('\uFFFD') >= 0) {
                throw new FhirException(Problem.BAD_URL, "a search in _typeFilter holds what is no character: escape the bytes of the UTF-8 form");
            }
            return decoded;
        } catch (IllegalArgumentException e) {
            throw new FhirException(Problem.BAD_URL, "a search in _typeFilter is not encoded as a URL is: a per cent sign is %25");
        }
    }
}
