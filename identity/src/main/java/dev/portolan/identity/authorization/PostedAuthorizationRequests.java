package dev.portolan.identity.authorization;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * An authorization request that an app posts arrives without this server's cookie (SameSite=Lax), so the person seems signed out. It is sent
 * on as a GET: that one carries the cookie, and survives a sign-in.
 */
final class PostedAuthorizationRequests extends OncePerRequestFilter {

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        boolean posted = request.getMethod().equals("POST") && request.getRequestURI().endsWith("/oauth2/authorize")
                && request.getParameter("response_type") != null;
        Authentication person = posted ? SecurityContextHolder.getContext().getAuthentication() : null;
        if (!posted || person != null && person.isAuthenticated()) {
            chain.doFilter(request, response);
            return;
        }
        response.setStatus(HttpServletResponse.SC_SEE_OTHER);
        response.setHeader("Location", request.getRequestURI() + "?" + query(request));
    }

    private static String query(HttpServletRequest request) {
        StringBuilder query = new StringBuilder();
        request.getParameterMap().forEach((name, values) -> {
            for (String value : values) {
                query.append(query.isEmpty() ? "" : "&").append(encode(name)).append('=').append(encode(value));
            }
        });
        return query.toString();
    }

    private static String encode(String text) {
        return java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8);
    }
}
