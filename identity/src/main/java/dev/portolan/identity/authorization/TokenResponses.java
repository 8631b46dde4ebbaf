package dev.portolan.identity.authorization;

import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.udap.UdapClients;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AccessTokenAuthenticationToken;
import org.springframework.stereotype.Component;

/** What the token endpoint answers: RFC 6749, section 5, with SMART's launch context beside the token. */
@Component
final class TokenResponses {
    private static final Map<String, String> SENTENCES = Map.of(
            OAuth2ErrorCodes.INVALID_GRANT, "The code or refresh token is unknown, expired, used or not this app's, or the code_verifier does not match.",
            OAuth2ErrorCodes.INVALID_CLIENT, "The app could not be authenticated: check client_id, and the secret or the signed assertion.",
            OAuth2ErrorCodes.INVALID_SCOPE, "A refresh may not ask for more than was granted.",
            OAuth2ErrorCodes.UNSUPPORTED_GRANT_TYPE, "grant_type must be authorization_code, refresh_token or client_credentials.",
            OAuth2ErrorCodes.UNAUTHORIZED_CLIENT, "This app is not registered for this grant_type.",
            OAuth2ErrorCodes.INVALID_REQUEST, "A parameter is missing, repeated or malformed.");

    private final StoredAuthorizations authorizations;
    private final SecurityEvents events;

    TokenResponses(StoredAuthorizations authorizations, SecurityEvents events) {
        this.authorizations = authorizations;
        this.events = events;
    }

    void issued(HttpServletRequest request, HttpServletResponse response, Authentication result) throws IOException {
        OAuth2AccessTokenAuthenticationToken token = (OAuth2AccessTokenAuthenticationToken) result;
        OAuth2Authorization authorization = Objects.requireNonNull(
                authorizations.findByToken(token.getAccessToken().getTokenValue(), OAuth2TokenType.ACCESS_TOKEN));
        SmartScopes scopes = SmartScopes.parse(token.getAccessToken().getScopes());
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("access_token", token.getAccessToken().getTokenValue());
        body.put("token_type", "Bearer");
        Instant expires = Objects.requireNonNull(token.getAccessToken().getExpiresAt());
        body.put("expires_in", expires.getEpochSecond() - Objects.requireNonNull(token.getAccessToken().getIssuedAt()).getEpochSecond());
        body.put("scope", scopes.text());
        if (token.getRefreshToken() != null) {
            body.put("refresh_token", token.getRefreshToken().getTokenValue());
        }
        body.putAll(token.getAdditionalParameters());
        SmartContext context = SmartTokens.smart(authorization);
        body.putAll(launchContext(context));
        events.record(SecurityEvent.Type.TOKEN_ISSUED, true, token.getRegisteredClient().getClientId(), authorization.getPrincipalName(),
                context.patient(), authorization.getId(), issued(request, scopes));
        write(response, 200, body);
    }

    private static Map<String, String> issued(HttpServletRequest request, SmartScopes scopes) {
        Map<String, String> details = new HashMap<>(Map.of("grant_type", String.valueOf(request.getParameter("grant_type")), "scope", scopes.text()));
        if (request.getAttribute(UdapClients.Context.class.getName()) instanceof UdapClients.Context asked) {
            details.putAll(asked.more());
            details.put("organization", asked.organization());
            details.put("purpose_of_use", String.join(" ", asked.purposes()));
        }
        return details;
    }

    /** SMART, Scopes and launch context: launch context arrives with your access token. */
    static Map<String, Object> launchContext(SmartContext context) {
        Map<String, Object> body = new LinkedHashMap<>();
        put(body, "patient", context.patient());
        put(body, "encounter", context.encounter());
        put(body, "fhirContext", context.fhirContext().isEmpty() ? null : context.fhirContext());
        put(body, "need_patient_banner", context.needPatientBanner());
        put(body, "smart_style_url", context.smartStyleUrl());
        put(body, "intent", context.intent());
        put(body, "tenant", context.tenant());
        return body;
    }

    private static void put(Map<String, Object> body, String name, @Nullable Object value) {
        if (value != null) {
            body.put(name, value);
        }
    }

    void refused(HttpServletRequest request, HttpServletResponse response, AuthenticationException exception) throws IOException {
        refuse(SecurityEvent.Type.TOKEN_REFUSED, request, response, exception);
    }

    void clientRefused(HttpServletRequest request, HttpServletResponse response, AuthenticationException exception) throws IOException {
        refuse(SecurityEvent.Type.CLIENT_AUTHENTICATION_FAILED, request, response, exception);
    }

    private void refuse(SecurityEvent.Type type, HttpServletRequest request, HttpServletResponse response, AuthenticationException exception)
            throws IOException {
        OAuth2Error error = exception instanceof OAuth2AuthenticationException oauth ? oauth.getError() : new OAuth2Error(OAuth2ErrorCodes.INVALID_CLIENT);
        String given = error.getDescription();
        // The library's own descriptions only name a parameter; ours say what to do.
        String description = given == null || given.startsWith("OAuth 2.0 Parameter") || given.startsWith("Client authentication failed")
                ? SENTENCES.getOrDefault(error.getErrorCode(), "The request was refused.") : given;
        String clientId = request.getParameter("client_id");
        events.record(type, false, clientId != null && clientId.matches("[A-Za-z0-9._~-]{3,64}") ? clientId : null, null, null, null,
                Map.of("error", error.getErrorCode(), "path", request.getRequestURI(), "address", request.getRemoteAddr()));
        boolean unauthenticated = error.getErrorCode().equals(OAuth2ErrorCodes.INVALID_CLIENT);
        if (unauthenticated && request.getHeader("Authorization") != null) {
            response.setHeader("WWW-Authenticate", "Basic realm=\"apps\""); // RFC 6749, 5.2
        }
        write(response, unauthenticated ? 401 : 400, Map.of("error", error.getErrorCode(), "error_description", description));
    }

    static void write(HttpServletResponse response, int status, Map<String, Object> body) throws IOException {
        response.setStatus(status);
        response.setContentType("application/json");
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("Pragma", "no-cache");
        response.getOutputStream().write(StoredAuthorizations.JSON.writeValueAsString(body).getBytes(StandardCharsets.UTF_8));
    }
}
