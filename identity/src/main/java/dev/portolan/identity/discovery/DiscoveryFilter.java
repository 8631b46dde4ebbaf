package dev.portolan.identity.discovery;

import dev.portolan.identity.IdentityProperties;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers discovery before anything else sees the request: it needs no token, whatever stands behind the FHIR base, and is JSON whatever the
 * Accept header says. A document never changes while the server runs, so each is written once.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 20)
final class DiscoveryFilter extends OncePerRequestFilter {
    private static final String WELL_KNOWN = "/.well-known/";

    private final Map<String, byte[]> documents = new HashMap<>();

    DiscoveryFilter(SmartConfiguration configuration, IdentityProperties properties) {
        JsonMapper json = JsonMapper.builder().build();
        byte[] smart = json.writeValueAsString(configuration.smart()).getBytes(StandardCharsets.UTF_8);
        byte[] openId = json.writeValueAsString(configuration.openId()).getBytes(StandardCharsets.UTF_8);
        for (String base : properties.fhirBases()) {
            documents.put(base + "/.well-known/smart-configuration", smart);
            // SMART 1.0 clients look for OpenID discovery below the issuer only; some look below the base too.
            documents.put(base + "/.well-known/openid-configuration", openId);
        }
        documents.put("/.well-known/openid-configuration", openId);
        documents.put("/.well-known/oauth-authorization-server", openId);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        byte[] document = document(request);
        if (document == null) {
            chain.doFilter(request, response);
            return;
        }
        response.setHeader("Access-Control-Allow-Origin", "*");
        switch (request.getMethod()) {
            case "GET", "HEAD" -> {
                response.setContentType("application/json");
                response.setHeader("Cache-Control", "public, max-age=300");
                response.setContentLength(document.length);
                response.getOutputStream().write(document);
            }
            case "OPTIONS" -> {
                response.setHeader("Access-Control-Allow-Methods", "GET");
                response.setHeader("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept");
                response.setStatus(204);
            }
            default -> {
                response.setHeader("Allow", "GET, HEAD, OPTIONS");
                response.setStatus(405);
            }
        }
    }

    private byte @Nullable [] document(HttpServletRequest request) {
        String uri = request.getRequestURI();
        return uri.contains(WELL_KNOWN) ? documents.get(uri.substring(request.getContextPath().length())) : null;
    }
}
