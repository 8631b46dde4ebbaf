package dev.portolan.provideraccess;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.Inclusion;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.Problem;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Searches that tell nothing of what is taken out. Records are found by what is stored: a search for an amount, for a word that stands beside one, or for the profile of a claim with money would tell what
 * a read does not. Such searches are refused, also behind a chain or {@code _has}, as a filter of an export, as an order, and as what is to be included.
 */
final class GuardedSearches implements SearchQueryParser {

    private static final Pattern TAKEN_OUT = Pattern.compile(
        "\\.(payment|total|benefitBalance|unitPrice|net|factor|form|costToBeneficiary|amount|adjudication|disposition|processNote|payee)\\b|Money");

    private static final Set<String> FULL_TEXT = Set.of("_content", "_text");

    private final SearchQueryParser parser;

    GuardedSearches(SearchQueryParser parser) {
        this.parser = parser;
    }

    @Override
    public SearchQuery parse(List<String> types, List<SearchQuery.RawParameter> parameters, Set<String> ownBases, boolean strict) {
        SearchQuery query = parser.parse(types, parameters, ownBases, strict);
        query.criteria().forEach(criterion -> refuse(telling(types, criterion)));
        query.sort().forEach(key -> refuse(telling(types, key.parameter())));
        List<Inclusion> inclusions = query.inclusions().stream().map(GuardedSearches::discreet).toList();
        return inclusions.equals(query.inclusions()) ? query : new SearchQuery(
            query.types(), query.criteria(), inclusions, query.sort(), query.count(), query.total(), query.summary(), query.elements(), query.applied(), query.ignored());
    }

    /** Whom a reference that is taken out names would be told by what is included for it, too. Of all references the others are followed; that one alone is refused. */
    private static Inclusion discreet(Inclusion inclusion) {
        if (inclusion.by().isEmpty()) {
            return inclusion; // every reference of a type that has none
        }
        List<String> source = List.of(inclusion.sourceType());
        List<SearchParameter> by = inclusion.by().stream().filter(parameter -> telling(source, parameter) == null).toList();
        refuse(by.isEmpty() ? telling(source, inclusion.by().get(0)) : null);
        return by.size() == inclusion.by().size() ? inclusion : new Inclusion(inclusion.reverse(), inclusion.sourceType(), by, inclusion.targetType(), inclusion.iterate());
    }

    @Override
    public boolean offers(String type, SearchParameter parameter) {
        return telling(List.of(type), parameter) == null && !(FULL_TEXT.contains(parameter.code()) && concerned(List.of(type)));
    }

    void check(Map<String, List<List<Criterion>>> filters) {
        filters.forEach((type, alternatives) -> alternatives.forEach(all -> all.forEach(criterion -> refuse(telling(List.of(type), criterion)))));
    }

    /** Whether criteria on a type tell something of what is taken out: then a scope that is limited by them would. */
    boolean tell(String type, List<Criterion> all) {
        return all.stream().anyMatch(criterion -> telling(List.of(type), criterion) != null);
    }

    /** The parameter that tells, or null. */
    private static @Nullable String telling(Collection<String> types, Criterion criterion) {
        if (criterion instanceof Criterion.Parameter parameter) {
            return telling(types, parameter.parameter());
        } else if (criterion instanceof Criterion.FullText && concerned(types)) {
            return "_content and _text";
        } else if (criterion instanceof Criterion.Chain chain) {
            String reference = telling(types, chain.reference());
            return reference != null ? reference
                : chain.targets().stream().map(target -> telling(List.of(target.type()), target.criterion())).filter(Objects::nonNull).findFirst().orElse(null);
        } else if (criterion instanceof Criterion.Has has) {
            String reference = telling(List.of(has.sourceType()), has.reference());
            return reference != null ? reference : telling(List.of(has.sourceType()), has.criterion());
        }
        return null;
    }

    private static @Nullable String telling(Collection<String> types, @Nullable SearchParameter parameter) {
        boolean tells = parameter != null && concerned(types) && (parameter.code().equals("_profile") || TAKEN_OUT.matcher(parameter.expression()).find());
        return tells ? parameter.code() : null;
    }

    private static boolean concerned(Collection<String> types) {
        return types.isEmpty() || types.stream().anyMatch(FinancialRedaction.TYPES::contains);
    }

    private static void refuse(@Nullable String what) {
        if (what != null) {
            throw new FhirException(Problem.UNSUPPORTED_PARAMETER, what + " does not search ExplanationOfBenefit and Coverage here: providers get these without remittances and cost-sharing, and so are they searched");
        }
    }
}
