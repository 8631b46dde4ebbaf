package dev.portolan.fhir.terminology;

import org.jspecify.annotations.Nullable;

/**
 * A code as an expansion or a look-up shows it.
 *
 * @param system the code system's address
 * @param code the code
 * @param display its text, if the package gives one
 * @param definition what it means, if the package says
 * @param notSelectable true for a code that only groups others
 * @param inactive true for a code that is no longer to be used
 */
public record Concept(String system, String code, @Nullable String display, @Nullable String definition, boolean notSelectable, boolean inactive) {

    public Coding coding() {
        return new Coding(system, code);
    }
}
