package dev.portolan.provideraccess;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.Problem;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Searches that tell nothing of what is taken out. Records are found by what is stored: a search for an amount, for a word that stands beside one, or for the profile of a claim with money would tell what
 * a read does not. Such searches are refused, also behind a chain or {@code _has}, as a filter of an export, and as an order.
 */
final class GuardedSearches implements SearchQueryParser {

    private static final Pattern TAKEN_OUT = Pattern.compile(
        "\\.(payment|total|benefitBalance|unitPrice|net|factor|form|costToBeneficiary|amount|adjudication|disposition|processNote|payee)\\b|Money");

    private final SearchQueryParser parser;

    GuardedSearches(SearchQueryParser parser) {
        this.parser = parser;
    }

    @Override
    public SearchQuery parse(List<String> types, List<SearchQuery.RawParameter> parameters, Set<String> ownBases, boolean strict) {
        SearchQuery query = parser.parse(types, parameters, ownBases, strict);
        query.criteria().forEach(criterion -> check(types, criterion));
        query.sort().forEach(key -> check(types, key.parameter()));
        return query;
    }

    void check(Map<String, List<List<Criterion>>> filters) {
        filters.forEach((type, alternatives) -> alternatives.forEach(all -> all.forEach(criterion -> check(List.of(type), criterion))));
    }

    private static void check(Collection<String> types, Criterion criterion) {
        if (criterion instanceof Criterion.Parameter parameter) {
            check(types, parameter.parameter());
        } else if (criterion instanceof Criterion.FullText && concerned(types)) {
            throw refused("_content and _text");
        } else if (criterion instanceof Criterion.Chain chain) {
            check(types, chain.reference());
            chain.targets().forEach(target -> check(List.of(target.type()), target.criterion()));
        } else if (criterion instanceof Criterion.Has has) {
            check(List.of(has.sourceType()), has.reference());
            check(List.of(has.sourceType()), has.criterion());
        }
    }

    private static void check(Collection<String> types, @Nullable SearchParameter parameter) {
        if (parameter != null && concerned(types) && (parameter.code().equals("_profile") || TAKEN_OUT.matcher(parameter.expression()).find())) {
            throw refused(parameter.code());
        }
    }

    private static boolean concerned(Collection<String> types) {
        return types.isEmpty() || types.stream().anyMatch(FinancialRedaction.TYPES::contains);
    }

    private static FhirException refused(String what) {
        return new FhirException(Problem.UNSUPPORTED_PARAMETER, what + " does not search ExplanationOfBenefit and Coverage here: providers get these without remittances and cost-sharing, and so are they searched");
    }
}
