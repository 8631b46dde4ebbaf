package dev.portolan.fhir.outcome;

/**
 * One finding.
 *
 * @param severity how bad it is
 * @param type what kind of problem it is
 * @param expression where: the element's FHIRPath, as {@code Patient.name[0].given[1]}
 * @param message what is wrong and what to change; a profile validator may quote the value, which may be health data, so it is for the caller and not for a log
 */
public record Issue(Severity severity, IssueType type, String expression, String message) {

    public static Issue error(IssueType type, String expression, String message) {
        return new Issue(Severity.ERROR, type, expression, message);
    }
}
