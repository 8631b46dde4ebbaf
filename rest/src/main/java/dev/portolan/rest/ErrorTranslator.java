package dev.portolan.rest;

import dev.portolan.audit.AuditUnavailableException;
import dev.portolan.fhir.json.JsonSyntaxException;
import dev.portolan.fhir.search.InvalidSearchException;
import dev.portolan.store.DatabaseOutage;
import dev.portolan.store.GrantRefusedException;
import dev.portolan.store.SearchTooCostlyException;
import dev.portolan.store.WriteConflictException;
import org.slf4j.LoggerFactory;

/** The one place where what went wrong becomes what the caller is told. */
final class ErrorTranslator {

    private static final FailureLog FAILURES = new FailureLog(LoggerFactory.getLogger(ErrorTranslator.class), System::nanoTime);

    private ErrorTranslator() {}

    static FhirException translate(Throwable failure, String requestId) {
        if (failure instanceof FhirException refusal) {
            return refusal;
        }
        if (failure instanceof GrantRefusedException) {
            return new FhirException(Problem.FORBIDDEN, failure.getMessage());
        }
        if (failure instanceof InvalidSearchException invalid) {
            return new FhirException(invalid.notSupported() ? Problem.UNSUPPORTED_PARAMETER : Problem.BAD_PARAMETER, invalid.getMessage());
        }
        if (failure instanceof JsonSyntaxException syntax) {
            return new FhirException(syntax.limitExceeded() ? Problem.TOO_LARGE : Problem.BAD_JSON, syntax.getMessage());
        }
        if (failure instanceof SearchTooCostlyException) {
            return new FhirException(Problem.TOO_COSTLY, failure.getMessage());
        }
        if (failure instanceof WriteConflictException) {
            return new FhirException(Problem.CONFLICT, "another request changed the same resources at the same time: send this one again").with("Retry-After", "1");
        }
        if (failure instanceof AuditUnavailableException) {
            FAILURES.tell(failure, requestId);
            return new FhirException(Problem.UNAVAILABLE, "the access cannot be recorded at the moment, so nothing is given out: try again later").with("Retry-After", "5");
        }
        FAILURES.tell(failure, requestId);
        if (DatabaseOutage.is(failure)) {
            return new FhirException(Problem.UNAVAILABLE, "the database cannot be reached or takes nothing at the moment: try again later; a write may have been done or not").with("Retry-After", "5");
        }
        return new FhirException(Problem.INTERNAL, "an unexpected error; tell the operator the request's id " + requestId);
    }
}
