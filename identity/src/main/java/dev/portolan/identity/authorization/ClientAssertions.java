package dev.portolan.identity.authorization;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyType;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.key.PublishedKeys;
import dev.portolan.identity.key.SignedTokens;
import dev.portolan.identity.udap.UdapClients;
import dev.portolan.identity.udap.UdapRefused;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoderFactory;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.stereotype.Component;

/** Checks signed client assertions (SMART App Launch 2.2, Client Authentication: Asymmetric; RFC 7523, section 3). */
@Component
final class ClientAssertions implements JwtDecoderFactory<RegisteredClient> {
    static final Set<JWSAlgorithm> ALGORITHMS = Set.of(JWSAlgorithm.RS384, JWSAlgorithm.ES384, JWSAlgorithm.RS256, JWSAlgorithm.ES256);
    private static final Duration LONGEST_LIFE = Duration.ofMinutes(5);
    /** How far an app's clock may be off. */
    private static final Duration SKEW = Duration.ofSeconds(30);
    private static final int LONGEST_JTI = 255;
    /** Each takes up to some milliseconds, and a key set has room for two thousand. */
    private static final int MOST_KEYS = 20;

    private final Apps apps;
    private final PublishedKeys publishedKeys;
    private final IdentityDatabase database;
    private final IdentityProperties properties;
    private final UdapClients communities;
    private final Clock clock;

    ClientAssertions(Apps apps, PublishedKeys publishedKeys, IdentityDatabase database, IdentityProperties properties, UdapClients communities, Clock clock) {
        this.communities = communities;
        this.apps = apps;
        this.publishedKeys = publishedKeys;
        this.database = database;
        this.properties = properties;
        this.clock = clock;
    }

    @Override
    public JwtDecoder createDecoder(RegisteredClient client) {
        App app = apps.find(client.getClientId()).orElseThrow(() -> new BadJwtException("unknown app"));
        return token -> decode(token, app);
    }

    private Jwt decode(String token, App app) {
        try {
            SignedJWT jwt = SignedTokens.parse(token); // an unsigned token (alg none) is none of these
            if (!ALGORITHMS.contains(jwt.getHeader().getAlgorithm())) {
                throw new BadJwtException("alg must be RS384 or ES384");
            }
            Optional<UdapClients.Member> member = communities.find(app.clientId());
            if (member.isPresent()) {
                // A key alone proves nothing here: its certificate may have ended since.
                communities.verify(token, member.get());
            } else {
                verify(jwt, app);
            }
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            check(claims, app.clientId());
            useOnce(app.clientId(), claims.getJWTID(), claims.getExpirationTime().toInstant());
            return new Jwt(token, claims.getIssueTime() == null ? null : claims.getIssueTime().toInstant(), claims.getExpirationTime().toInstant(),
                    header(jwt), Map.of("iss", claims.getIssuer(), "sub", claims.getSubject(), "jti", claims.getJWTID()));
        } catch (ParseException e) {
            throw new BadJwtException("the assertion is no signed JWT", e);
        } catch (UdapRefused e) {
            throw new BadJwtException(String.valueOf(e.getMessage()), e);
        }
    }

    private static Map<String, Object> header(SignedJWT jwt) {
        Map<String, Object> header = new HashMap<>(jwt.getHeader().toJSONObject());
        header.values().removeIf(Objects::isNull); // a member that is null says nothing (RFC 7515, section 4: what is not understood is ignored)
        return header;
    }

    private void verify(SignedJWT jwt, App app) {
        // jku may only repeat what was registered: a key address that the caller chooses proves nothing.
        if (jwt.getHeader().getJWKURL() != null && !jwt.getHeader().getJWKURL().toString().equals(app.jwksUri())) {
            throw new BadJwtException("jku is not the registered jwks_uri");
        }
        List<JWK> keys = publishedKeys.of(app.jwksUri(), app.jwks(), jwt.getHeader().getKeyID());
        if (keys.stream().filter(key -> mayHaveSigned(jwt, key)).limit(MOST_KEYS).noneMatch(key -> verifies(jwt, key))) {
            throw new BadJwtException("none of the app's keys verifies the signature; of those that may have signed it the first " + MOST_KEYS + " are tried, so name yours by kid");
        }
    }

    private static boolean mayHaveSigned(SignedJWT jwt, JWK key) {
        String kid = jwt.getHeader().getKeyID();
        boolean named = kid == null || key.getKeyID() == null || kid.equals(key.getKeyID());
        return named && (key.getKeyUse() == null || KeyUse.SIGNATURE.equals(key.getKeyUse())) && key.getKeyType().equals(KeyType.forAlgorithm(jwt.getHeader().getAlgorithm()));
    }

    private static boolean verifies(SignedJWT jwt, JWK key) {
        try {
            JWSVerifier verifier = verifier(key);
            return verifier != null && verifier.supportedJWSAlgorithms().contains(jwt.getHeader().getAlgorithm()) && jwt.verify(verifier);
        } catch (JOSEException e) {
            throw new BadJwtException("the signature cannot be checked: " + e.getMessage(), e);
        }
    }

    private static @Nullable JWSVerifier verifier(JWK key) throws JOSEException {
        if (key instanceof RSAKey rsa) {
            return new RSASSAVerifier(rsa);
        }
        return key instanceof ECKey ec ? new ECDSAVerifier(ec) : null;
    }

    private void check(JWTClaimsSet claims, String clientId) {
        Instant now = clock.instant();
        if (!clientId.equals(claims.getIssuer()) || !clientId.equals(claims.getSubject())) {
            throw new BadJwtException("iss and sub must both be the client_id");
        }
        if (!claims.getAudience().contains(properties.url("/oauth2/token"))) {
            throw new BadJwtException("aud must be the token endpoint");
        }
        if (claims.getExpirationTime() == null || claims.getExpirationTime().toInstant().plus(SKEW).isBefore(now)) {
            throw new BadJwtException("the assertion has expired, or has no exp");
        }
        if (claims.getExpirationTime().toInstant().isAfter(now.plus(LONGEST_LIFE).plus(SKEW))) {
            throw new BadJwtException("exp must be at most five minutes ahead");
        }
        if (claims.getIssueTime() != null && !claims.getIssueTime().before(claims.getExpirationTime())) {
            throw new BadJwtException("iat must be before exp");
        }
        if (claims.getNotBeforeTime() != null && claims.getNotBeforeTime().toInstant().isAfter(now.plus(SKEW))) {
            throw new BadJwtException("nbf is in the future");
        }
        if (claims.getJWTID() == null || claims.getJWTID().isBlank() || claims.getJWTID().length() > LONGEST_JTI) {
            throw new BadJwtException("jti is required");
        }
    }

    private void useOnce(String issuer, String jti, Instant expires) {
        database.sql("delete from identity.assertion_used where issuer = ? and expires_at < ?")
                .params(issuer, IdentityDatabase.at(clock.instant())).update();
        int first = database.sql("insert into identity.assertion_used (issuer, jti, expires_at) values (?, ?, ?) on conflict do nothing")
                .params(issuer, jti, IdentityDatabase.at(expires.plus(SKEW))).update();
        if (first == 0) {
            throw new BadJwtException("the assertion was used before");
        }
    }
}
