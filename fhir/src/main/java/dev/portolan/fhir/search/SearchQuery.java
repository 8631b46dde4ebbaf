package dev.portolan.fhir.search;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A search, read and checked.
 *
 * @param types the types searched: one, or several for a search of the whole system with {@code _type}
 * @param criteria all must hold; for several types each criterion's parameters are those of {@code Resource}
 * @param count {@code _count}, bounded by the server's maximum; 0 asks for the total only
 * @param applied the parameters that were understood, in the caller's order, for the self link and the cursor: decoded names and values as sent
 * @param ignored parameters that were not understood, with the reason (lenient handling)
 */
public record SearchQuery(
    List<String> types,
    List<Criterion> criteria,
    List<Inclusion> inclusions,
    List<SortKey> sort,
    OptionalInt count,
    Total total,
    Summary summary,
    Set<String> elements,
    List<RawParameter> applied,
    List<IgnoredParameter> ignored) {

    public enum Total {
        NONE,
        ESTIMATE,
        ACCURATE
    }

    public enum Summary {
        FALSE,
        TRUE,
        TEXT,
        DATA,
        COUNT
    }

    /** A parameter as it came, decoded: {@code name} holds modifiers and chains. */
    public record RawParameter(String name, String value) {}

    public record IgnoredParameter(RawParameter parameter, String reason) {}
}
