package dev.portolan.fhir.outcome;

import java.util.Locale;

/** The part of OperationOutcome.issue.code that checks of a resource's content use (http://hl7.org/fhir/R4/valueset-issue-type.html). */
public enum IssueType {
    /** The text is no resource of the stated shape. */
    STRUCTURE,
    /** A required element is missing. */
    REQUIRED,
    /** A value is not of the element's type. */
    VALUE,
    /** A rule that spans elements does not hold. */
    INVARIANT,
    /** A code is not in its code system or value set. */
    CODE_INVALID,
    /** Something could not be checked. */
    NOT_SUPPORTED,
    /** A definition that was asked for is not known. */
    NOT_FOUND,
    /** More was found than is listed. */
    TOO_COSTLY,
    /** The check itself failed. */
    EXCEPTION,
    /** For information. */
    INFORMATIONAL,
    /** Anything else that a profile or guide says. */
    PROCESSING;

    /** The code in FHIR. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
