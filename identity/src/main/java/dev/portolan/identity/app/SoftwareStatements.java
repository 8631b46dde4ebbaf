package dev.portolan.identity.app;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.key.SignedTokens;
import java.text.ParseException;
import java.time.Clock;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.springframework.stereotype.Component;

/** Software statements: what somebody whom the plan trusts says of an app (RFC 7591, section 2.3). What it says goes before what the app says. */
@Component
final class SoftwareStatements {
    private static final Set<String> NOT_METADATA = Set.of("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "software_statement", "kind");

    private final Map<String, String> trusted;
    private final Clock clock;

    SoftwareStatements(IdentityProperties properties, Clock clock) {
        this.trusted = properties.trustedStatements();
        this.clock = clock;
    }

    /** The request, with the claims of its statement in place of its own if it brings one: whoever asks, none is kept that was not checked. */
    Map<String, Object> apply(Map<String, Object> request) {
        String statement = ClientMetadata.text(request, "software_statement");
        return statement == null ? request : apply(request, statement);
    }

    private Map<String, Object> apply(Map<String, Object> request, String statement) {
        JWTClaimsSet claims = verified(statement);
        Map<String, Object> merged = new HashMap<>(request);
        claims.getClaims().forEach((name, value) -> {
            if (!NOT_METADATA.contains(name)) {
                merged.put(name, value);
            }
        });
        return merged;
    }

    private JWTClaimsSet verified(String statement) {
        try {
            SignedJWT jwt = SignedTokens.parse(statement);
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            String keys = claims.getIssuer() == null ? null : trusted.get(claims.getIssuer());
            if (keys == null) {
                throw new AppRejected("unapproved_software_statement", "The issuer of the software_statement is not one that this plan trusts.");
            }
            Date expires = claims.getExpirationTime();
            if (!signedBy(jwt, JWKSet.parse(keys)) || expires != null && expires.toInstant().isBefore(clock.instant())) {
                throw new AppRejected("invalid_software_statement", "The software_statement's signature does not verify, or it has expired.");
            }
            return claims;
        } catch (ParseException e) {
            throw new AppRejected("invalid_software_statement", "The software_statement is no signed JWT.");
        }
    }

    private static boolean signedBy(SignedJWT jwt, JWKSet keys) {
        for (JWK key : keys.getKeys()) {
            try {
                JWSVerifier verifier = key instanceof RSAKey rsa ? new RSASSAVerifier(rsa) : key instanceof ECKey ec ? new ECDSAVerifier(ec) : null;
                if (verifier != null && verifier.supportedJWSAlgorithms().contains(jwt.getHeader().getAlgorithm()) && jwt.verify(verifier)) {
                    return true;
                }
            } catch (JOSEException e) {
                throw new AppRejected("invalid_software_statement", "The software_statement's signature cannot be checked.");
            }
        }
        return false;
    }
}
