package dev.portolan.identity.udap;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.util.Base64;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.key.SignedTokens;
import java.io.ByteArrayInputStream;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Checks what is signed with a certificate that comes along (UDAP Security 2.0, section 7.1): the chain, the signature, times, and that it is used once. */
@Component
public final class UdapStatements {
    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(JWSAlgorithm.RS256, JWSAlgorithm.ES256, JWSAlgorithm.RS384, JWSAlgorithm.ES384);
    private static final Duration LONGEST_LIFE = Duration.ofMinutes(5);
    /** How far another clock may be off. */
    private static final Duration SKEW = Duration.ofSeconds(30);
    private static final int LONGEST_CHAIN = 10;
    private static final int LONGEST_JTI = 255;
    private static final int SAN_URI = 6;
    private static final int DIGITAL_SIGNATURE = 0;

    private final List<Community> communities;
    private final IdentityDatabase database;
    private final Clock clock;

    UdapStatements(IdentityProperties properties, IdentityDatabase database, Clock clock) {
        this.communities = properties.udap().communities().stream().map(Community::read).toList();
        this.database = database;
        this.clock = clock;
    }

    /** A statement whose signature and certificate are in order. */
    record Signed(JWTClaimsSet claims, X509Certificate certificate, Community community) {}

    List<Community> communities() {
        return communities;
    }

    /**
     * @param wanted the community that has to vouch for the signer; null for any
     * @throws UdapRefused if it is not in order
     */
    Signed verified(String statement, @Nullable String wanted) {
        try {
            SignedJWT jwt = SignedTokens.parse(statement); // an unsigned token (alg none) is none of these
            List<X509Certificate> chain = chain(jwt.getHeader().getX509CertChain());
            X509Certificate own = chain.get(0);
            boolean[] usage = own.getKeyUsage();
            if (own.getBasicConstraints() >= 0 || usage != null && !usage[DIGITAL_SIGNATURE]) {
                throw UdapRefused.invalid("the first certificate of x5c must be one that signs, and no authority's");
            }
            if (!ALGORITHMS.contains(jwt.getHeader().getAlgorithm()) || !isSignedBy(jwt, own.getPublicKey())) {
                throw UdapRefused.invalid("the signature is not that of the first certificate of x5c, or its algorithm is none of RS256, ES256, RS384, ES384");
            }
            Instant now = clock.instant();
            Optional<Community> community = communities.stream().filter(each -> wanted == null || each.uri().equals(wanted)).filter(each -> each.vouchesFor(chain, now)).findFirst();
            return new Signed(jwt.getJWTClaimsSet(), own, community.orElseThrow(() -> new UdapRefused(true, "no authority that this server trusts vouches for the certificate, or it has expired or was revoked")));
        } catch (ParseException e) {
            throw UdapRefused.invalid("it is no signed JWT");
        }
    }

    private static List<X509Certificate> chain(@Nullable List<Base64> x5c) {
        if (x5c == null || x5c.isEmpty() || x5c.size() > LONGEST_CHAIN) {
            throw UdapRefused.invalid("its header needs x5c with the certificate of who signed it, and those of the issuers");
        }
        try {
            List<X509Certificate> chain = new ArrayList<>();
            for (Base64 each : x5c) {
                chain.add((X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(each.decode())));
            }
            return chain;
        } catch (CertificateException e) {
            throw UdapRefused.invalid("x5c holds something that is no certificate");
        }
    }

    private static boolean isSignedBy(SignedJWT jwt, PublicKey key) {
        try {
            JWSVerifier verifier = key instanceof RSAPublicKey rsa ? new RSASSAVerifier(rsa) : key instanceof ECPublicKey ec ? new ECDSAVerifier(ec) : null;
            return verifier != null && verifier.supportedJWSAlgorithms().contains(jwt.getHeader().getAlgorithm()) && jwt.verify(verifier);
        } catch (JOSEException e) {
            return false; // a key of another kind or curve than the algorithm's
        }
    }

    /** Section 7.1.4: five minutes at most from {@code iat} to {@code exp}, and once. */
    void checkTimesAndUse(JWTClaimsSet claims, String audience) {
        Instant now = clock.instant();
        if (claims.getIssueTime() == null || claims.getExpirationTime() == null) {
            throw UdapRefused.invalid("iat and exp are required");
        }
        Instant issued = claims.getIssueTime().toInstant();
        Instant expires = claims.getExpirationTime().toInstant();
        if (issued.isAfter(now.plus(SKEW)) || expires.plus(SKEW).isBefore(now) || expires.isAfter(issued.plus(LONGEST_LIFE)) || !expires.isAfter(issued)) {
            throw UdapRefused.invalid("it has expired, is of the future, or lives longer than five minutes");
        }
        if (!claims.getAudience().contains(audience)) {
            throw UdapRefused.invalid("aud must be " + audience);
        }
        String jti = claims.getJWTID();
        if (jti == null || jti.isBlank() || jti.length() > LONGEST_JTI) {
            throw UdapRefused.invalid("jti is required");
        }
        int first = database.sql("insert into identity.assertion_used (issuer, jti, expires_at) values (?, ?, ?) on conflict do nothing")
                .params("udap " + claims.getIssuer(), jti, IdentityDatabase.at(expires.plus(SKEW))).update();
        if (first == 0) {
            throw UdapRefused.invalid("it was used before");
        }
    }

    /** The URIs in a certificate's Subject Alternative Name. */
    static List<String> uris(X509Certificate certificate) {
        List<String> uris = new ArrayList<>();
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            for (List<?> name : names == null ? List.<List<?>>of() : names) {
                if (Integer.valueOf(SAN_URI).equals(name.get(0)) && name.get(1) instanceof String uri) {
                    uris.add(uri);
                }
            }
        } catch (CertificateException e) {
            throw UdapRefused.invalid("the names in the certificate cannot be read");
        }
        return uris;
    }
}
