package dev.portolan.server.http;

import java.io.IOException;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.web.filter.RequestContextFilter;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.portolan.audit.AuditUnavailableException;
import dev.portolan.store.DatabaseOutage;

/**
 * Lets events of sign-ins, tokens and pages find the request that they happen in. What fails because its event could not be recorded, or because the database is away, out of room or has no connection to give, is answered 503,
 * with nothing of it (AUD-09): an app asks for a token again then, and takes a 500 for good. FHIR's requests see to both themselves; those that write may make events too.
 */
public final class EventRequestFilter extends RequestContextFilter {

    private static final Logger LOG = LoggerFactory.getLogger(EventRequestFilter.class);

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        boolean reading = request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
        return reading && request.getServletPath().endsWith("/fhir");
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws ServletException, IOException {
        try {
            super.doFilterInternal(request, response, chain);
        } catch (ServletException | RuntimeException e) {
            boolean unrecorded = isUnrecorded(e); // which the trail itself tells of in the log
            if (!unrecorded && !DatabaseOutage.is(e) || response.isCommitted()) {
                throw e;
            }
            if (!unrecorded) {
                LOG.warn("A call is answered 503, since the database is away, out of room or has no connection to give: {}", kinds(e));
            }
            response.resetBuffer();
            response.setHeader("Retry-After", "5");
            response.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
        }
    }

    /** Messages of the database may quote what a member sent. */
    private static String kinds(Throwable failure) {
        StringBuilder kinds = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            kinds.append(kinds.isEmpty() ? "" : ", of ").append(cause.getClass().getSimpleName());
        }
        return kinds.toString();
    }

    private static boolean isUnrecorded(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuditUnavailableException) {
                return true;
            }
        }
        return false;
    }
}
