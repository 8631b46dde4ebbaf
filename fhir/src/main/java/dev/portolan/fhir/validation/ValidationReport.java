package dev.portolan.fhir.validation;

import dev.portolan.fhir.outcome.Issue;
import java.util.List;

/**
 * What validation found.
 *
 * @param issues what is wrong or worth a warning, errors first
 * @param notChecked what could not be checked
 */
public record ValidationReport(List<Issue> issues, List<NotChecked> notChecked) {

    /** True if nothing is wrong as far as could be checked; see {@link #complete}. */
    public boolean valid() {
        return issues.stream().noneMatch(issue -> issue.severity().invalid());
    }

    /** True if everything that the profiles ask for was checked. */
    public boolean complete() {
        return notChecked.isEmpty();
    }
}
