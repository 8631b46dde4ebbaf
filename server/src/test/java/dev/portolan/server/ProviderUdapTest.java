package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.util.Base64;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.portolan.identity.TestAuthority;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A provider's app that nobody at the plan has met: its community's certificate registers it, a binding to a list gives it patients, and what it says of whom it asks for has to be that list's. */
class ProviderUdapTest {

    private static final String APP = "https://ehr.clinic.example/app";
    private static final String TREATMENT = "urn:oid:2.16.840.1.113883.5.8#TREAT";
    private static final String OPERATIONS = "urn:oid:2.16.840.1.113883.5.8#HOPERAT";
    private static final ObjectMapper JSON = new ObjectMapper();

    private ProviderStand stand;
    private TestAuthority.Identity clinic;

    @Test
    void prv15_reg09_reg10_an_app_of_a_community_reads_the_patients_of_the_list_that_it_is_bound_to_and_names_or_none(@TempDir Path data, @TempDir Path certificates) throws Exception {
        TestAuthority authority = new TestAuthority(certificates, "community");
        clinic = authority.issue("clinic", APP);
        String community = "portolan.identity.udap.communities[0].";
        try (ProviderStand started = new ProviderStand(data, community + "uri", "https://community.example/trust", community + "anchors", authority.anchor().toString(), community + "crls", authority.revocations().toString())) {
            stand = started;
            HttpResponse<String> registered = register();
            assertThat(registered.statusCode()).as(registered.body()).isEqualTo(201);
            String app = JSON.readTree(registered.body()).path("client_id").asText();

            HttpResponse<String> unbound = stand.get(granted(app, null, OPERATIONS), "Patient");
            assertThat(unbound.body()).as("registered is not let in: no list is its own").doesNotContain("Ofann", "Ofdee");

            stand.attributions().bind(app, "clinic", "test");
            for (String subject : new String[] {null, ProviderStand.CLINIC, "urn:oid:2.16.840.1.113883.4.6#" + ProviderStand.CLINIC}) {
                assertThat(ProviderStand.ids(stand.get(granted(app, subject, TREATMENT), "Patient"))).as("asking for " + subject).containsExactly("ann", "bob", "cid");
            }
            assertThat(refusal(app, ProviderStand.RIVAL, TREATMENT)).contains("invalid_grant", "subject_id");
            assertThat(refusal(app, ProviderStand.CLINIC, OPERATIONS)).contains("invalid_grant", "purpose_of_use");

            String token = granted(app, ProviderStand.CLINIC, TREATMENT);
            assertThat(stand.get(token, "Patient/dee").statusCode()).as("the rival's patient").isIn(403, 404);
            assertThat(ProviderStand.ids(stand.get(token, "Observation?patient=bob"))).containsExactly("obs-bob");
            stand.optOut("bob");
            assertThat(ProviderStand.ids(stand.get(token, "Patient"))).containsExactly("ann", "cid");
            assertThat(stand.export(token, stand.kickOff(token, "clinic", "_type", "Patient"))).hasSize(2).noneMatch(line -> line.contains("Ofbob"));
            stand.attributions().unbind(app, "clinic", "test");
            assertThat(stand.get(token, "Patient").body()).as("the list was taken from it").doesNotContain("Ofann", "Ofcid");

            stand.attributions().bind(app, "clinic", "test");
            authority.revocations(clinic.chain().get(0));
            HttpResponse<String> revoked = ask(app, ProviderStand.CLINIC, TREATMENT);
            assertThat(revoked.statusCode()).as(revoked.body()).isEqualTo(401);
        }
    }

    private String url(String path) {
        return stand.server.url() + path;
    }

    private HttpResponse<String> post(String path, String type, String body) throws Exception {
        return stand.http.send(HttpRequest.newBuilder(URI.create(url(path))).header("Content-Type", type).POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JWTClaimsSet.Builder claims(String subject, String audience) {
        Instant now = Instant.now();
        return new JWTClaimsSet.Builder().issuer(subject).subject(subject).audience(audience).jwtID(UUID.randomUUID().toString()).issueTime(Date.from(now)).expirationTime(Date.from(now.plusSeconds(240)));
    }

    private String signed(JWTClaimsSet claims) throws Exception {
        List<Base64> chain = new ArrayList<>();
        for (X509Certificate certificate : clinic.chain()) {
            chain.add(Base64.encode(certificate.getEncoded()));
        }
        SignedJWT jwt = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.RS256).x509CertChain(chain).build(), claims);
        jwt.sign(new RSASSASigner(clinic.key()));
        return jwt.serialize();
    }

    private HttpResponse<String> register() throws Exception {
        String statement = signed(claims(APP, url("/oauth2/udap/register")).claim("client_name", "Clinic EHR").claim("contacts", List.of("mailto:ops@clinic.example")).claim("grant_types", List.of("client_credentials"))
            .claim("token_endpoint_auth_method", "private_key_jwt").claim("scope", "system/Patient.rs system/Observation.rs system/Group.rs").build());
        return post("/oauth2/udap/register", "application/json", JSON.writeValueAsString(Map.of("udap", "1", "software_statement", statement)));
    }

    /** A token request with the extension {@code hl7-b2b}. */
    private HttpResponse<String> ask(String app, String subject, String purpose) throws Exception {
        Map<String, Object> context = new HashMap<>(Map.of("version", "1", "organization_id", "https://clinic.example", "organization_name", "Clinic", "purpose_of_use", List.of(purpose)));
        if (subject != null) {
            context.put("subject_id", subject);
        }
        Map<String, String> form = Map.of("grant_type", "client_credentials", "udap", "1", "scope", "system/Patient.rs system/Observation.rs system/Group.rs", "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", signed(claims(app, url("/oauth2/token")).claim("extensions", Map.of("hl7-b2b", context)).build()));
        return post("/oauth2/token", "application/x-www-form-urlencoded",
            form.entrySet().stream().map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8)).collect(Collectors.joining("&")));
    }

    private String granted(String app, String subject, String purpose) throws Exception {
        HttpResponse<String> answer = ask(app, subject, purpose);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode token = JSON.readTree(answer.body());
        return token.path("access_token").asText();
    }

    private String refusal(String app, String subject, String purpose) throws Exception {
        HttpResponse<String> answer = ask(app, subject, purpose);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        return answer.body();
    }
}
