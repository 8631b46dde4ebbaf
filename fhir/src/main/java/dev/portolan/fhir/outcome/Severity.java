package dev.portolan.fhir.outcome;

import java.util.Locale;

/** OperationOutcome.issue.severity (http://hl7.org/fhir/R4/valueset-issue-severity.html). */
public enum Severity {
    FATAL,
    ERROR,
    WARNING,
    INFORMATION;

    /** The code in FHIR. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** True if a resource with such an issue is not valid. */
    public boolean invalid() {
        return this == FATAL || this == ERROR;
    }
}
