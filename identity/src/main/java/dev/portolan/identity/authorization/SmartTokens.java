package dev.portolan.identity.authorization;

import com.nimbusds.jose.jwk.RSAKey;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.key.Secrets;
import dev.portolan.identity.key.SigningKeys;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.OAuth2Token;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwsHeader;
import org.springframework.security.oauth2.jwt.JwtClaimsSet;
import org.springframework.security.oauth2.jwt.JwtEncoder;
import org.springframework.security.oauth2.jwt.JwtEncoderParameters;
import org.springframework.security.oauth2.jwt.NimbusJwtEncoder;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenGenerator;
import org.springframework.stereotype.Component;

/**
 * Makes tokens. Access and refresh tokens are random and mean nothing by themselves, so that revoking one takes effect at once; the identity
 * token is signed, since apps read it.
 */
@Component
final class SmartTokens implements OAuth2TokenGenerator<OAuth2Token> {
    /** SMART Backend Services: should not exceed 300 seconds. */
    private static final Duration BACKEND_LIFE = Duration.ofSeconds(300);
    /** As long as somebody may sit before a screen: a working day. */
    private static final Duration ONLINE_LIFE = Duration.ofHours(12);
    private static final Duration IDENTITY_LIFE = Duration.ofMinutes(10);

    private final IdentityProperties properties;
    private final SigningKeys keys;
    private final JwtEncoder encoder;
    private final Clock clock;

    SmartTokens(IdentityProperties properties, SigningKeys keys, Clock clock) {
        this.properties = properties;
        this.keys = keys;
        this.encoder = new NimbusJwtEncoder(keys);
        this.clock = clock;
    }

    @Override
    public @Nullable OAuth2Token generate(OAuth2TokenContext context) {
        Instant now = clock.instant();
        if (OAuth2TokenType.ACCESS_TOKEN.equals(context.getTokenType())) {
            boolean backend = AuthorizationGrantType.CLIENT_CREDENTIALS.equals(context.getAuthorizationGrantType());
            Instant end = now.plus(backend ? BACKEND_LIFE : properties.accessTokenLife());
            return new OAuth2AccessToken(OAuth2AccessToken.TokenType.BEARER, Secrets.random(), now, bounded(end, context, now), context.getAuthorizedScopes());
        }
        if (OAuth2TokenType.REFRESH_TOKEN.equals(context.getTokenType())) {
            return refreshToken(context, now);
        }
        return identityToken(context, now);
    }

    private @Nullable OAuth2RefreshToken refreshToken(OAuth2TokenContext context, Instant now) {
        Set<String> granted = Objects.requireNonNull(context.getAuthorization()).getAuthorizedScopes();
        if (granted.contains("offline_access")) {
            return new OAuth2RefreshToken(Secrets.random(), now, bounded(now.plus(properties.refreshTokenLife()), context, now));
        }
        return granted.contains("online_access") ? new OAuth2RefreshToken(Secrets.random(), now, bounded(now.plus(ONLINE_LIFE), context, now)) : null;
    }

    /** No token outlives what the member agreed to, however often it was refreshed. */
    private static Instant bounded(Instant wanted, OAuth2TokenContext context, Instant now) {
        Instant end = wanted;
        for (Instant last : Stream.of(smart(context.getAuthorization()).grantedUntil(), onlineUntil(context.getAuthorization())).filter(Objects::nonNull).toList()) {
            end = last.isBefore(end) ? last : end;
        }
        if (!end.isAfter(now)) {
            throw new OAuth2AuthenticationException(new OAuth2Error(OAuth2ErrorCodes.INVALID_GRANT, "What the member agreed to has ended.", null));
        }
        return end;
    }

    /** Without offline_access, what the consent page says: from the member's decision on, and not from the last refresh. */
    private static @Nullable Instant onlineUntil(@Nullable OAuth2Authorization authorization) {
        Instant granted = authorization == null ? null : authorization.getAttribute(StoredAuthorizations.GRANTED_AT);
        boolean online = granted != null && authorization.getAuthorizedScopes().contains("online_access") && !authorization.getAuthorizedScopes().contains("offline_access");
        return online ? granted.plus(ONLINE_LIFE) : null;
    }

    /** OpenID Connect Core, section 2; {@code fhirUser} as in SMART, Scopes for requesting identity data. */
    private OAuth2Token identityToken(OAuth2TokenContext context, Instant now) {
        OAuth2Authorization authorization = Objects.requireNonNull(context.getAuthorization());
        OAuth2AuthorizationRequest request = Objects.requireNonNull(authorization.getAttribute(OAuth2AuthorizationRequest.class.getName()));
        SmartContext smart = smart(authorization);
        JwtClaimsSet.Builder claims = JwtClaimsSet.builder().issuer(properties.issuer().toString()).subject(authorization.getPrincipalName())
                .audience(java.util.List.of(context.getRegisteredClient().getClientId())).issuedAt(now).expiresAt(now.plus(IDENTITY_LIFE));
        if (request.getAdditionalParameters().get("nonce") instanceof String nonce) {
            claims.claim("nonce", nonce);
        }
        if (smart.authTime() != null) {
            claims.claim("auth_time", smart.authTime());
        }
        Set<String> granted = authorization.getAuthorizedScopes();
        if (smart.fhirUser() != null && (granted.contains("fhirUser") || granted.contains("profile"))) {
            claims.claim("fhirUser", properties.url(AudienceRule.base(request)) + "/" + smart.fhirUser());
        }
        RSAKey key = keys.current();
        JwsHeader header = JwsHeader.with(SignatureAlgorithm.RS256).keyId(key.getKeyID()).type("JWT").build();
        return encoder.encode(JwtEncoderParameters.from(header, claims.build()));
    }

    /** What a token that is given out now is about: of a member whose sign-ins went to another, that one. */
    static SmartContext smart(@Nullable OAuth2Authorization authorization) {
        return smart(authorization, Instant.MAX);
    }

    /** @param issued when the token was given out: it is about what the app was told then */
    static SmartContext smart(@Nullable OAuth2Authorization authorization, Instant issued) {
        SmartContext context = authorization == null ? null : authorization.getAttribute(StoredAuthorizations.CONTEXT);
        StoredAuthorizations.Moved moved = authorization == null ? null : authorization.getAttribute(StoredAuthorizations.MOVED);
        if (context == null) {
            return SmartContext.EMPTY;
        }
        return moved == null || issued.isBefore(moved.at()) ? context : context.of(moved.survivor());
    }
}
