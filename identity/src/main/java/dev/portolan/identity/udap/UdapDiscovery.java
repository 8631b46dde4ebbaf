package dev.portolan.identity.udap;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.util.Base64;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.key.Secrets;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import tools.jackson.databind.json.JsonMapper;

/** {@code [base]/.well-known/udap} (UDAP Security 2.0, section 2): what this server does, signed with its certificate in the community that is asked for. */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 21)
final class UdapDiscovery extends OncePerRequestFilter {
    private static final String PATH = "/.well-known/udap";
    /** A year is allowed; a client that keeps it for long would not notice a change. */
    private static final Duration LIFE = Duration.ofDays(1);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final UdapStatements statements;
    private final IdentityProperties properties;
    private final Clock clock;
    private final Map<String, Document> documents = new ConcurrentHashMap<>();

    private record Document(byte[] json, Instant freshUntil) {}

    UdapDiscovery(UdapStatements statements, IdentityProperties properties, Clock clock) {
        this.statements = statements;
        this.properties = properties;
        this.clock = clock;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws ServletException, IOException {
        String uri = request.getRequestURI();
        String base = uri.endsWith(PATH) ? uri.substring(request.getContextPath().length(), uri.length() - PATH.length()) : null;
        if (base == null || !properties.fhirBases().contains(base)) {
            chain.doFilter(request, response);
            return;
        }
        response.setHeader("Access-Control-Allow-Origin", "*");
        if (statements.communities().isEmpty()) {
            response.setStatus(404);
        } else if (!request.getMethod().equals("GET") && !request.getMethod().equals("HEAD")) {
            response.setHeader("Allow", "GET, HEAD");
            response.setStatus(405);
        } else {
            answer(properties.url(base), request.getParameter("community"), response);
        }
    }

    /** Without a certificate that names this base in the community that is asked for there is nothing to say: 204. */
    private void answer(String base, @Nullable String wanted, HttpServletResponse response) throws IOException {
        Optional<Community> community = statements.communities().stream().filter(each -> wanted == null || each.uri().equals(wanted))
                .filter(each -> each.key() != null && UdapStatements.uris(each.chain().get(0)).contains(base)).findFirst();
        if (community.isEmpty()) {
            response.setStatus(204);
            return;
        }
        byte[] json = document(base, community.get());
        response.setContentType("application/json");
        response.setHeader("Cache-Control", "public, max-age=300");
        response.setContentLength(json.length);
        response.getOutputStream().write(json);
    }

    private byte[] document(String base, Community community) {
        Instant now = clock.instant();
        Document document = documents.compute(base + " " + community.uri(), (key, kept) -> kept != null && kept.freshUntil().isAfter(now) ? kept
                : new Document(JSON.writeValueAsString(metadata(base, community, now)).getBytes(StandardCharsets.UTF_8), now.plus(LIFE.dividedBy(2))));
        return document.json();
    }

    private Map<String, Object> metadata(String base, Community community, Instant now) {
        Map<String, Object> d = new LinkedHashMap<>();
        d.put("udap_versions_supported", List.of("1"));
        d.put("udap_profiles_supported", List.of("udap_dcr", "udap_authn", "udap_authz"));
        d.put("udap_authorization_extensions_supported", List.of("hl7-b2b"));
        d.put("udap_authorization_extensions_required", List.of("hl7-b2b"));
        d.put("udap_certifications_supported", List.of());
        d.put("udap_certifications_required", List.of());
        d.put("grant_types_supported", List.of("authorization_code", "refresh_token", "client_credentials"));
        d.put("scopes_supported", List.of("openid", "fhirUser", "launch/patient", "offline_access", "patient/*.rs", "user/*.rs", "system/*.rs", "patient/*.read", "user/*.read", "system/*.read"));
        d.put("authorization_endpoint", properties.url("/oauth2/authorize"));
        d.put("token_endpoint", properties.url("/oauth2/token"));
        d.put("token_endpoint_auth_methods_supported", List.of("private_key_jwt"));
        d.put("token_endpoint_auth_signing_alg_values_supported", List.of("RS256", "ES256", "RS384", "ES384"));
        d.put("registration_endpoint", properties.url(UdapRegistration.PATH));
        d.put("registration_endpoint_jwt_signing_alg_values_supported", List.of("RS256", "ES256", "RS384", "ES384"));
        d.put("signed_metadata", signed(base, community, now));
        return d;
    }

    private String signed(String base, Community community, Instant now) {
        try {
            List<Base64> x5c = new ArrayList<>();
            for (X509Certificate certificate : community.chain()) {
                x5c.add(Base64.encode(certificate.getEncoded()));
            }
            JWTClaimsSet claims = new JWTClaimsSet.Builder().issuer(base).subject(base).issueTime(Date.from(now)).expirationTime(Date.from(now.plus(LIFE))).jwtID(Secrets.id())
                    .claim("authorization_endpoint", properties.url("/oauth2/authorize")).claim("token_endpoint", properties.url("/oauth2/token"))
                    .claim("registration_endpoint", properties.url(UdapRegistration.PATH)).build();
            boolean elliptic = community.key() instanceof ECPrivateKey;
            JWSSigner signer = elliptic ? new ECDSASigner((ECPrivateKey) community.key()) : new RSASSASigner(community.key());
            SignedJWT jwt = new SignedJWT(new JWSHeader.Builder(elliptic ? JWSAlgorithm.ES256 : JWSAlgorithm.RS256).x509CertChain(x5c).build(), claims);
            jwt.sign(signer);
            return jwt.serialize();
        } catch (JOSEException | CertificateEncodingException e) {
            throw new IllegalStateException("the metadata cannot be signed with the certificate of " + community.uri(), e);
        }
    }
}
