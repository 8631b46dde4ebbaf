package dev.portolan.server.http;

import java.io.IOException;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.web.filter.RequestContextFilter;

import dev.portolan.audit.AuditUnavailableException;

/**
 * Lets events of sign-ins, tokens and pages find the request that they happen in. What fails because its event could not be recorded is answered 503, with nothing of it (AUD-09). FHIR's requests see
 * to both themselves; those that write may make events too.
 */
public final class EventRequestFilter extends RequestContextFilter {

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
            if (!isUnrecorded(e) || response.isCommitted()) {
                throw e;
            }
            response.resetBuffer();
            response.setHeader("Retry-After", "5");
            response.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
        }
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
