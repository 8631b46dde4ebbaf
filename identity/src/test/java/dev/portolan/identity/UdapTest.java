package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.util.Base64;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.portolan.identity.TestAuthority.Identity;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.udap.NamedSubjects;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Apps that a community vouches for, and everything that one whom nobody vouches for may try (HL7 UDAP Security 2.0). */
class UdapTest {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String COMMUNITY = "https://community.example/trust";
    private static final String SECOND = "https://second.example/trust";
    private static final String APP = "https://clinic.example/night-batch";
    private static TestAuthority authority;
    private static TestAuthority second;
    private static TestAuthority stranger;
    private static IdentityServer server;
    private static Identity clinic;
    private static Identity revoked;
    /** Of all apps that a test may have for itself. */
    private static Identity apps;
    private static Identity forged;

    /** A room that knows one whom no app here acts for. */
    @Configuration(proxyBeanMethods = false)
    static class Subjects {

        @Bean
        NamedSubjects named() {
            return (clientId, context) -> "1679576722".equals(context.more().get("subject")) ? Optional.of("hl7-b2b.subject_id is not whom " + clientId + " acts for") : Optional.empty();
        }
    }

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        authority = new TestAuthority(folder, "authority");
        second = new TestAuthority(folder, "second");
        stranger = new TestAuthority(folder, "stranger");
        clinic = authority.issue("clinic", APP);
        revoked = authority.issue("revoked", "https://gone.example/app");
        apps = authority.issue("apps", Stream.of("life", "bad", "two", "stopped", "ended", "page", "asks", "proves", "context").map(name -> "https://" + name + ".example/app").toList());
        forged = stranger.issue("forged", List.of(APP, "https://proves.example/app"));
        int port = IdentityServer.freePort();
        Identity own = authority.issue("server", "http://localhost:" + port + IdentityServer.BASE);
        String first = "--portolan.identity.udap.communities[0].";
        String other = "--portolan.identity.udap.communities[1].";
        server = IdentityServer.startAt(port, IdentityServer.newDatabase(), Subjects.class, first + "uri=" + COMMUNITY, first + "anchors=" + authority.anchor(), first + "certificate=" + authority.pem("server.pem", own.chain()),
                first + "private-key=" + authority.key("server.key", own.key()), first + "crls=" + authority.revocations(revoked.chain().get(0)),
                first + "purposes=urn:oid:2.16.840.1.113883.5.8#TREAT,urn:oid:2.16.840.1.113883.5.8#HOPERAT", other + "uri=" + SECOND, other + "anchors=" + second.anchor());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static JWTClaimsSet.Builder claims(String uri, String audience) {
        Instant now = Instant.now();
        return new JWTClaimsSet.Builder().issuer(uri).subject(uri).audience(audience).jwtID(UUID.randomUUID().toString()).issueTime(Date.from(now)).expirationTime(Date.from(now.plusSeconds(240)));
    }

    private static JWTClaimsSet.Builder statement(String uri) {
        return claims(uri, server.url + "/oauth2/udap/register").claim("client_name", "Night Batch").claim("contacts", List.of("mailto:ops@clinic.example")).claim("grant_types", List.of("client_credentials"))
                .claim("token_endpoint_auth_method", "private_key_jwt").claim("scope", "system/Patient.rs system/Observation.rs");
    }

    private static String sign(Identity identity, List<X509Certificate> chain, JWTClaimsSet claims) {
        try {
            List<Base64> x5c = new java.util.ArrayList<>();
            for (X509Certificate certificate : chain) {
                x5c.add(Base64.encode(certificate.getEncoded()));
            }
            SignedJWT jwt = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.RS256).x509CertChain(x5c.isEmpty() ? null : x5c).build(), claims);
            jwt.sign(new RSASSASigner(identity.key()));
            return jwt.serialize();
        } catch (JOSEException | java.security.cert.CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String sign(Identity identity, JWTClaimsSet claims) {
        return sign(identity, identity.chain(), claims);
    }

    private record Answer(int status, JsonNode json) {
        String text(String name) {
            return json.path(name).asString("");
        }
    }

    private static Answer register(String statement) throws Exception {
        return register(Map.of("udap", "1", "software_statement", statement, "certifications", List.of("not.looked.at")));
    }

    private static Answer register(Map<String, Object> body) throws Exception {
        HttpResponse<String> answer = HTTP.send(HttpRequest.newBuilder(URI.create(server.url + "/oauth2/udap/register")).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body))).build(), HttpResponse.BodyHandlers.ofString());
        return new Answer(answer.statusCode(), JSON.readTree(answer.body()));
    }

    private static Map<String, Object> b2b(String organization, String... purposes) {
        return Map.of("hl7-b2b", Map.of("version", "1", "organization_id", organization, "organization_name", "Night Clinic", "purpose_of_use", List.of(purposes)));
    }

    private static final String TREAT = "urn:oid:2.16.840.1.113883.5.8#TREAT";

    private static JWTClaimsSet.Builder assertion(String clientId) {
        return claims(clientId, server.url + "/oauth2/token").claim("extensions", b2b("https://clinic.example", TREAT));
    }

    private static SmartApp.Answer token(String clientId, String assertion, String... more) {
        return new SmartApp(server, clientId).withProof("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", assertion)
                .token(more.length > 0 ? more : new String[] {"grant_type", "client_credentials", "scope", "system/Patient.rs", "udap", "1"});
    }

    private static HttpResponse<String> discovery(String base, String query) throws Exception {
        return HTTP.send(HttpRequest.newBuilder(URI.create(server.url + base + "/.well-known/udap" + query)).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void reg09_attack_a_suspended_app_stays_suspended_though_it_ends_its_registration() throws Exception {
        AppLifecycle lifecycle = server.bean(AppLifecycle.class);
        String uri = "https://stopped.example/app";
        String clientId = register(sign(apps, statement(uri).build())).text("client_id");
        lifecycle.suspend(clientId, "staff", AppLifecycle.Criterion.CREDENTIAL_LEAK, "its key is on the web");
        Answer ended = register(sign(apps, statement(uri).claim("grant_types", List.of()).build()));
        assertThat(ended.status()).isEqualTo(400);
        assertThat(ended.text("error")).isEqualTo("unapproved_software_statement");
        Answer again = register(sign(apps, statement(uri).build()));
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.text("client_id")).isEqualTo(clientId);
        assertThat(token(clientId, sign(apps, assertion(clientId).build())).status()).isEqualTo(401);
    }

    @Test
    void reg09_an_app_that_staff_ended_while_it_was_suspended_comes_back_suspended() throws Exception {
        AppLifecycle lifecycle = server.bean(AppLifecycle.class);
        String uri = "https://ended.example/app";
        String clientId = register(sign(apps, statement(uri).build())).text("client_id");
        lifecycle.suspend(clientId, "staff", AppLifecycle.Criterion.MALWARE, "found some");
        lifecycle.retire(clientId, "staff", "gone");
        Answer again = register(sign(apps, statement(uri).build()));
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.text("state")).isEqualTo("suspended");
        String next = again.text("client_id");
        assertThat(token(next, sign(apps, assertion(next).build())).status()).isEqualTo(401);
        lifecycle.resume(next, "staff", "it is clean");
        assertThat(token(next, sign(apps, assertion(next).build())).status()).isEqualTo(200);
    }

    @Test
    void reg08_the_metadata_is_signed_with_a_certificate_that_names_the_base() throws Exception {
        HttpResponse<String> answer = discovery(IdentityServer.BASE, "");
        assertThat(answer.statusCode()).isEqualTo(200);
        JsonNode metadata = JSON.readTree(answer.body());
        assertThat(metadata.path("udap_versions_supported").toString()).isEqualTo("[\"1\"]");
        assertThat(metadata.path("udap_profiles_supported").toString()).contains("udap_dcr", "udap_authn", "udap_authz").doesNotContain("udap_to");
        SignedJWT signed = SignedJWT.parse(metadata.path("signed_metadata").asString());
        X509Certificate certificate = com.nimbusds.jose.util.X509CertUtils.parse(signed.getHeader().getX509CertChain().get(0).decode());
        assertThat(signed.verify(new RSASSAVerifier((RSAPublicKey) certificate.getPublicKey()))).isTrue();
        assertThat(signed.getHeader().getAlgorithm()).isEqualTo(JWSAlgorithm.RS256);
        JWTClaimsSet claims = signed.getJWTClaimsSet();
        assertThat(claims.getIssuer()).isEqualTo(server.base()).isEqualTo(claims.getSubject());
        assertThat(certificate.getSubjectAlternativeNames()).anySatisfy(name -> assertThat(String.valueOf(name.get(1))).isEqualTo(server.base()));
        assertThat(claims.getExpirationTime()).isBefore(Date.from(Instant.now().plusSeconds(366L * 86_400)));
        assertThat(claims.getJWTID()).isNotBlank();
        for (String endpoint : new String[] {"authorization_endpoint", "token_endpoint", "registration_endpoint"}) {
            assertThat(claims.getStringClaim(endpoint)).isEqualTo(metadata.path(endpoint).asString()).startsWith(server.url);
        }
        assertThat(answer.headers().firstValue("Access-Control-Allow-Origin")).hasValue("*");
    }

    @Test
    void reg08_a_community_is_chosen_by_its_uri_and_one_without_a_certificate_gives_nothing() throws Exception {
        assertThat(discovery(IdentityServer.BASE, "?community=" + COMMUNITY).statusCode()).isEqualTo(200);
        assertThat(discovery(IdentityServer.BASE, "?community=" + SECOND).statusCode()).as("no certificate of its own there").isEqualTo(204);
        assertThat(discovery(IdentityServer.BASE, "?community=https://nobody.example").statusCode()).isEqualTo(204);
        assertThat(discovery("/provider-access/fhir", "").statusCode()).as("a base that the certificate does not name").isEqualTo(204);
    }

    @Test
    void reg09_an_app_registers_changes_and_ends_its_registration() throws Exception {
        String statement = sign(apps, statement("https://life.example/app").build());
        Answer made = register(statement);
        assertThat(made.status()).as(made.json().toString()).isEqualTo(201);
        assertThat(made.text("software_statement")).isEqualTo(statement);
        assertThat(made.text("client_name")).isEqualTo("Night Batch");
        assertThat(made.text("scope")).isEqualTo("system/Patient.rs system/Observation.rs");
        assertThat(made.json().path("grant_types").toString()).isEqualTo("[\"client_credentials\"]");
        assertThat(made.json().path("contacts").toString()).isEqualTo("[\"mailto:ops@clinic.example\"]");
        assertThat(made.json().has("client_secret")).isFalse();
        String clientId = made.text("client_id");
        App app = server.bean(Apps.class).find(clientId).orElseThrow();
        assertThat(app.kind()).isEqualTo(App.Kind.BACKEND);
        assertThat(app.metadata().organization() + " " + app.metadata().contacts()).isEqualTo("Night Clinic [ops@clinic.example]");
        assertThat(token(clientId, sign(apps, assertion(clientId).build())).status()).isEqualTo(200);
        Answer changed = register(sign(apps, statement("https://life.example/app").claim("client_id", "another").claim("client_name", "Day Batch").claim("scope", "system/Patient.rs").build()));
        assertThat(changed.status()).isEqualTo(200);
        assertThat(changed.text("client_id")).isEqualTo(clientId);
        assertThat(server.bean(Apps.class).find(clientId).orElseThrow().name()).isEqualTo("Day Batch");
        Answer ended = register(sign(apps, statement("https://life.example/app").claim("grant_types", List.of()).build()));
        assertThat(ended.status()).isEqualTo(200);
        assertThat(ended.json().path("grant_types").toString()).isEqualTo("[]");
        assertThat(token(clientId, sign(apps, assertion(clientId).build())).status()).isEqualTo(401);
        assertThat(register(sign(apps, statement("https://life.example/app").claim("grant_types", List.of()).build())).text("error")).as("there is none any more").isEqualTo("invalid_client_metadata");
        Answer again = register(sign(apps, statement("https://life.example/app").build()));
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.text("client_id")).isNotEqualTo(clientId);
        assertThat(server.events().of(SecurityEvent.Type.APP_CHANGED)).anySatisfy(event -> assertThat(event.actor()).isEqualTo("https://life.example/app"));
    }

    @Test
    void reg09_attack_a_suspended_app_does_not_come_back_by_registering_again() throws Exception {
        String clientId = register(sign(apps, statement("https://bad.example/app").build())).text("client_id");
        server.bean(AppLifecycle.class).suspend(clientId, "staff", AppLifecycle.Criterion.CREDENTIAL_LEAK, "test");
        Answer again = register(sign(apps, statement("https://bad.example/app").build()));
        assertThat(again.text("client_id")).isEqualTo(clientId);
        assertThat(token(clientId, sign(apps, assertion(clientId).build())).status()).isEqualTo(401);
    }

    @Test
    void reg09_one_community_does_not_change_what_another_registered() throws Exception {
        String uri = "https://two.example/app";
        Identity other = second.issue("two", uri);
        String first = register(sign(apps, statement(uri).build())).text("client_id");
        Answer made = register(sign(other, statement(uri).build()));
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.text("client_id")).isNotEqualTo(first);
        assertThat(token(first, sign(other, assertion(first).build())).status()).as("a certificate of another community").isEqualTo(401);
        assertThat(token(first, sign(apps, assertion(first).build())).status()).isEqualTo(200);
    }

    @Test
    void reg09_attack_a_statement_that_nobody_vouches_for_is_refused() throws Exception {
        refused("unapproved_software_statement", sign(forged, statement(APP).build()));
        refused("unapproved_software_statement", sign(forged, List.of(forged.chain().get(0), clinic.chain().get(1)), statement(APP).build()));
        refused("invalid_software_statement", sign(forged, clinic.chain(), statement(APP).build()));
        refused("unapproved_software_statement", sign(revoked, statement("https://gone.example/app").build()));
        Identity expired = authority.issue("expired", "https://old.example/app", "-startdate", "-10d", "-validity", "5");
        refused("unapproved_software_statement", sign(expired, statement("https://old.example/app").build()));
        Identity below = authority.issue("below", "https://below.example/app", "-ext", "bc:c", "-ext", "ku=keyCertSign");
        refused("invalid_software_statement", sign(below, statement("https://below.example/app").build()));
        refused("invalid_software_statement", sign(clinic, List.of(), statement(APP).build()));
        refused("invalid_software_statement", new PlainJWT(statement(APP).build()).serialize());
        refused("invalid_software_statement", "no.jwt.atall");
    }

    @Test
    void reg09_attack_a_statement_that_is_another_apps_old_or_for_another_server_is_refused() throws Exception {
        refused("invalid_software_statement", sign(clinic, statement("https://victim.example/app").build()));
        refused("invalid_software_statement", sign(clinic, statement(APP).subject("https://victim.example/app").build()));
        refused("invalid_software_statement", sign(clinic, statement(APP).audience("https://other.example/register").build()));
        Instant now = Instant.now();
        refused("invalid_software_statement", sign(clinic, statement(APP).issueTime(Date.from(now.minusSeconds(600))).expirationTime(Date.from(now.minusSeconds(360))).build()));
        refused("invalid_software_statement", sign(clinic, statement(APP).expirationTime(Date.from(now.plusSeconds(900))).build()));
        refused("invalid_software_statement", sign(clinic, statement(APP).issueTime(null).build()));
        refused("invalid_software_statement", sign(clinic, statement(APP).jwtID(null).build()));
        String once = sign(clinic, statement(APP).build());
        assertThat(register(once).status()).isIn(200, 201);
        refused("invalid_software_statement", once);
    }

    private static void refused(String error, String statement) throws Exception {
        Answer answer = register(statement);
        assertThat(answer.status()).as(answer.json().toString()).isEqualTo(400);
        assertThat(answer.text("error")).as(answer.json().toString()).isEqualTo(error);
    }

    @Test
    void reg09_metadata_that_the_guide_does_not_allow_is_refused_with_what_to_change() throws Exception {
        List<UnaryOperator<JWTClaimsSet.Builder>> wrong = List.of(s -> s.claim("grant_types", List.of("client_credentials", "authorization_code")), s -> s.claim("grant_types", null), s -> s.claim("grant_types", "client_credentials"),
                s -> s.claim("token_endpoint_auth_method", "client_secret_basic"), s -> s.claim("contacts", List.of("https://clinic.example")), s -> s.claim("contacts", null), s -> s.claim("contacts", java.util.Collections.singletonList(null)), s -> s.claim("scope", null),
                s -> s.claim("client_name", null), s -> s.claim("response_types", List.of("code")),
                s -> s.claim("grant_types", List.of("authorization_code")).claim("redirect_uris", List.of("https://clinic.example/done")).claim("response_types", List.of("code")));
        for (int i = 0; i < wrong.size(); i++) {
            Answer answer = register(sign(clinic, wrong.get(i).apply(statement(APP)).build()));
            assertThat(answer.status()).as(i + " " + answer.json()).isEqualTo(400);
            assertThat(answer.text("error")).as(i + " " + answer.json()).isEqualTo("invalid_client_metadata");
        }
        assertThat(register(sign(clinic, statement(APP).claim("redirect_uris", List.of("https://clinic.example/done")).build())).text("error")).isEqualTo("invalid_redirect_uri");
        assertThat(register(Map.of("software_statement", sign(clinic, statement(APP).build()))).text("error")).as("without udap").isEqualTo("invalid_client_metadata");
        Answer page = register(sign(apps, statement("https://page.example/app").claim("grant_types", List.of("authorization_code", "refresh_token"))
                .claim("redirect_uris", List.of("https://page.example/done")).claim("response_types", List.of("code")).claim("logo_uri", "https://page.example/logo.png").claim("scope", "user/Patient.rs").build()));
        assertThat(page.status()).as(page.json().toString()).isEqualTo(201);
    }

    @Test
    void reg10_a_token_is_for_who_has_the_certificate_and_says_for_which_organization_and_why() throws Exception {
        String clientId = register(sign(apps, statement("https://asks.example/app").build())).text("client_id");
        SmartApp.Answer token = token(clientId, sign(apps, assertion(clientId).build()));
        assertThat(token.status()).as(token.json().toString()).isEqualTo(200);
        assertThat(token.json()).containsEntry("scope", "system/Patient.rs").containsEntry("token_type", "Bearer").doesNotContainKey("refresh_token");
        assertThat((Integer) token.json().get("expires_in")).isLessThanOrEqualTo(3_600);
        assertThat(server.events().of(SecurityEvent.Type.TOKEN_ISSUED)).filteredOn(event -> clientId.equals(event.clientId())).singleElement()
                .satisfies(event -> assertThat(event.details()).containsEntry("organization", "https://clinic.example").containsEntry("purpose_of_use", TREAT));
        Identity renewed = authority.issue("asks-renewed", "https://asks.example/app");
        assertThat(token(clientId, sign(renewed, assertion(clientId).build())).status()).as("a certificate in place of the one before, for the same app").isEqualTo(200);
    }

    @Test
    void reg10_attack_an_assertion_without_a_certificate_that_holds_is_refused() throws Exception {
        String clientId = register(sign(apps, statement("https://proves.example/app").build())).text("client_id");
        Map<String, String> wrong = new java.util.LinkedHashMap<>();
        wrong.put("the registered key without its certificate", sign(apps, List.of(), assertion(clientId).build()));
        wrong.put("another app's certificate", sign(clinic, assertion(clientId).build()));
        wrong.put("a stranger's for the same URI", sign(forged, assertion(clientId).build()));
        wrong.put("one that was revoked", sign(revoked, assertion(clientId).build()));
        wrong.put("for another endpoint", sign(apps, assertion(clientId).audience(server.url + "/oauth2/udap/register").build()));
        wrong.put("without iat", sign(apps, assertion(clientId).issueTime(null).build()));
        wrong.put("too long", sign(apps, assertion(clientId).expirationTime(Date.from(Instant.now().plusSeconds(900))).build()));
        wrong.forEach((what, assertion) -> {
            SmartApp.Answer answer = token(clientId, assertion);
            assertThat(answer.status()).as(what + " " + answer.json()).isEqualTo(401);
            assertThat(answer.json()).as(what).containsEntry("error", "invalid_client");
        });
        String once = sign(apps, assertion(clientId).build());
        assertThat(token(clientId, once).status()).isEqualTo(200);
        assertThat(token(clientId, once).status()).as("replayed").isEqualTo(401);
    }

    @Test
    void reg10_a_certificate_that_is_revoked_ends_its_app_at_the_next_token() throws Exception {
        Identity identity = authority.issue("ends", "https://ends.example/app");
        String clientId = register(sign(identity, statement("https://ends.example/app").build())).text("client_id");
        assertThat(token(clientId, sign(identity, assertion(clientId).build())).status()).isEqualTo(200);
        authority.revocations(revoked.chain().get(0), identity.chain().get(0));
        assertThat(token(clientId, sign(identity, assertion(clientId).build())).status()).isEqualTo(401);
    }

    @Test
    void reg10_prv15_the_b2b_extension_is_required_and_checked_and_its_subject_by_who_knows_whom_the_app_acts_for() throws Exception {
        String clientId = register(sign(apps, statement("https://context.example/app").build())).text("client_id");
        Map<String, Object> good = Map.of("version", "1", "organization_id", "https://clinic.example", "purpose_of_use", List.of(TREAT));
        List<Object> wrong = new java.util.ArrayList<>();
        wrong.add(null);
        wrong.add(Map.of());
        wrong.add(Map.of("hl7-b2b", "text"));
        wrong.add(Map.of("hl7-b2b", with(good, "version", "2")));
        wrong.add(Map.of("hl7-b2b", with(good, "organization_id", "no URI")));
        wrong.add(Map.of("hl7-b2b", with(good, "purpose_of_use", List.of())));
        wrong.add(Map.of("hl7-b2b", with(good, "purpose_of_use", TREAT)));
        wrong.add(Map.of("hl7-b2b", with(good, "purpose_of_use", List.of("urn:oid:2.16.840.1.113883.5.8#HMARKT"))));
        wrong.add(Map.of("hl7-b2b", with(good, "consent_reference", List.of("https://clinic.example/Consent/1"))));
        wrong.add(Map.of("hl7-b2b", with(good, "subject_id", "1679576722")));
        assertThat(token(clientId, sign(apps, assertion(clientId).claim("extensions", Map.of("hl7-b2b", with(good, "subject_id", "1234567893"))).build())).status()).as("a room has nothing against it").isEqualTo(200);
        for (Object each : wrong) {
            SmartApp.Answer answer = token(clientId, sign(apps, assertion(clientId).claim("extensions", each).build()));
            assertThat(answer.status()).as(each + " " + answer.json()).isEqualTo(400);
            assertThat(answer.json()).as(String.valueOf(each)).containsEntry("error", "invalid_grant");
        }
        SmartApp.Answer unsaid = token(clientId, sign(apps, assertion(clientId).build()), "grant_type", "client_credentials", "scope", "system/Patient.rs");
        assertThat(unsaid.json()).as("without udap=1").containsEntry("error", "invalid_request");
        SmartApp.Answer wider = token(clientId, sign(apps, assertion(clientId).build()), "grant_type", "client_credentials", "scope", "system/*.cruds", "udap", "1");
        assertThat(wider.text("scope").split(" ")).as("no more than was registered").containsExactlyInAnyOrder("system/Patient.rs", "system/Observation.rs");
    }

    private static Map<String, Object> with(Map<String, Object> good, String name, Object value) {
        Map<String, Object> changed = new java.util.HashMap<>(good);
        changed.put(name, value);
        return changed;
    }
}
