package dev.portolan.rest;

import dev.portolan.fhir.outcome.Issue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request that is refused. The message is for the caller: what is wrong and what to change; it quotes no health data. */
public final class FhirException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Problem problem;
    private final transient List<Issue> issues;
    private final @Nullable String header;
    private final @Nullable String headerValue;

    public FhirException(Problem problem, String message) {
        this(problem, message, List.of(), null, null);
    }

    private FhirException(Problem problem, String message, List<Issue> issues, @Nullable String header, @Nullable String headerValue) {
        // Refusals are answers, not accidents: no stack trace, which would cost more than the answer.
        super(message, null, false, false);
        this.problem = problem;
        this.issues = issues;
        this.header = header;
        this.headerValue = headerValue;
    }

    /** A refusal because of findings in the resource. */
    static FhirException of(Problem problem, String message, List<Issue> issues) {
        return new FhirException(problem, message, issues, null, null);
    }

    /** With a response header, for instance {@code WWW-Authenticate} or {@code Allow}. */
    public FhirException with(String name, String value) {
        return new FhirException(problem, getMessage(), issues, name, value);
    }

    /** The same refusal, of a part of the request. */
    FhirException at(String place) {
        return new FhirException(problem, place + ": " + getMessage(), issues, header, headerValue);
    }

    public Problem problem() {
        return problem;
    }

    List<Issue> issues() {
        return issues;
    }

    @Nullable String header() {
        return header;
    }

    @Nullable String headerValue() {
        return headerValue;
    }
}
