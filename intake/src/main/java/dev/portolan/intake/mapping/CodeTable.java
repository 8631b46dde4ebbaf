package dev.portolan.intake.mapping;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Local codes to standard ones.
 *
 * @param name as in the mapping
 * @param codings by local code, without case
 * @param sourceSystem system under which a local code that the table does not know is kept
 * @param otherwise what a code becomes that is not in the table, or null to keep the local code under {@code sourceSystem}
 */
record CodeTable(String name, Map<String, Coding> codings, String sourceSystem, @Nullable Coding otherwise) {

    /** @param system null for a table of plain words */
    record Coding(@Nullable String system, String code, @Nullable String display, Value json) {

        Coding(@Nullable String system, String code, @Nullable String display) {
            this(system, code, display, Value.coding(system, code, display));
        }
    }

    @Nullable Coding find(String local) {
        return codings.get(local.strip().toLowerCase(java.util.Locale.ROOT));
    }
}
