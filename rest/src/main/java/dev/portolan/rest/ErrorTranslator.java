package dev.portolan.rest;

import dev.portolan.audit.AuditUnavailableException;
import dev.portolan.fhir.json.JsonSyntaxException;
import dev.portolan.fhir.search.InvalidSearchException;
import dev.portolan.store.DatabaseOutage;
import dev.portolan.store.GrantRefusedException;
import dev.portolan.store.SearchTooCostlyException;
import dev.portolan.store.StoreFailureException;
import dev.portolan.store.WriteConflictException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place where what went wrong becomes what the caller is told. */
final class ErrorTranslator {

    private static final Logger LOG = LoggerFactory.getLogger(ErrorTranslator.class);
    private static final int FRAMES = 40;

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
            log(failure, requestId);
            return new FhirException(Problem.UNAVAILABLE, "the access cannot be recorded at the moment, so nothing is given out: try again later").with("Retry-After", "5");
        }
        log(failure, requestId);
        if (DatabaseOutage.is(failure)) {
            return new FhirException(Problem.UNAVAILABLE, "the database cannot be reached or takes nothing at the moment: try again later; a write may have been done or not").with("Retry-After", "5");
        }
        return new FhirException(Problem.INTERNAL, "an unexpected error; tell the operator the request's id " + requestId);
    }

    /** Messages of a database or a parser may quote a member's data, so only what happened where is logged. */
    private static void log(Throwable failure, String requestId) {
        StringBuilder trace = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            trace.append('\n').append(cause.getClass().getName());
            if (cause instanceof StoreFailureException failed && failed.databaseState() != null) {
                trace.append(" SQLSTATE ").append(failed.databaseState());
            }
            StackTraceElement[] frames = cause.getStackTrace();
            for (int i = 0; i < Math.min(frames.length, FRAMES); i++) {
                trace.append("\n\tat ").append(frames[i]);
            }
        }
        LOG.error("request {} failed:{}", requestId, trace);
    }
}
