package dev.portolan.fhir.validation;

/**
 * Something that a profile asks for and that could not be checked: neither valid nor invalid.
 *
 * @param expression where
 * @param kind what kind of definition is missing
 * @param canonical its address
 */
public record NotChecked(String expression, Kind kind, String canonical) {

    /** What is missing. */
    public enum Kind {
        /** The value set, or the code system that it takes its codes from, has no content here. */
        VALUE_SET,
        /** The code system has no content here. */
        CODE_SYSTEM,
        /** The profile is of a guide that is not loaded. */
        PROFILE
    }

    /** What to tell a caller. */
    public String message() {
        String what = switch (kind) {
            case VALUE_SET -> "The code was not checked against the value set ";
            case CODE_SYSTEM -> "The code was not checked against the code system ";
            case PROFILE -> "The resource was not checked against the profile ";
        };
        return what + canonical + ", whose content is not loaded.";
    }
}
