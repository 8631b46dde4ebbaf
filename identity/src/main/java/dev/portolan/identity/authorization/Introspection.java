package dev.portolan.identity.authorization;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.identity.token.AccessTokens;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.OAuth2Token;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenIntrospection;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2TokenIntrospectionAuthenticationToken;
import org.springframework.stereotype.Component;

/**
 * Token introspection (RFC 7662) with SMART's fields. A confidential app may ask about its own tokens, a resource server about all; anybody
 * else learns nothing.
 */
@Component
final class Introspection implements AuthenticationProvider {
    private final StoredAuthorizations authorizations;
    private final Apps apps;
    private final Accounts accounts;
    private final AccessTokens tokens;
    private final IdentityProperties properties;
    private final SecurityEvents events;

    Introspection(StoredAuthorizations authorizations, Apps apps, Accounts accounts, AccessTokens tokens, IdentityProperties properties, SecurityEvents events) {
        this.tokens = tokens;
        this.authorizations = authorizations;
        this.apps = apps;
        this.accounts = accounts;
        this.properties = properties;
        this.events = events;
    }

    @Override
    public boolean supports(Class<?> type) {
        return OAuth2TokenIntrospectionAuthenticationToken.class.isAssignableFrom(type);
    }

    @Override
    public Authentication authenticate(Authentication authentication) {
        OAuth2TokenIntrospectionAuthenticationToken request = (OAuth2TokenIntrospectionAuthenticationToken) authentication;
        OAuth2ClientAuthenticationToken caller = (OAuth2ClientAuthenticationToken) request.getPrincipal();
        String callerId = Objects.requireNonNull(caller.getRegisteredClient()).getClientId();
        OAuth2Authorization found = authorizations.findByToken(request.getToken(), null);
        boolean mayKnow = found != null && (found.getRegisteredClientId().equals(callerId) && caller.getCredentials() != null
                || apps.find(callerId).filter(a -> a.kind() == App.Kind.RESOURCE_SERVER).isPresent());
        Map<String, Object> claims = mayKnow ? claims(found, request.getToken()) : Map.of("active", false);
        events.record(SecurityEvent.Type.TOKEN_INTROSPECTED, true, callerId, callerId, null, found == null ? null : found.getId(),
                Map.of("active", String.valueOf(claims.get("active"))));
        // The library's claims would want scope as a list and so on; what is answered is carried beside them, as it is written.
        OAuth2TokenIntrospectionAuthenticationToken answer = new OAuth2TokenIntrospectionAuthenticationToken(request.getToken(), caller,
                OAuth2TokenIntrospection.builder(Boolean.TRUE.equals(claims.get("active"))).build());
        answer.setDetails(claims);
        return answer;
    }

    private Map<String, Object> claims(OAuth2Authorization authorization, String presented) {
        OAuth2Authorization.Token<OAuth2Token> token = authorization.getToken(presented);
        boolean known = token != null && token.isActive()
                && (token.getToken() instanceof OAuth2AccessToken || token.getToken() instanceof OAuth2RefreshToken);
        // An access token is alive where the FHIR bases would take it, and no longer (whoever let the app in may represent the member no more), and is good for what it is there.
        AccessToken access = known && token.getToken() instanceof OAuth2AccessToken ? tokens.resolve(presented).orElse(null) : null;
        Instant ends = !known ? null : access != null ? access.expiresAt() : token.getToken() instanceof OAuth2AccessToken ? null : token.getToken().getExpiresAt();
        if (ends == null) {
            return Map.of("active", false);
        }
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("active", true);
        SmartScopes scopes = access != null ? access.scopes() : SmartScopes.parse(authorization.getAuthorizedScopes());
        claims.put("scope", scopes.text());
        claims.put("client_id", authorization.getRegisteredClientId());
        claims.put("exp", seconds(ends));
        claims.put("iat", seconds(token.getToken().getIssuedAt()));
        claims.put("token_type", "Bearer");
        claims.put("iss", properties.issuer().toString());
        claims.put("sub", authorization.getPrincipalName());
        if (!AuthorizationGrantType.CLIENT_CREDENTIALS.equals(authorization.getAuthorizationGrantType())) {
            personal(claims, authorization, scopes, Objects.requireNonNull(token.getToken().getIssuedAt()));
        }
        return claims;
    }

    private void personal(Map<String, Object> claims, OAuth2Authorization authorization, SmartScopes scopes, Instant issued) {
        SmartContext context = SmartTokens.smart(authorization, issued);
        claims.putAll(TokenResponses.launchContext(context));
        OAuth2AuthorizationRequest request = authorization.getAttribute(OAuth2AuthorizationRequest.class.getName());
        if (request == null) {
            return; // issued for a sandbox, without a request
        }
        String base = AudienceRule.base(request);
        claims.put("aud", properties.url(base));
        if (context.fhirUser() != null && (scopes.has("fhirUser") || scopes.has("profile"))) {
            claims.put("fhirUser", properties.url(base) + "/" + context.fhirUser());
        }
        accounts.find(authorization.getPrincipalName()).ifPresent(account -> claims.put("username", account.username()));
    }

    private static long seconds(Instant instant) {
        return Objects.requireNonNull(instant).getEpochSecond();
    }

    /** Writes what was found, and for a token that is not alive only that. */
    @SuppressWarnings("unchecked") // set above
    void respond(HttpServletRequest request, HttpServletResponse response, Authentication result) throws IOException {
        TokenResponses.write(response, 200, (Map<String, Object>) Objects.requireNonNull(result.getDetails()));
    }
}
