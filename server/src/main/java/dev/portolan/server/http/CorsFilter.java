package dev.portolan.server.http;

import java.io.IOException;
import java.util.List;
import java.util.Set;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/**
 * Lets pages of other origins call the APIs, as browser apps need (SMART App Launch, "CORS"). Never with cookies: a caller shows a token, or is
 * nobody.
 */
public final class CorsFilter extends HttpFilter {

    private static final long serialVersionUID = 1L;
    private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    private static final String REQUEST_HEADERS = "Accept, Authorization, Content-Type, Content-Encoding, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, If-Range, Prefer, "
            + "Range, X-Request-Id, X-Security-Context";
    private static final String RESPONSE_HEADERS = "Accept-Ranges, Allow, Content-Disposition, Content-Location, Content-Range, ETag, Last-Modified, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, WWW-Authenticate, X-Progress, X-RateLimit-Warning, X-Request-Id";
    private static final String ONE_DAY = "86400";

    private final boolean any;
    private final Set<String> origins;

    public CorsFilter(List<String> origins) {
        this.any = origins.contains("*");
        this.origins = Set.copyOf(origins);
    }

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws IOException, ServletException {
        String origin = request.getHeader("Origin");
        boolean allowed = origin != null && (any || origins.contains(origin));
        if (!any) {
            response.addHeader("Vary", "Origin");
        }
        if (allowed) {
            response.setHeader("Access-Control-Allow-Origin", any ? "*" : origin);
            response.setHeader("Access-Control-Expose-Headers", RESPONSE_HEADERS);
        }
        boolean preflight = "OPTIONS".equals(request.getMethod()) && origin != null && request.getHeader("Access-Control-Request-Method") != null;
        if (!preflight) {
            chain.doFilter(request, response);
            return;
        }
        if (allowed) {
            response.setHeader("Access-Control-Allow-Methods", METHODS);
            response.setHeader("Access-Control-Allow-Headers", REQUEST_HEADERS);
            response.setHeader("Access-Control-Max-Age", ONE_DAY);
        }
        response.setStatus(204);
    }
}
