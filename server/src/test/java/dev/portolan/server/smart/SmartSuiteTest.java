package dev.portolan.server.smart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.SignedJWT;
import dev.portolan.sandbox.SandboxAccess;
import dev.portolan.server.PortolanServer;
import dev.portolan.server.SharedPackages;
import dev.portolan.server.smart.SuiteApp.Launched;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the Inferno suites for SMART App Launch STU 2 and 2.2, and those for US Core and Bulk Data where they use it, ask of a server, step by step and with their own scopes, as apps that register themselves. */
class SmartSuiteTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String STANDALONE = "launch/patient openid fhirUser offline_access patient/*.rs";
    private static final String EHR = "launch openid fhirUser offline_access user/*.rs";
    private static final String CONDITIONS = "patient/Condition.rs?category=";
    private static final String OBSERVATIONS = "patient/Observation.rs?category=";
    private static final String CORE = "http://hl7.org/fhir/us/core/CodeSystem/";
    private static final String THO = "http://terminology.hl7.org/CodeSystem/";
    private static final List<String> CONDITION_CATEGORIES = List.of(THO + "condition-category|encounter-diagnosis", CORE + "condition-category|health-concern", THO + "condition-category|problem-list-item");
    private static final List<String> OBSERVATION_CATEGORIES = List.of(THO + "observation-category|laboratory", THO + "observation-category|social-history", THO + "observation-category|vital-signs",
            THO + "observation-category|survey", CORE + "us-core-category|sdoh");

    private static PortolanServer server;
    private static String base;
    private static JsonNode discovery;
    private static SandboxAccess.SignIn member;
    private static SandboxAccess.SignIn staff;
    private static JWK rsa;
    private static JWK ec;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(folder).toString(), "portolan.package-registry", "off"));
        SandboxAccess access = server.sandbox().orElseThrow();
        String operator = access.operatorToken(server.operatorApp());
        put(operator, "Patient/rosa", "\"name\":[{\"family\":\"Vega\"}]");
        put(operator, "Practitioner/care-manager", "\"name\":[{\"family\":\"Lin\"}]");
        for (int i = 0; i < CONDITION_CATEGORIES.size(); i++) {
            put(operator, "Condition/c" + i, "\"subject\":{\"reference\":\"Patient/rosa\"},\"category\":[{\"coding\":[" + coding(CONDITION_CATEGORIES.get(i)) + "]}]");
        }
        for (int i = 0; i < OBSERVATION_CATEGORIES.size(); i++) {
            put(operator, "Observation/o" + i, "\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/rosa\"},\"category\":[{\"coding\":[" + coding(OBSERVATION_CATEGORIES.get(i)) + "]}]");
        }
        member = access.member("Rosa Vega", "rosa");
        staff = access.staff("Practitioner/care-manager");
        base = server.bases().get("patient-access").toString();
        discovery = SuiteApp.json(SuiteApp.get(base + "/.well-known/smart-configuration", "Accept", "application/json", "Origin", SuiteApp.ORIGIN));
        rsa = new RSAKeyGenerator(2048).keyID("suite-rs384").algorithm(JWSAlgorithm.RS384).generate();
        ec = new ECKeyGenerator(Curve.P_384).keyID("suite-es384").algorithm(JWSAlgorithm.ES384).generate();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String coding(String token) {
        return "{\"system\":\"" + token.substring(0, token.indexOf('|')) + "\",\"code\":\"" + token.substring(token.indexOf('|') + 1) + "\"}";
    }

    private static void put(String operator, String reference, String rest) throws Exception {
        String[] parts = reference.split("/");
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.bases().get("system") + "/" + reference)).header("Authorization", "Bearer " + operator).header("Content-Type", "application/fhir+json")
                .PUT(HttpRequest.BodyPublishers.ofString("{\"resourceType\":\"" + parts[0] + "\",\"id\":\"" + parts[1] + "\"," + rest + "}")).build();
        assertThat(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(201);
    }

    /** Registers an app as RFC 7591 has it. */
    private static SuiteApp register(String method, JWK key, String grant) throws Exception {
        Map<String, Object> asked = new java.util.HashMap<>(Map.of("client_name", "Suite", "token_endpoint_auth_method", method, "grant_types", List.of(grant)));
        if (grant.equals("authorization_code")) {
            asked.put("redirect_uris", List.of(SuiteApp.REDIRECT));
            asked.put("launch_uri", "http://localhost:4567/custom/smart_stu2_2/launch");
        }
        if (key != null) {
            // As a suite publishes them: private parts stay home, the other algorithm's key beside.
            asked.put("jwks", new JWKSet(List.of(rsa, ec)).toPublicJWKSet().toJSONObject());
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(discovery.path("registration_endpoint").asText())).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(asked))).build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        JsonNode registered = SuiteApp.json(answer);
        return new SuiteApp(discovery, base, registered.path("client_id").asText(), registered.path("client_secret").asText(null), key);
    }

    private static SuiteApp app() throws Exception {
        return register("none", null, "authorization_code");
    }

    private static Visitor member() throws Exception {
        return new Visitor(server.url().toString(), member.user(), member.password());
    }

    /** The groups "SMART on FHIR Discovery" and US Core's "Additional Required capabilities". */
    @Test
    void smt01_smt02_smt03_smt04_discovery_has_what_the_suites_look_for() throws Exception {
        HttpResponse<String> answer = SuiteApp.get(base + "/.well-known/smart-configuration", "Accept", "application/json", "Origin", SuiteApp.ORIGIN);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
        assertThat(answer.headers().firstValue("Access-Control-Allow-Origin").orElse("")).isIn("*", SuiteApp.ORIGIN);
        assertThat(SuiteApp.get(base + "/metadata", "Origin", SuiteApp.ORIGIN).headers().firstValue("Access-Control-Allow-Origin").orElse("")).isIn("*", SuiteApp.ORIGIN);
        assertThat(texts(discovery.path("grant_types_supported"))).contains("authorization_code", "client_credentials");
        assertThat(texts(discovery.path("code_challenge_methods_supported"))).contains("S256").doesNotContain("plain");
        assertThat(texts(discovery.path("capabilities"))).contains("launch-ehr", "launch-standalone", "authorize-post", "client-public", "client-confidential-symmetric", "client-confidential-asymmetric",
                "sso-openid-connect", "context-banner", "context-style", "context-ehr-patient", "context-ehr-encounter", "context-standalone-patient", "permission-offline", "permission-patient",
                "permission-user", "permission-v1", "permission-v2");
        for (String url : List.of("issuer", "jwks_uri", "authorization_endpoint", "token_endpoint", "introspection_endpoint", "revocation_endpoint", "management_endpoint", "registration_endpoint")) {
            assertThat(URI.create(discovery.path(url).asText()).isAbsolute()).as(url).isTrue();
        }
        assertThat(texts(discovery.path("scopes_supported"))).anyMatch(scope -> scope.matches("(patient|user|system|\\*)/([a-zA-Z*]+)\\.([cruds]+)(\\?\\w+=[^\\s&]+(&\\w+=[^\\s&]+)*)?"));
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add(each.asText()));
        return texts;
    }

    static Stream<List<Object>> kindsOfApps() {
        return Stream.of(List.of("none", "", false), List.of("none", "", true), List.of("client_secret_basic", "", false), List.of("private_key_jwt", "RS384", false), List.of("private_key_jwt", "ES384", true));
    }

    /** "Standalone Launch", "OpenID Connect", both "Token Refresh" groups; for a public, a symmetric and an asymmetric app, by GET and by POST. */
    @ParameterizedTest
    @MethodSource("kindsOfApps")
    void smt06_smt11_smt13_smt15_smt16_smt27_smt28_a_standalone_launch_with_sign_on_and_refresh(List<Object> kind) throws Exception {
        JWK key = kind.get(1).equals("RS384") ? rsa : kind.get(1).equals("ES384") ? ec : null;
        SuiteApp app = register((String) kind.get(0), key, "authorization_code");
        Launched launched = app.launch(member(), STANDALONE, null, (Boolean) kind.get(2));
        isTokenAnswer(launched.response(), app);
        assertThat(launched.token().path("patient").asText()).isEqualTo("rosa");
        assertThat(launched.token().path("scope").asText().split(" ")).containsExactlyInAnyOrder(STANDALONE.split(" "));
        assertThat(app.read(launched.token().path("access_token").asText(), "Patient/rosa").statusCode()).isEqualTo(200);
        signedOn(app, launched.token(), "Patient/rosa");
        HttpResponse<String> first = app.refresh(launched.token().path("refresh_token").asText());
        isTokenAnswer(first, app);
        JsonNode again = SuiteApp.json(app.refresh(SuiteApp.json(first).path("refresh_token").asText(), "scope", SuiteApp.json(first).path("scope").asText()));
        assertThat(again.path("scope").asText().split(" ")).containsExactlyInAnyOrder(STANDALONE.split(" "));
        assertThat(app.read(again.path("access_token").asText(), "Patient/rosa").statusCode()).isEqualTo(200);
    }

    /** "Token exchange response body" and "headers", and CORS for public apps. */
    private static void isTokenAnswer(HttpResponse<String> answer, SuiteApp app) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Cache-Control").orElse("")).contains("no-store");
        assertThat(answer.headers().firstValue("Pragma").orElse("")).contains("no-cache");
        JsonNode token = SuiteApp.json(answer);
        for (String text : List.of("access_token", "token_type", "scope", "refresh_token")) {
            assertThat(token.path(text).isTextual()).as(text).isTrue();
        }
        assertThat(token.path("expires_in").isNumber()).isTrue();
        assertThat(token.path("token_type").asText()).isEqualToIgnoringCase("bearer");
        if (app.secret() == null && app.key() == null) {
            assertThat(answer.headers().firstValue("Access-Control-Allow-Origin").orElse("")).isIn("*", SuiteApp.ORIGIN);
        }
    }

    /** The OpenID group: discovery below the issuer, the key that signed, the claims, and that fhirUser can be read, by a page of another origin too. */
    private static void signedOn(SuiteApp app, JsonNode token, String fhirUser) throws Exception {
        SignedJWT identity = SignedJWT.parse(token.path("id_token").asText());
        JsonNode openId = SuiteApp.json(SuiteApp.get(identity.getJWTClaimsSet().getIssuer() + "/.well-known/openid-configuration"));
        for (String required : List.of("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported")) {
            assertThat(openId.path(required).isMissingNode()).as(required).isFalse();
        }
        assertThat(texts(openId.path("id_token_signing_alg_values_supported"))).contains("RS256");
        assertThat(identity.getHeader().getAlgorithm()).isEqualTo(JWSAlgorithm.RS256);
        JWK signer = JWKSet.parse(SuiteApp.get(openId.path("jwks_uri").asText()).body()).getKeyByKeyId(identity.getHeader().getKeyID());
        assertThat(identity.verify(new RSASSAVerifier(signer.toRSAKey()))).isTrue();
        assertThat(identity.getJWTClaimsSet().getIssuer()).isEqualTo(openId.path("issuer").asText());
        assertThat(identity.getJWTClaimsSet().getAudience()).containsExactly(app.clientId());
        assertThat(identity.getJWTClaimsSet().getExpirationTime()).isAfter(Instant.now());
        assertThat(identity.getJWTClaimsSet().getIssueTime()).isNotNull();
        assertThat(identity.getJWTClaimsSet().getSubject()).isNotBlank().hasSizeLessThan(256);
        assertThat(identity.getJWTClaimsSet().getStringClaim("fhirUser")).isEqualTo(base + "/" + fhirUser);
        HttpResponse<String> user = app.read(token.path("access_token").asText(), fhirUser);
        assertThat(user.statusCode()).isEqualTo(200);
        assertThat(user.body()).contains("\"resourceType\":\"" + fhirUser.substring(0, fhirUser.indexOf('/')) + "\"");
        assertThat(user.headers().firstValue("Access-Control-Allow-Origin").orElse("")).isIn("*", SuiteApp.ORIGIN);
    }

    /** "EHR Launch", started by staff on the page that plays the EHR. */
    @Test
    void smt30_an_ehr_launch_with_sign_on() throws Exception {
        SuiteApp app = register("client_secret_basic", null, "authorization_code");
        Visitor clinician = new Visitor(server.url().toString(), staff.user(), staff.password());
        String form = clinician.get("/staff/launch").body();
        HttpResponse<String> started = clinician.post("/staff/launch", "_csrf", Visitor.field(form, "_csrf"), "client_id", app.clientId(), "patient", "rosa", "encounter", "visit-1", "base", "/patient-access/fhir");
        Map<String, String> opened = Visitor.query(Visitor.location(started));
        assertThat(Visitor.location(started)).startsWith("http://localhost:4567/custom/smart_stu2_2/launch?");
        assertThat(opened).containsEntry("iss", base).containsKey("launch");
        Launched launched = app.launch(clinician, EHR, opened.get("launch"), false);
        isTokenAnswer(launched.response(), app);
        assertThat(launched.token().path("patient").asText()).isEqualTo("rosa");
        assertThat(launched.token().path("encounter").asText()).isEqualTo("visit-1");
        assertThat(launched.token().path("need_patient_banner").isBoolean()).isTrue();
        assertThat(SuiteApp.get(launched.token().path("smart_style_url").asText()).statusCode()).isEqualTo(200);
        signedOn(app, launched.token(), "Practitioner/care-manager");
        assertThat(app.read(launched.token().path("access_token").asText(), "Patient/rosa").statusCode()).isEqualTo(200);
    }

    /** "Token Introspection": what the token's answer said, introspection says. */
    @Test
    void smt31_introspection_says_what_the_token_response_said() throws Exception {
        SuiteApp app = register("client_secret_basic", null, "authorization_code");
        JsonNode token = app.launch(member(), STANDALONE, null, false).token();
        String introspect = discovery.path("introspection_endpoint").asText();
        JsonNode active = SuiteApp.json(SuiteApp.post(introspect, new String[] {"Authorization", app.basic()}, "token", token.path("access_token").asText()));
        assertThat(active.path("active").isBoolean() && active.path("active").asBoolean()).isTrue();
        assertThat(active.path("client_id").asText()).isEqualTo(app.clientId());
        assertThat(active.path("scope").asText().split(" ")).containsExactlyInAnyOrder(token.path("scope").asText().split(" "));
        assertThat(active.path("exp").asLong()).isGreaterThan(Instant.now().getEpochSecond());
        assertThat(active.path("patient").asText()).isEqualTo("rosa");
        SignedJWT identity = SignedJWT.parse(token.path("id_token").asText());
        assertThat(active.path("iss").asText()).isEqualTo(identity.getJWTClaimsSet().getIssuer());
        assertThat(active.path("sub").asText()).isEqualTo(identity.getJWTClaimsSet().getSubject());
        assertThat(active.path("fhirUser").asText()).isEqualTo(identity.getJWTClaimsSet().getStringClaim("fhirUser"));
        HttpResponse<String> invalid = SuiteApp.post(introspect, new String[] {"Authorization", app.basic()}, "token", "invalid_token_value");
        assertThat(invalid.statusCode()).isEqualTo(200);
        assertThat(SuiteApp.json(invalid)).isEqualTo(JSON.readTree("{\"active\":false}"));
    }

    /** "Backend Services", which the Bulk Data suite uses too: two kinds of keys, and its invalid requests. */
    @Test
    void smt16_smt18_smt19_backend_services() throws Exception {
        for (JWK key : List.of(rsa, ec)) {
            SuiteApp app = register("private_key_jwt", key, "client_credentials");
            HttpResponse<String> answer = app.token("grant_type", "client_credentials", "scope", "system/*.read");
            assertThat(answer.statusCode()).as(answer.body()).isIn(200, 201);
            JsonNode token = SuiteApp.json(answer);
            assertThat(token.path("token_type").asText()).isEqualToIgnoringCase("bearer");
            assertThat(token.path("expires_in").isNumber()).isTrue();
            assertThat(token.path("scope").asText()).isEqualTo("system/*.read");
            assertThat(token.has("refresh_token")).isFalse();
            assertThat(app.token("grant_type", "not_a_grant_type", "scope", "system/*.read").statusCode()).isEqualTo(400);
            String url = discovery.path("token_endpoint").asText();
            String[] none = {"Accept-Language", "en"};
            assertThat(SuiteApp.post(url, none, "grant_type", "client_credentials", "scope", "system/*.read", "client_assertion_type", "not_an_assertion_type", "client_assertion",
                    app.assertion(app.claims().build())).statusCode()).isIn(400, 401);
            for (String invalid : List.of(app.assertion(app.claims().issuer("not_a_iss").build()), app.assertion(app.claims().subject("not_a_sub").build()), "not.a.jwt")) {
                HttpResponse<String> refused = SuiteApp.post(url, none, "grant_type", "client_credentials", "scope", "system/*.read", "client_assertion_type", SuiteApp.ASSERTION_TYPE, "client_assertion", invalid);
                assertThat(refused.statusCode()).isIn(400, 401);
                assertThat(SuiteApp.json(refused).path("error").asText()).isEqualTo("invalid_client");
            }
        }
    }

    /** US Core's two groups of granular scopes: granted to the letter, and each search and read filtered by them. */
    @Test
    void smt22_smt23_us_cores_granular_scopes_are_granted_to_the_letter_and_filter_what_is_found() throws Exception {
        List<List<Integer>> groups = List.of(List.of(0, 1), List.of(2));
        List<List<Integer>> observations = List.of(List.of(0, 1), List.of(2, 3, 4));
        for (int group = 0; group < 2; group++) {
            List<String> scopes = new ArrayList<>(List.of("launch/patient", "openid", "fhirUser", "offline_access"));
            groups.get(group).forEach(i -> scopes.add(CONDITIONS + CONDITION_CATEGORIES.get(i)));
            observations.get(group).forEach(i -> scopes.add(OBSERVATIONS + OBSERVATION_CATEGORIES.get(i)));
            SuiteApp app = app();
            JsonNode token = app.launch(member(), String.join(" ", scopes), null, false).token();
            assertThat(token.path("scope").asText().split(" ")).containsExactlyInAnyOrder(scopes.toArray(String[]::new));
            String access = token.path("access_token").asText();
            filters(app, access, "Condition", "c", CONDITION_CATEGORIES, groups.get(group));
            filters(app, access, "Observation", "o", OBSERVATION_CATEGORIES, observations.get(group));
            assertThat(app.read(access, "Encounter?patient=rosa").statusCode()).isEqualTo(403);
            onlyWhoSignedIn(app, access);
        }
    }

    /** SMT-27: these groups ask for no scope on Patient, and read the resource that the id token names. */
    private static void onlyWhoSignedIn(SuiteApp app, String token) throws Exception {
        assertThat(app.read(token, "Patient/rosa").statusCode()).isEqualTo(200);
        assertThat(app.read(token, "Patient?_id=rosa").statusCode()).isEqualTo(403);
        assertThat(app.read(token, "Patient/leo").statusCode()).isIn(403, 404);
        assertThat(app.read(token, "RelatedPerson?patient=rosa").statusCode()).isEqualTo(403);
    }

    private static void filters(SuiteApp app, String token, String type, String prefix, List<String> categories, List<Integer> granted) throws Exception {
        List<String> found = new ArrayList<>();
        SuiteApp.json(app.read(token, type + "?patient=rosa")).path("entry").forEach(entry -> found.add(entry.at("/resource/id").asText()));
        assertThat(found).containsExactlyInAnyOrderElementsOf(granted.stream().map(i -> prefix + i).toList());
        for (int i = 0; i < categories.size(); i++) {
            HttpResponse<String> searched = app.read(token, type + "?patient=rosa&category=" + categories.get(i).replace("|", "%7C"));
            assertThat(searched.statusCode()).isEqualTo(200);
            assertThat(SuiteApp.json(searched).path("entry").size()).as(categories.get(i)).isEqualTo(granted.contains(i) ? 1 : 0);
            assertThat(app.read(token, type + "/" + prefix + i).statusCode()).as(categories.get(i)).isEqualTo(granted.contains(i) ? 200 : 404);
        }
    }

    /** A report in several categories is told only if none of them is held back; one that is in none, or in another's, is told only with all. */
    @Test
    void smt25_reports_go_with_the_results_that_they_tell() throws Exception {
        String operator = server.sandbox().orElseThrow().operatorToken(server.operatorApp());
        String lab = THO + "v2-0074|LAB";
        Map<String, List<String>> reports = Map.of("lab", List.of(lab), "radiology", List.of("http://loinc.org|LP29684-5", THO + "v2-0074|RAD"), "heart", List.of("http://loinc.org|LP29708-2"),
                "both", List.of("http://loinc.org|LP29684-5", lab), "pathology", List.of("http://loinc.org|LP7839-6", "http://loinc.org|LP29684-5"), "hospital", List.of("http://loinc.org|LP29708-2", "http://hospital.example|LAB"), "none", List.of());
        for (Map.Entry<String, List<String>> report : reports.entrySet()) {
            String categories = report.getValue().stream().map(category -> "{\"coding\":[" + coding(category) + "]}").collect(Collectors.joining(","));
            put(operator, "DiagnosticReport/" + report.getKey(), "\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/rosa\"}" + (categories.isEmpty() ? "" : ",\"category\":[" + categories + "]"));
        }
        Map<List<String>, Set<String>> wanted = Map.of(List.of(), reports.keySet(), List.of("LABORATORY"), Set.of("radiology", "heart"), List.of("CLINICAL_TESTS"), Set.of("lab"), List.of("LABORATORY", "CLINICAL_TESTS"), Set.of(),
                List.of("VITAL_SIGNS"), reports.keySet());
        for (Map.Entry<List<String>, Set<String>> choice : wanted.entrySet()) {
            for (String scope : List.of("launch/patient patient/*.rs", "launch/patient patient/Observation.read patient/DiagnosticReport.read")) {
                SuiteApp app = app();
                String token = app.launch(member().keepingBack(choice.getKey().toArray(String[]::new)), scope, null, false).token().path("access_token").asText();
                Set<String> found = new TreeSet<>();
                SuiteApp.json(app.read(token, "DiagnosticReport?patient=rosa")).path("entry").forEach(entry -> found.add(entry.at("/resource/id").asText()));
                assertThat(found).as(choice.getKey() + " held back of " + scope).isEqualTo(choice.getValue());
                for (String id : reports.keySet()) {
                    assertThat(app.read(token, "DiagnosticReport/" + id).statusCode()).as(id + ", " + choice.getKey() + " held back of " + scope).matches(status -> choice.getValue().contains(id) ? status == 200 : status == 404 || status == 403);
                    assertThat(app.read(token, "DiagnosticReport/" + id + "/_history/1").statusCode()).as(id + "'s version, " + choice.getKey()).matches(status -> choice.getValue().contains(id) ? status == 200 : status == 404 || status == 403);
                }
            }
        }
    }

    /** SMART 1: US Core's resource scopes in the old grammar, one member, and everything of hers. */
    @Test
    void smt21_scopes_of_version_1_launch_and_are_echoed() throws Exception {
        String scope = "launch/patient openid fhirUser offline_access patient/Patient.read patient/Condition.read patient/Observation.read patient/Practitioner.read";
        SuiteApp app = app();
        JsonNode token = app.launch(member(), scope, null, false).token();
        assertThat(token.path("scope").asText().split(" ")).containsExactlyInAnyOrder(scope.split(" "));
        assertThat(SuiteApp.json(app.read(token.path("access_token").asText(), "Observation?patient=rosa")).path("entry").size()).isEqualTo(OBSERVATION_CATEGORIES.size());
        assertThat(app.read(token.path("access_token").asText(), "Coverage?patient=rosa").statusCode()).isEqualTo(403);
    }
}
