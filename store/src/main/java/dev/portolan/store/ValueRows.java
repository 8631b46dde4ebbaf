package dev.portolan.store;

import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import java.util.Set;

/**
 * Which parameters have value rows, that is, can be found without knowing the member: everything about patients and about shared types, and identifiers of all types. They are a third of the
 * disk, so nothing else has any but security labels, which few resources carry: what a grant withholds of a record is counted by them.
 */
final class ValueRows {

    /** Unbounded repeats (a Group's members, a List's entries): thousands of rows for one write, and each of them asked for from the other side anyway. */
    private static final Set<String> UNBOUNDED = Set.of("member", "item", "target", "entity", "entry");
    static final String LABELS = "_security";
    private static final Set<ParameterType> TYPES = Set.of(ParameterType.TOKEN, ParameterType.REFERENCE, ParameterType.STRING, ParameterType.URI);

    private final PatientHomes homes;

    ValueRows(PatientHomes homes) {
        this.homes = homes;
    }

    /**
     * True if the parameter's values have rows: in {@code value_text} for strings (normalized and cut), in {@code value_token} for the others, with the forms {@code system|code},
     * {@code code}, reference, url, uri, exact string and identifier, but not {@code system|} alone.
     */
    boolean has(SearchParameter parameter) {
        if (parameter.code().equals("identifier") || parameter.code().equals(LABELS)) {
            return true;
        }
        if (!TYPES.contains(parameter.type()) || parameter.code().startsWith("_")) {
            return false;
        }
        String type = parameter.resourceType();
        boolean foundWithoutMember = type.equals("Patient") || homes.isShared(type);
        return foundWithoutMember && !UNBOUNDED.contains(parameter.code());
    }
}
