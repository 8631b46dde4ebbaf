package dev.portolan.fhir.search;

import java.util.List;
import java.util.Set;

/** Reads the parameters of a search. */
public interface SearchQueryParser {

    /**
     * @param types the resource types searched (one, or those of a system search)
     * @param parameters in the caller's order, decoded
     * @param ownBases absolute URLs of the server's own FHIR bases: references below them are local
     * @throws InvalidSearchException if a value is malformed, a modifier does not fit, or a bound is passed; with strict handling also if a parameter is not known
     */
    SearchQuery parse(List<String> types, List<SearchQuery.RawParameter> parameters, Set<String> ownBases, boolean strict);

    /** Whether searches of a type by a parameter are answered, for the capability statement. */
    default boolean offers(String type, SearchParameter parameter) {
        return true;
    }
}
