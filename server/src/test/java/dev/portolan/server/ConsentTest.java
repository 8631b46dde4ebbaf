package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.Accounts.NewAccount;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.SandboxTokens;
import dev.portolan.members.consent.ConsentEngine;
import dev.portolan.members.consent.Exit;
import dev.portolan.members.consent.Exit.Api;
import dev.portolan.members.consent.Permission;
import dev.portolan.members.consent.Preference;
import dev.portolan.members.consent.Preferences;
import dev.portolan.store.Purpose;

/** Members decide who gets their data, over HTTP and at the engine that every exit asks. */
class ConsentTest {

    private static final String PASSWORD = "correct horse battery";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static PortolanServer server;
    private static String operator;
    private static Account parent;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(data).toString(), "portolan.package-registry", "off"));
        operator = server.sandbox().orElseThrow().operatorToken(server.operatorApp());
        server.sandbox().orElseThrow().sampleApps();
        Accounts accounts = server.part(Accounts.class);
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        for (String member : new String[] {"rosa", "ben", "mia", "tim", "ada", "zoe", "uma", "vic", "wes", "sam"}) {
            int age = switch (member) {
                case "mia" -> 14;
                case "tim", "sam" -> 5;
                case "ada" -> 18;
                default -> 40;
            };
            put("Patient/" + member, "\"birthDate\":\"" + today.minusYears(age).minusDays(3) + "\"");
            put("Observation/plain-" + member, "\"status\":\"final\",\"code\":{\"text\":\"weight\"},\"subject\":{\"reference\":\"Patient/" + member + "\"}");
            put("Condition/opioids-" + member, "\"subject\":{\"reference\":\"Patient/" + member + "\"},\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"F11.20\"}]}");
        }
        put("Patient/lea", "\"communication\":[{\"language\":{\"coding\":[{\"code\":\"en\"}]}},{\"language\":{\"coding\":[{\"system\":\"urn:ietf:bcp:47\",\"code\":\"es\"}]},\"preferred\":true}]");
        accounts.add(NewAccount.member("rosa", PASSWORD, "Rosa Vega", "rosa"));
        accounts.add(NewAccount.member("ben", PASSWORD, "Ben Vega", "ben"));
        accounts.add(NewAccount.member("zoe", PASSWORD, "Zoe Vega", "zoe"));
        accounts.add(NewAccount.member("uma", PASSWORD, "Uma Vega", "uma"));
        accounts.add(NewAccount.member("vic", PASSWORD, "Vic Vega", "vic"));
        accounts.add(NewAccount.member("wes", PASSWORD, "Wes Vega", "wes"));
        parent = accounts.findByUsername("ben").orElseThrow();
        for (String child : new String[] {"mia", "tim", "ada", "sam"}) {
            accounts.addRepresentation(parent.id(), new Accounts.Represented(child, child, "parent", null), null);
        }
        accounts.add(NewAccount.staff("grace", PASSWORD, "Grace Lin", null, "CALL_CENTRE"));
        accounts.add(NewAccount.staff("otto", PASSWORD, "Otto Berg", null, "ADMIN"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static void put(String reference, String rest) throws Exception {
        String[] parts = reference.split("/");
        String body = "{\"resourceType\":\"" + parts[0] + "\",\"id\":\"" + parts[1] + "\"," + rest + "}";
        HttpResponse<String> answer = send("PUT", "/system/fhir/" + reference, "Bearer " + operator, body, "application/fhir+json");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    }

    private static HttpResponse<String> send(String method, String path, String authorization, String body, String type) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + path)).header("Authorization", authorization)
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        return HTTP.send((body == null ? request : request.header("Content-Type", type)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String basic(String user) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8));
    }

    /** A token of the sample app that an account let in for a member. */
    private static String token(String user, String patient) {
        Account account = server.part(Accounts.class).findByUsername(user).orElseThrow();
        return "Bearer " + server.part(SandboxTokens.class).issue("sample-public", account.id(), patient, "Patient/" + account.patient(), SmartScopes.parse("patient/*.rs"), "/patient-access/fhir",
                java.time.Duration.ofMinutes(30));
    }

    private static int read(String token, String reference) throws Exception {
        return send("GET", "/patient-access/fhir/" + reference, token, null, "").statusCode();
    }

    private static HttpResponse<String> decide(String user, String path, String body) throws Exception {
        return send("PUT", "/api/consents/" + path, basic(user), body, "application/json");
    }

    private static Permission ask(Api api, String patient, String relation, Instant at, Set<SensitiveCategory> heldBack) {
        return server.part(ConsentEngine.class).decide(new Exit(api, Purpose.TREATMENT, "sample-public", relation, heldBack, at), patient);
    }

    @Test
    void con02_what_is_sensitive_is_labelled_when_it_is_written_and_withheld_by_its_label() throws Exception {
        String opioids = send("GET", "/system/fhir/Condition/opioids-rosa", "Bearer " + operator, null, "").body();
        assertThat(opioids).contains("\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"ETH\"}]");
        assertThat(send("GET", "/system/fhir/Observation/plain-rosa", "Bearer " + operator, null, "").body()).doesNotContain("security");
    }

    @Test
    void con02_what_prescribes_a_withheld_drug_by_reference_is_withheld_too() throws Exception {
        put("Medication/methadone", "\"code\":{\"coding\":[{\"system\":\"http://www.nlm.nih.gov/research/umls/rxnorm\",\"code\":\"6813\"}]}");
        for (String member : new String[] {"mia", "tim"}) {
            put("MedicationRequest/methadone-" + member, "\"status\":\"active\",\"intent\":\"order\",\"subject\":{\"reference\":\"Patient/" + member + "\"},\"medicationReference\":{\"reference\":\"Medication/methadone\",\"display\":\"methadone\"}");
        }
        assertThat(read(token("ben", "tim"), "MedicationRequest/methadone-tim")).as("five years old").isEqualTo(200);
        String mia = token("ben", "mia");
        assertThat(read(mia, "Medication/methadone")).isEqualTo(404);
        assertThat(read(mia, "MedicationRequest/methadone-mia")).isEqualTo(404);
        assertThat(send("GET", "/patient-access/fhir/Patient/mia/$everything", mia, null, "").body()).contains("plain-mia").doesNotContain("methadone");
    }

    @Test
    void con06_con07_a_decision_holds_at_the_next_request_and_what_is_withheld_is_not_told() throws Exception {
        String token = token("rosa", "rosa");
        assertThat(read(token, "Condition/opioids-rosa")).isEqualTo(200);
        assertThat(decide("rosa", "sensitive", "{\"decision\":\"deny\",\"categories\":[\"SUBSTANCE_USE\"]}").statusCode()).isEqualTo(200);
        HttpResponse<String> withheld = send("GET", "/patient-access/fhir/Condition/opioids-rosa", token, null, "");
        HttpResponse<String> forged = send("GET", "/patient-access/fhir/Condition/nobodys", token, null, "");
        assertThat(withheld.statusCode()).isEqualTo(404);
        assertThat(withheld.body()).isEqualTo(forged.body());
        assertThat(send("GET", "/patient-access/fhir/Condition?patient=rosa&_total=accurate", token, null, "").body()).contains("\"total\":0").doesNotContain("opioids");
        assertThat(send("GET", "/patient-access/fhir/Patient/rosa/$everything", token, null, "").body()).contains("plain-rosa").doesNotContain("opioids-rosa");
        assertThat(read(token, "Observation/plain-rosa")).isEqualTo(200);
        var jdbc = org.springframework.jdbc.core.simple.JdbcClient.create(server.part(dev.portolan.audit.GroupCommitTrail.class).settled(server.part(javax.sql.DataSource.class)));
        assertThat(jdbc.sql("select sum(withheld) from audit.entry").query(Long.class).single()).as("counted in the trail").isGreaterThanOrEqualTo(3);
        assertThat(decide("rosa", "sensitive", "{\"decision\":\"permit\"}").statusCode()).isEqualTo(200);
        assertThat(read(token, "Condition/opioids-rosa")).isEqualTo(200);
    }

    @Test
    void con01_each_api_has_its_default_and_each_decision_its_time() throws Exception {
        Instant now = Instant.now();
        assertThat(ask(Api.PATIENT_ACCESS, "tim", null, now, Set.of()).allowed()).isTrue();
        assertThat(ask(Api.PROVIDER_ACCESS, "tim", null, now, Set.of())).extracting(Permission::allowed, Permission::withheld).containsExactly(true, Set.of(SensitiveCategory.SUBSTANCE_USE));
        assertThat(ask(Api.PAYER_TO_PAYER, "tim", null, now, Set.of()).allowed()).as("an opt-in").isFalse();
        assertThat(ask(Api.PLAN, "tim", null, now, Set.of())).isEqualTo(new Permission(true, Set.of(), java.util.List.of()));
        Instant end = now.plusSeconds(3_600);
        assertThat(decide("ben", "payer-to-payer?patient=tim", "{\"decision\":\"permit\",\"until\":\"" + end + "\"}").statusCode()).isEqualTo(200);
        assertThat(ask(Api.PAYER_TO_PAYER, "tim", null, now, Set.of())).extracting(Permission::allowed, Permission::withheld).containsExactly(true, Set.of(SensitiveCategory.values()));
        assertThat(ask(Api.PAYER_TO_PAYER, "tim", null, end, Set.of()).allowed()).as("its end").isFalse();
        assertThat(decide("ben", "provider-access?patient=tim", "{\"decision\":\"deny\"}").statusCode()).isEqualTo(200);
        assertThat(ask(Api.PROVIDER_ACCESS, "tim", null, now, Set.of()).allowed()).as("opted out").isFalse();
        assertThat(ask(Api.PATIENT_ACCESS, "tim", null, now, Set.of(SensitiveCategory.HIV)).withheld()).as("CON-04: bound to the token").containsExactly(SensitiveCategory.HIV);
    }

    @Test
    void con05_a_parent_sees_a_minors_record_without_what_minors_decide_themselves_and_nothing_of_an_adult() throws Exception {
        assertThat(read(token("ben", "tim"), "Condition/opioids-tim")).as("five years old").isEqualTo(200);
        String mia = token("ben", "mia");
        assertThat(read(mia, "Observation/plain-mia")).as("fourteen").isEqualTo(200);
        assertThat(read(mia, "Condition/opioids-mia")).isEqualTo(404);
        assertThat(read(token("ben", "ada"), "Patient/ada")).as("of age").isEqualTo(403);
        assertThat(read(token("ben", "ben"), "Condition/opioids-ben")).as("one's own").isEqualTo(200);
    }

    @Test
    void con05_a_representation_ends_at_its_time_for_the_apps_that_were_let_in_under_it() throws Exception {
        Accounts accounts = server.part(Accounts.class);
        Account rosa = accounts.findByUsername("rosa").orElseThrow();
        accounts.addRepresentation(rosa.id(), new Accounts.Represented("ben", "Ben Vega", "caregiver", null), Instant.now().plusSeconds(3_600));
        String token = token("rosa", "ben");
        assertThat(read(token, "Patient/ben")).isEqualTo(200);
        accounts.addRepresentation(rosa.id(), new Accounts.Represented("ben", "Ben Vega", "caregiver", null), Instant.now().minusSeconds(1));
        assertThat(read(token, "Patient/ben")).as("the end was brought forward").isEqualTo(401);
        accounts.addRepresentation(rosa.id(), new Accounts.Represented("ben", "Ben Vega", "caregiver", null), null);
        assertThat(read(token, "Patient/ben")).isEqualTo(200);
        accounts.endRepresentation(rosa.id(), "ben", "test");
        assertThat(read(token, "Patient/ben")).as("ended").isEqualTo(401);
    }

    @Test
    void con03_decisions_are_kept_with_who_and_how_and_as_fhir_consents() throws Exception {
        assertThat(decide("rosa", "provider-access", "{\"decision\":\"deny\"}").statusCode()).isEqualTo(200);
        HttpResponse<String> again = decide("grace", "provider-access?patient=rosa", "{\"decision\":\"permit\",\"method\":\"call-centre\",\"language\":\"es\"}");
        assertThat(again.body()).contains("\"version\":2").contains("\"relation\":\"staff\"").contains("\"language\":\"es\"");
        String history = send("GET", "/api/consents/history", basic("rosa"), null, "").body();
        assertThat(history).contains("\"decision\":\"deny\"").contains("\"decision\":\"permit\"").contains("call-centre");
        String consents = send("GET", "/patient-access/fhir/Consent?patient=rosa", token("rosa", "rosa"), null, "").body();
        assertThat(consents).contains("pdex-provider-consent").contains("\"type\":\"permit\"");
        assertThat(decide("ben", "sensitive", "{\"decision\":\"deny\",\"categories\":[\"HIV\"]}").statusCode()).isEqualTo(200);
        assertThat(send("GET", "/patient-access/fhir/Consent?patient=ben", token("ben", "ben"), null, "").body()).as("one's own decisions are one's own to read").contains("securityLabel", "v3-Confidentiality");
        assertThat(decide("ben", "sensitive", "{\"decision\":\"permit\"}").statusCode()).isEqualTo(200);
        var jdbc = org.springframework.jdbc.core.simple.JdbcClient.create(server.part(javax.sql.DataSource.class));
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> jdbc.sql("update members.preference_version set decision = 'PERMIT'").update())).as("no version can be changed").isNotNull();
    }

    private static String writer(String user, String patient, String scopes) {
        Account account = server.part(Accounts.class).findByUsername(user).orElseThrow();
        return "Bearer " + server.part(SandboxTokens.class).issue("sample-public", account.id(), patient, account.patient() == null ? null : "Patient/" + account.patient(), SmartScopes.parse(scopes),
                "/patient-access/fhir", java.time.Duration.ofMinutes(30));
    }

    private static HttpResponse<String> write(String token, String id, String consent) throws Exception {
        return send(id == null ? "POST" : "PUT", "/patient-access/fhir/Consent" + (id == null ? "" : "/" + id), token, consent, "application/fhir+json");
    }

    /** @param more of the provision, after its type */
    private static String consent(String id, String patient, String profile, String type, String more) {
        return "{\"resourceType\":\"Consent\"," + (id == null ? "" : "\"id\":\"" + id + "\",") + (profile == null ? "" : "\"meta\":{\"profile\":[\"" + profile + "\"]},") + "\"status\":\"active\""
                + ",\"scope\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":\"patient-privacy\"}]}"
                + ",\"category\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"IDSCL\"}]}]"
                + ",\"patient\":{\"reference\":\"Patient/" + patient + "\"},\"policyRule\":{\"coding\":[{\"code\":\"cric\"}]}"
                + ",\"provision\":{\"type\":\"" + type + "\"" + more + "}}";
    }

    private static final String PROVIDERS = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-provider-consent";
    private static final String PAYERS = "http://hl7.org/fhir/us/davinci-hrex/StructureDefinition/hrex-consent|1.1.0";
    private static final String PLAN = ",\"actor\":[{\"role\":{\"coding\":[{\"code\":\"performer\"}]},\"reference\":{\"display\":\"the plan\"}}]";
    private static final String PSYCHIATRY = ",\"securityLabel\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"PSY\"}]";

    @Test
    void prv10_con03_con07_a_members_app_writes_a_consent_and_it_holds_at_once() throws Exception {
        String token = writer("zoe", "zoe", "patient/Consent.crus patient/Condition.rs");
        HttpResponse<String> made = write(token, null, consent(null, "zoe", PROVIDERS, "deny", PLAN));
        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
        assertThat(ask(Api.PROVIDER_ACCESS, "zoe", null, Instant.now(), Set.of()).allowed()).isFalse();
        String location = made.headers().firstValue("Location").orElseThrow();
        String id = location.replaceAll(".*/Consent/([^/]+)/_history/1$", "$1");
        assertThat(made.body()).contains("\"id\":\"" + id + "\"", "\"type\":\"deny\"", "Recorded by app");
        assertThat(made.body()).as("the whole pattern of the profile that it names").contains("{\"system\":\"http://terminology.hl7.org/CodeSystem/consentpolicycodes\",\"code\":\"cric\",\"display\":\"Common Rule Informed Consent\"}");
        assertThat(send("GET", "/patient-access/fhir/Consent/" + id, token, null, "").body()).isEqualTo(made.body());
        HttpResponse<String> changed = write(token, id, consent(id, "zoe", PROVIDERS, "permit", PLAN));
        assertThat(changed.statusCode()).as(changed.body()).isEqualTo(200);
        assertThat(changed.headers().firstValue("ETag")).hasValue("W/\"2\"");
        assertThat(ask(Api.PROVIDER_ACCESS, "zoe", null, Instant.now(), Set.of()).allowed()).isTrue();
        HttpResponse<String> replaced = write(token, null, consent(null, "zoe", PROVIDERS, "deny", PLAN));
        assertThat(replaced.statusCode()).as("there is one decision about providers: it is replaced").isEqualTo(200);
        assertThat(replaced.headers().firstValue("Location").orElseThrow()).endsWith("/Consent/" + id + "/_history/3");
        assertThat(write(token, null, consent(null, "zoe", null, "deny", PSYCHIATRY)).statusCode()).isEqualTo(201);
        assertThat(ask(Api.PATIENT_ACCESS, "zoe", null, Instant.now(), Set.of()).withheld()).containsExactly(SensitiveCategory.MENTAL_HEALTH);
        String end = LocalDate.now(ZoneOffset.UTC).plusYears(1).toString();
        HttpResponse<String> payers = write(token, null, consent(null, "zoe", PAYERS, "permit", ",\"period\":{\"start\":\"2026-01-01\",\"end\":\"" + end + "\"}" + PLAN));
        assertThat(payers.statusCode()).as(payers.body()).isEqualTo(201);
        assertThat(ask(Api.PAYER_TO_PAYER, "zoe", null, Instant.now(), Set.of()).allowed()).isTrue();
        assertThat(ask(Api.PAYER_TO_PAYER, "zoe", null, Instant.now().plus(java.time.Duration.ofDays(367)), Set.of()).allowed()).as("its end").isFalse();
        HttpResponse<String> always = write(token, null, consent(null, "zoe", PAYERS, "permit", ",\"period\":{\"start\":\"2026-01-01\",\"end\":\"9999-12-31\"}" + PLAN));
        assertThat(always.body()).as("the last day that dates have is no end").contains("\"type\":\"permit\"").doesNotContain("\"end\"");
        String history = send("GET", "/api/consents/history", basic("zoe"), null, "").body();
        assertThat(history).contains("\"method\":\"app\"", "\"relation\":\"self\"");
        assertThat(trail(server.part(Accounts.class).findByUsername("zoe").orElseThrow().id(), "zoe")).anySatisfy(line -> assertThat(line).contains("consent-changed 200", "method=app"));
        assertThat(writes("zoe")).as("the requests' own entries").contains("create 201 sample-public", "update 200 sample-public", "create 200 sample-public");
    }

    private static java.util.List<String> writes(String member) {
        java.util.List<String> found = new java.util.ArrayList<>();
        server.part(dev.portolan.audit.TrailReader.class).each(dev.portolan.audit.TrailFilter.ALL, recorded -> {
            var entry = recorded.entry();
            if (entry.api().equals("patient-access") && entry.subject().members().contains(member) && entry.subject().types().contains("Consent")) {
                found.add(entry.operation() + " " + entry.outcome().status() + " " + entry.caller().app());
            }
        });
        return found;
    }

    @Test
    void con03_con05_a_representatives_app_decides_for_the_member_and_no_other() throws Exception {
        HttpResponse<String> made = write(writer("ben", "sam", "patient/Consent.cu"), null, consent(null, "sam", PROVIDERS, "deny", PLAN));
        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
        assertThat(made.body()).as("this token may not read what it wrote").isEmpty();
        assertThat(send("GET", "/api/consents?patient=sam", basic("ben"), null, "").body()).contains("\"relation\":\"parent\"", "\"method\":\"app\"");
        String ben = writer("ben", "ben", "patient/Consent.cu user/Consent.cu");
        for (String other : new String[] {"rosa", "tim", "never-heard-of"}) {
            HttpResponse<String> refused = write(ben, null, consent(null, other, PROVIDERS, "deny", PLAN));
            assertThat(refused.statusCode()).as(other).isEqualTo(403);
            assertThat(refused.body()).contains("OperationOutcome").doesNotContain(other);
        }
        assertThat(write(writer("ben", "ada", "patient/Consent.cu"), null, consent(null, "ada", PROVIDERS, "deny", PLAN)).statusCode()).as("of age").isEqualTo(403);
    }

    @Test
    void con03_attack_an_app_cannot_give_itself_what_the_member_holds_back() throws Exception {
        String token = writer("uma", "uma", "patient/*.cruds");
        put("Medication/buprenorphine", "\"code\":{\"coding\":[{\"system\":\"http://www.nlm.nih.gov/research/umls/rxnorm\",\"code\":\"1819\"}]}");
        assertThat(decide("uma", "sensitive", "{\"decision\":\"deny\",\"categories\":[\"SUBSTANCE_USE\",\"MENTAL_HEALTH\"]}").statusCode()).isEqualTo(200);
        assertThat(write(token, null, consent(null, "uma", null, "deny", PSYCHIATRY)).statusCode()).as("without substance use").isEqualTo(422);
        assertThat(write(token, null, consent(null, "uma", null, "permit", PSYCHIATRY)).statusCode()).isEqualTo(422);
        String itself = ",\"actor\":[{\"role\":{\"coding\":[{\"code\":\"IRCP\"}]},\"reference\":{\"identifier\":{\"value\":\"sample-public\"}}}]";
        assertThat(write(token, null, consent(null, "uma", null, "permit", itself)).statusCode()).as("let in again").isEqualTo(422);
        assertThat(read(token, "Condition/opioids-uma")).isEqualTo(404);
        assertThat(read(token, "Medication/buprenorphine")).as("nobody's, and of what is held back").isEqualTo(404);
        assertThat(write(token, null, consent(null, "uma", null, "deny", itself)).statusCode()).as("it may shut itself out").isEqualTo(201);
        assertThat(read(token, "Medication/buprenorphine")).as("no more than before").isEqualTo(404);
        assertThat(read(token, "Observation/plain-uma")).isEqualTo(404);
        assertThat(read(token, "Patient/uma")).isEqualTo(403);
    }

    @Test
    void con03_a_consent_that_says_more_than_is_kept_is_refused_with_what_to_change() throws Exception {
        String token = writer("vic", "vic", "patient/Consent.crus");
        String good = consent(null, "vic", PROVIDERS, "deny", PLAN);
        Map<String, String> wrong = new java.util.LinkedHashMap<>();
        wrong.put("status must be active", good.replace("\"active\"", "\"inactive\""));
        wrong.put("patient-privacy", good.replace("patient-privacy", "treatment"));
        wrong.put("provision is missing", good.replaceAll(",\"provision\":.*", "}"));
        wrong.put("provision.purpose", consent(null, "vic", PROVIDERS, "deny", ",\"purpose\":[{\"code\":\"TREAT\"}]" + PLAN));
        wrong.put("provision.provision", consent(null, "vic", PROVIDERS, "deny", ",\"provision\":[{\"type\":\"permit\"}]"));
        wrong.put("no reference", consent(null, "vic", PROVIDERS, "deny", ",\"actor\":[{\"role\":{\"coding\":[{\"code\":\"IRCP\"}]},\"reference\":{\"reference\":\"Organization/1\"}}]"));
        wrong.put("meta.profile", consent(null, "vic", null, "deny", PLAN));
        wrong.put("no app with this client_id", consent(null, "vic", null, "deny", ",\"actor\":[{\"role\":{\"coding\":[{\"code\":\"IRCP\"}]},\"reference\":{\"reference\":\"Organization/1\"}}]"));
        wrong.put("securityLabel may hold", consent(null, "vic", null, "deny", PSYCHIATRY.replace("PSY", "SHOES")));
        wrong.put("in the future", consent(null, "vic", PROVIDERS, "deny", ",\"period\":{\"start\":\"2099-01-01\"}" + PLAN));
        wrong.put("can be given an end", consent(null, "vic", PROVIDERS, "deny", ",\"period\":{\"end\":\"2099-01-01\"}" + PLAN));
        wrong.put("one of pdex-provider-consent and hrex-consent", good.replace("\"" + PROVIDERS + "\"", "\"" + PAYERS + "\",\"" + PROVIDERS + "\""));
        wrong.put("#regular or #sensitive", consent(null, "vic", PAYERS, "permit", PLAN).replace("\"policyRule\"", "\"policy\":[{\"uri\":\"https://other.example\"}],\"policyRule\""));
        String extension = "\"modifierExtension\":[{\"url\":\"https://example.org/only\",\"valueString\":\"Plan B only\"}],";
        wrong.put("implicitRules", good.replace("\"status\"", "\"implicitRules\":\"https://example.org/rules\",\"status\""));
        String before = send("GET", "/api/consents/history", basic("vic"), null, "").body();
        for (Map.Entry<String, String> each : wrong.entrySet()) {
            HttpResponse<String> refused = write(token, null, each.getValue());
            assertThat(refused.statusCode()).as(each.getKey() + ": " + refused.body()).isEqualTo(422);
            assertThat(refused.body()).contains("OperationOutcome", each.getKey());
        }
        for (String place : new String[] {"\"status\"", "\"provision\":{", "\"actor\":[{", "\"coding\":[{"}) {
            HttpResponse<String> refused = write(token, null, good.replace(place, place.endsWith("{") ? place + extension : extension + place));
            assertThat(refused.statusCode()).as("an extension that may change the meaning, at " + place + ": " + refused.body()).isEqualTo(422);
            assertThat(refused.body()).contains("OperationOutcome", "modifierExtension");
        }
        assertThat(write(token, "decision-of-nobody", consent("decision-of-nobody", "vic", PROVIDERS, "deny", PLAN)).statusCode()).as("an id that is free").isEqualTo(403);
        assertThat(send("POST", "/patient-access/fhir/Consent", writer("vic", "vic", "patient/Consent.rs"), good, "application/fhir+json").statusCode()).as("without the scope").isEqualTo(403);
        assertThat(send("POST", "/patient-access/fhir/Consent", writer("grace", "vic", "patient/Consent.cruds"), good, "application/fhir+json").statusCode()).as("staff").isEqualTo(403);
        assertThat(send("DELETE", "/patient-access/fhir/Consent/x", token, null, "").statusCode()).isEqualTo(405);
        assertThat(send("POST", "/patient-access/fhir/Observation", writer("vic", "vic", "patient/*.cruds"), "{\"resourceType\":\"Observation\"}", "application/fhir+json").statusCode()).isEqualTo(405);
        assertThat(send("GET", "/api/consents/history", basic("vic"), null, "").body()).as("nothing was decided").isEqualTo(before);
        String batch = "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"request\":{\"method\":\"POST\",\"url\":\"Consent\"},\"resource\":" + good + "}]}";
        assertThat(send("POST", "/patient-access/fhir", token, batch, "application/fhir+json").body()).as("in a batch, as by itself").contains("\"status\":\"201 Created\"");
        assertThat(ask(Api.PROVIDER_ACCESS, "vic", null, Instant.now(), Set.of()).allowed()).isFalse();
        String stated = send("GET", "/patient-access/fhir/metadata", token, null, "").body();
        assertThat(stated.substring(stated.indexOf("{\"type\":\"Consent\""), stated.indexOf("{\"type\":\"Consent\"") + 2_000)).contains("{\"code\":\"create\"}", "{\"code\":\"update\"}");
        assertThat(stated.split("\\{\"code\":\"create\"\\}", -1)).as("of no other type").hasSize(2);
    }

    @Test
    void con03_a_change_on_another_version_than_the_present_one_is_refused() throws Exception {
        String token = writer("wes", "wes", "patient/Consent.crus");
        HttpResponse<String> made = write(token, null, consent(null, "wes", PROVIDERS, "deny", PLAN));
        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
        String id = made.headers().firstValue("Location").orElseThrow().replaceAll(".*/Consent/([^/]+)/_history/1$", "$1");
        for (String tag : new String[] {"W/\"7\"", "W/\"1\""}) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + "/patient-access/fhir/Consent/" + id)).header("Authorization", token).header("Content-Type", "application/fhir+json")
                    .header("If-Match", tag).PUT(HttpRequest.BodyPublishers.ofString(consent(id, "wes", PROVIDERS, "permit", PLAN))).build();
            assertThat(HTTP.send(request, HttpResponse.BodyHandlers.ofString()).statusCode()).as(tag).isEqualTo(tag.contains("7") ? 412 : 200);
        }
    }

    @Test
    void con08_a_decision_is_confirmed_in_its_language_and_the_log_says_what_became_of_the_message() throws Exception {
        assertThat(decide("grace", "provider-access?patient=lea", "{\"decision\":\"deny\",\"method\":\"call-centre\",\"language\":\"es-MX\"}").statusCode()).isEqualTo(200);
        String told = send("GET", "/api/notices?patient=lea", basic("grace"), null, "").body();
        assertThat(told).contains("\"kind\":\"decision\"", "\"language\":\"es\"", "\"wanted_language\":\"es-MX\"", "Usted no comparte su expediente con médicos", server.url() + "/my-consents", "\"state\":\"waiting\"")
                .doesNotContain("{plan}", "{page}", "{decision}");
        String id = told.replaceAll("(?s).*?\"id\":\"([^\"]+)\".*", "$1");
        assertThat(report(id, "{\"state\":\"failed\",\"channel\":\"mail\",\"detail\":\"returned\"}").statusCode()).isEqualTo(200);
        assertThat(send("GET", "/api/notices", basic("grace"), null, "").body()).as("what failed waits again").contains(id);
        assertThat(report(id, "{\"state\":\"delivered\",\"channel\":\"e-mail\"}").statusCode()).isEqualTo(200);
        assertThat(send("GET", "/api/notices", basic("grace"), null, "").body()).doesNotContain(id);
        assertThat(report(id, "{\"state\":\"failed\",\"channel\":\"mail\"}").statusCode()).as("delivered is the end").isEqualTo(400);
        String log = send("GET", "/api/notices/" + id, basic("grace"), null, "").body();
        assertThat(log.substring(log.indexOf("\"log\""))).containsSubsequence("\"state\":\"waiting\"", "\"state\":\"failed\"", "\"state\":\"delivered\"").contains("\"detail\":\"returned\"", "\"channel\":\"e-mail\"");
        var jdbc = org.springframework.jdbc.core.simple.JdbcClient.create(server.part(javax.sql.DataSource.class));
        for (String change : new String[] {"update members.notice_event set detail = ''", "delete from members.notice_event", "delete from members.notice"}) {
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> jdbc.sql(change).update())).as(change).isNotNull();
        }
        String grace = server.part(Accounts.class).findByUsername("grace").orElseThrow().id();
        assertThat(trail(grace, "lea")).contains("notice-changed 200 action=delivered", "notice-read 200 what=log");
    }

    private static HttpResponse<String> report(String id, String body) throws Exception {
        return send("POST", "/api/notices/" + id + "/delivery", basic("grace"), body, "application/json");
    }

    @Test
    void con08_members_are_told_once_a_year_that_they_may_opt_out_each_in_the_language_that_the_record_names() throws Exception {
        String request = "{\"kind\":\"provider-access\",\"members\":[\"lea\",\"tim\",\"nobody\",\"../x\"]}";
        HttpResponse<String> made = send("POST", "/api/notices", basic("grace"), request, "application/json");
        assertThat(made.body()).contains("\"made\":2", "\"there_already\":0", "nobody", "../x");
        assertThat(send("POST", "/api/notices", basic("grace"), request, "application/json").body()).contains("\"made\":0", "\"there_already\":2");
        assertThat(send("GET", "/api/notices?patient=lea", basic("grace"), null, "").body()).contains("Sus médicos pueden pedir su expediente de salud a Portolan Health Plan");
        assertThat(send("GET", "/api/notices?patient=tim", basic("grace"), null, "").body()).contains("Your doctors may ask Portolan Health Plan");
        for (String wrong : new String[] {"{\"kind\":\"decision\",\"members\":[\"tim\"]}", "{\"kind\":\"shoes\",\"members\":[]}", "{\"kind\":\"provider-access\"}", "{\"kind\":\"provider-access\",\"year\":1999,\"members\":[]}"}) {
            assertThat(send("POST", "/api/notices", basic("grace"), wrong, "application/json").statusCode()).as(wrong).isEqualTo(400);
        }
        for (String nobody : new String[] {"rosa", "otto"}) {
            assertThat(send("GET", "/api/notices", basic(nobody), null, "").statusCode()).as(nobody).isEqualTo(403);
            assertThat(send("POST", "/api/notices", basic(nobody), request, "application/json").statusCode()).as(nobody).isEqualTo(403);
        }
    }

    @Test
    void con03_staff_record_what_a_member_without_an_account_says_on_the_phone() throws Exception {
        assertThat(decide("grace", "provider-access?patient=mia", "{\"decision\":\"deny\",\"method\":\"call-centre\"}").statusCode()).isEqualTo(200);
        assertThat(ask(Api.PROVIDER_ACCESS, "mia", null, Instant.now(), Set.of()).allowed()).isFalse();
        assertThat(decide("grace", "provider-access?patient=mia", "{\"decision\":\"permit\",\"method\":\"call-centre\"}").statusCode()).isEqualTo(200);
    }

    @Test
    void aud01_aud04_decisions_looks_at_them_and_refusals_stand_in_the_trail_once() throws Exception {
        String grace = server.part(Accounts.class).findByUsername("grace").orElseThrow().id();
        assertThat(trail(grace, "ada")).isEmpty();
        assertThat(decide("grace", "provider-access?patient=ada", "{\"decision\":\"deny\",\"method\":\"paper\"}").statusCode()).isEqualTo(200);
        assertThat(send("GET", "/api/consents/history?patient=ada", basic("grace"), null, "").statusCode()).isEqualTo(200);
        assertThat(trail(grace, "ada")).containsExactly("consent-changed 200 categories=; decision=DENY; kind=PROVIDER_ACCESS; method=paper; relation=staff; version=1", "consent-read 200 relation=staff; what=history");
        assertThat(decide("ben", "provider-access?patient=rosa", "{\"decision\":\"deny\"}").statusCode()).isEqualTo(403);
        assertThat(trail(parent.id(), "rosa")).contains("authorization-refused 403 null");
    }

    /** What stands in the trail of one person about one member. */
    private static java.util.List<String> trail(String person, String member) {
        java.util.List<String> found = new java.util.ArrayList<>();
        server.part(dev.portolan.audit.TrailReader.class).each(dev.portolan.audit.TrailFilter.ALL, recorded -> {
            var entry = recorded.entry();
            if (person.equals(entry.caller().person()) && entry.subject().members().contains(member) && entry.api().equals("identity")) {
                found.add(entry.operation() + " " + entry.outcome().status() + " " + entry.subject().query());
            }
        });
        java.util.Collections.sort(found);
        return found;
    }

    @Test
    void con03_a_member_decides_on_a_page_and_sees_what_was_decided_before() throws Exception {
        HttpClient browser = HttpClient.newBuilder().cookieHandler(new java.net.CookieManager()).build();
        post(browser, "/sign-in", "username=ben&password=" + PASSWORD.replace(" ", "+"), page(browser, "/sign-in"));
        String before = page(browser, "/my-consents");
        assertThat(before).contains("Who gets my data", "Ben Vega", "Stop sharing with doctors and hospitals", "Mental health").contains("mia");
        post(browser, "/my-consents", "patient=ben&kind=providers&share=no", before);
        post(browser, "/my-consents", "patient=ben&kind=sensitive&withhold=HIV", before);
        String after = page(browser, "/my-consents?saved");
        assertThat(after).contains("Share with doctors and hospitals", "do not share", "hold back: HIV", "portal", "What we told you", "You do not share your record with doctors and hospitals.");
        assertThat(ask(Api.PROVIDER_ACCESS, "ben", null, Instant.now(), Set.of()).allowed()).isFalse();
        post(browser, "/my-consents", "patient=ben&kind=sensitiv", after, 400);
        assertThat(page(browser, "/my-consents")).as("what is misspelt frees nothing").contains("value=\"HIV\" checked");
        assertThat(page(browser, "/my-consents?patient=rosa")).as("nobody else's").contains("There is no member for whom you may decide").doesNotContain("Rosa");
        String shown = System.getProperty("portolan.pages");
        if (shown != null) {
            java.nio.file.Files.writeString(Path.of(shown, "consents.html"), after);
        }
    }

    @Test
    void con03_an_app_that_was_shut_out_is_let_in_again_on_the_page_and_called_by_its_name() throws Exception {
        assertThat(decide("ben", "app?app=sample-public", "{\"decision\":\"deny\"}").statusCode()).isEqualTo(200);
        assertThat(decide("ben", "sensitive?app=sample-public", "{\"decision\":\"deny\",\"categories\":[\"HIV\"]}").statusCode()).isEqualTo(200);
        HttpClient browser = HttpClient.newBuilder().cookieHandler(new java.net.CookieManager()).build();
        post(browser, "/sign-in", "username=ben&password=" + PASSWORD.replace(" ", "+"), page(browser, "/sign-in"));
        String shut = page(browser, "/my-consents");
        assertThat(shut).contains("is shut out: it gets nothing", "does not get: HIV", "The app Sample app in a browser").doesNotContain("App sample-public");
        post(browser, "/my-consents", "patient=ben&kind=app&app=sample-public&share=yes", shut);
        post(browser, "/my-consents", "patient=ben&kind=sensitive&app=sample-public", shut);
        assertThat(page(browser, "/my-consents")).doesNotContain("is shut out", "does not get: HIV");
        assertThat(ask(Api.PATIENT_ACCESS, "ben", null, Instant.now(), Set.of()).allowed()).isTrue();
    }

    private static String page(HttpClient browser, String path) throws Exception {
        return browser.send(HttpRequest.newBuilder(URI.create(server.url() + path)).build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    private static void post(HttpClient browser, String path, String form, String from) throws Exception {
        post(browser, path, form, from, 302);
    }

    private static void post(HttpClient browser, String path, String form, String from, int status) throws Exception {
        java.util.regex.Matcher csrf = java.util.regex.Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"").matcher(from);
        assertThat(csrf.find()).as("a form with a token").isTrue();
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + path)).header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form + "&_csrf=" + java.net.URLEncoder.encode(csrf.group(1), StandardCharsets.UTF_8))).build();
        assertThat(browser.send(request, HttpResponse.BodyHandlers.ofString()).statusCode()).as(path).isEqualTo(status);
    }

    @Test
    void con03_con05_nobody_decides_for_a_child_of_age_or_of_unknown_age() throws Exception {
        server.part(Accounts.class).addRepresentation(parent.id(), new Accounts.Represented("lea", "Lea", "guardian", null), null);
        HttpClient browser = HttpClient.newBuilder().cookieHandler(new java.net.CookieManager()).build();
        post(browser, "/sign-in", "username=ben&password=" + PASSWORD.replace(" ", "+"), page(browser, "/sign-in"));
        assertThat(server.part(Accounts.class).patientsOf(parent)).as("whom the page of an app offers").extracting(Accounts.Represented::patient).contains("ben", "tim", "mia").doesNotContain("ada", "lea");
        String own = page(browser, "/my-consents");
        assertThat(own).contains("patient=tim", "patient=mia").doesNotContain("patient=ada", "patient=lea");
        for (String child : new String[] {"ada", "lea"}) {
            java.util.List<Preference> before = server.part(Preferences.class).history(child);
            assertThat(send("GET", "/api/consents?patient=" + child, basic("ben"), null, "").statusCode()).as(child).isEqualTo(403);
            assertThat(send("GET", "/api/consents/history?patient=" + child, basic("ben"), null, "").statusCode()).as(child).isEqualTo(403);
            assertThat(decide("ben", "payer-to-payer?patient=" + child, "{\"decision\":\"permit\"}").statusCode()).as(child).isEqualTo(403);
            assertThat(page(browser, "/my-consents?patient=" + child)).as(child).contains("There is no member for whom you may decide");
            post(browser, "/my-consents", "patient=" + child + "&kind=payers&share=yes", own, 404);
            assertThat(server.part(Preferences.class).history(child)).as("nothing was decided").isEqualTo(before);
            assertThat(send("GET", "/api/my-access?patient=" + child, basic("ben"), null, "").statusCode()).as("who looked at the data of " + child).isEqualTo(404);
        }
        assertThat(send("GET", "/api/my-access?patient=tim", basic("ben"), null, "").statusCode()).isEqualTo(200);
    }

    @Test
    void con03_con05_attack_a_parent_gives_free_and_sees_nothing_of_what_a_minor_decides_alone() throws Exception {
        assertThat(decide("grace", "sensitive?patient=mia", "{\"decision\":\"deny\",\"categories\":[\"MENTAL_HEALTH\"],\"method\":\"paper\"}").statusCode()).isEqualTo(200);
        assertThat(decide("grace", "payer-to-payer?patient=mia", "{\"decision\":\"permit\",\"categories\":[\"HIV\"],\"method\":\"paper\"}").statusCode()).isEqualTo(200);
        for (String path : new String[] {"/api/consents?patient=mia", "/api/consents/history?patient=mia"}) {
            assertThat(send("GET", path, basic("ben"), null, "").body()).as(path).contains("payer-to-payer").doesNotContain("sensitive", "MENTAL_HEALTH", "HIV");
        }
        for (String path : new String[] {"Consent?patient=mia", "Patient/mia/$everything"}) {
            String told = send("GET", "/patient-access/fhir/" + path, token("ben", "mia"), null, "").body();
            assertThat(told).as("to the parent's app: " + path).doesNotContain("securityLabel", "hrex-consent", "v3-Confidentiality");
            assertThat(told).contains(path.startsWith("Patient") ? "plain-mia" : "\"type\":\"searchset\"");
        }
        Map<String, String> refused = new java.util.LinkedHashMap<>();
        refused.put("payer-to-payer", "{\"decision\":\"permit\",\"categories\":[\"SUBSTANCE_USE\"]}");
        refused.put("provider-access", "{\"decision\":\"permit\",\"categories\":[\"SUBSTANCE_USE\"]}");
        refused.put("sensitive", "{\"decision\":\"permit\"}");
        refused.put("sensitive?app=sample-public", "{\"decision\":\"deny\",\"categories\":[\"HIV\"]}");
        for (Map.Entry<String, String> each : refused.entrySet()) {
            HttpResponse<String> answer = decide("ben", each.getKey() + (each.getKey().contains("?") ? "&" : "?") + "patient=mia", each.getValue());
            assertThat(answer.statusCode()).as(each + ": " + answer.body()).isEqualTo(403);
        }
        String app = writer("ben", "mia", "patient/Consent.crus");
        for (String path : new String[] {"Consent?patient=mia", "Patient/mia/$everything?_type=Consent"}) {
            assertThat(send("GET", "/patient-access/fhir/" + path, app, null, "").body()).as("by an app: " + path).doesNotContain("PSY", "#sensitive", "securityLabel");
        }
        assertThat(write(app, null, consent(null, "mia", null, "deny", PSYCHIATRY)).statusCode()).isEqualTo(403);
        assertThat(write(app, null, consent(null, "mia", PAYERS, "permit", PLAN).replace("\"policyRule\"", "\"policy\":[{\"uri\":\"https://hl7.org/hrex-consent.html#sensitive\"}],\"policyRule\"")).statusCode()).isEqualTo(403);
        assertThat(ask(Api.PAYER_TO_PAYER, "mia", null, Instant.now(), Set.of()).withheld()).as("as it was decided").contains(SensitiveCategory.SUBSTANCE_USE, SensitiveCategory.MENTAL_HEALTH).doesNotContain(SensitiveCategory.HIV);
        assertThat(trail(parent.id(), "mia")).contains("authorization-refused 403 null");
        HttpClient browser = HttpClient.newBuilder().cookieHandler(new java.net.CookieManager()).build();
        post(browser, "/sign-in", "username=ben&password=" + PASSWORD.replace(" ", "+"), page(browser, "/sign-in"));
        String shown = page(browser, "/my-consents?patient=mia");
        assertThat(shown).contains("Other plans", "You share your record with other health plans of yours.", "from this age on").doesNotContain("Mental health", "hold back", "sensitive information back");
        post(browser, "/my-consents", "patient=mia&kind=sensitive", shown, 403);
        assertThat(ask(Api.PATIENT_ACCESS, "mia", null, Instant.now(), Set.of()).withheld()).containsExactly(SensitiveCategory.MENTAL_HEALTH);
        assertThat(decide("ben", "payer-to-payer?patient=mia", "{\"decision\":\"deny\"}").statusCode()).as("the rest is the parent's to decide").isEqualTo(200);
        assertThat(decide("ben", "sensitive?patient=sam", "{\"decision\":\"permit\"}").statusCode()).as("five years old").isEqualTo(200);
        assertThat(decide("grace", "sensitive?patient=mia", "{\"decision\":\"permit\",\"method\":\"paper\"}").statusCode()).isEqualTo(200);
    }

    @Test
    void con05_a_parent_does_not_learn_from_who_looked_that_there_is_what_a_minor_decides_alone() throws Exception {
        for (String child : new String[] {"mia", "tim"}) {
            assertThat(send("GET", "/system/fhir/Condition/opioids-" + child, "Bearer " + operator, null, "").statusCode()).isEqualTo(200);
        }
        HttpClient browser = HttpClient.newBuilder().cookieHandler(new java.net.CookieManager()).build();
        post(browser, "/sign-in", "username=ben&password=" + PASSWORD.replace(" ", "+"), page(browser, "/sign-in"));
        for (String seen : new String[] {send("GET", "/api/my-access?patient=mia", basic("ben"), null, "").body(), page(browser, "/my-access?patient=mia")}) {
            assertThat(seen).as("fourteen").contains("health conditions").doesNotContain("specially protected");
        }
        assertThat(send("GET", "/api/my-access?patient=tim", basic("ben"), null, "").body()).as("five years old").contains("health conditions", "specially protected");
    }

    @Test
    void con03_nobody_decides_for_a_member_whom_they_do_not_represent() throws Exception {
        for (String[] who : new String[][] {{"rosa", "tim"}, {"ben", "rosa"}, {"ben", "never-heard-of"}, {"grace", "never-heard-of"}}) {
            HttpResponse<String> refused = decide(who[0], "provider-access?patient=" + who[1], "{\"decision\":\"deny\",\"method\":\"paper\"}");
            assertThat(refused.statusCode()).as(who[0] + " for " + who[1]).isEqualTo(403);
        }
        assertThat(decide("otto", "provider-access?patient=rosa", "{\"decision\":\"deny\",\"method\":\"paper\"}").statusCode()).as("staff without the role").isEqualTo(403);
        assertThat(decide("rosa", "provider-access", "{\"decision\":\"perhaps\"}").statusCode()).isEqualTo(400);
        assertThat(decide("rosa", "sensitive", "{\"decision\":\"deny\",\"categories\":[\"SHOE_SIZE\"]}").statusCode()).isEqualTo(400);
        for (String path : new String[] {"app?app=sampel-public", "sensitive?app=sampel-public"}) {
            assertThat(decide("rosa", path, "{\"decision\":\"deny\",\"categories\":[\"HIV\"]}").body()).as("nobody would be shut out").contains("invalid_request", "client_id");
        }
        assertThat(decide("rosa", "sensitive", "{\"decision\":\"deny\"}").body()).as("it would hold nothing back").contains("invalid_request", "named");
        assertThat(decide("rosa", "sensitive", "{\"decision\":\"permit\",\"categories\":[\"HIV\"]}").body()).as("it would free all the others").contains("invalid_request", "named");
        assertThat(send("GET", "/api/consents", "Basic bm86Ym9keQ==", null, "").statusCode()).isEqualTo(401);
    }

    @Test
    void con03_attack_a_decision_with_u0000_in_it_is_refused_and_nobodys_fault() throws Exception {
        HttpResponse<String> parameter = decide("rosa", "app?app=x%00y", "{\"decision\":\"deny\"}");
        assertThat(parameter.statusCode()).isEqualTo(400);
        assertThat(parameter.body()).contains("OperationOutcome");
        assertThat(decide("rosa", "app?app=x", "{\"decision\":\"deny\",\"language\":\"e\\u0000n\"}").statusCode()).isEqualTo(400);
        assertThat(decide("rosa", "app?app=x", "{\"decision\":\"permit\",\"until\":\"+1000000000-12-31T23:59:59Z\"}").statusCode()).isEqualTo(400);
        HttpClient browser = HttpClient.newBuilder().cookieHandler(new java.net.CookieManager()).build();
        post(browser, "/sign-in", "username=rosa&password=" + PASSWORD.replace(" ", "+"), page(browser, "/sign-in"));
        post(browser, "/my-consents", "patient=rosa&kind=sensitive&withhold=FOO", page(browser, "/my-consents"), 400);
        assertThat(send("GET", "/api/consents", "Basic " + Base64.getEncoder().encodeToString("a\0b:correct horse battery".getBytes(StandardCharsets.UTF_8)), null, "").statusCode()).isEqualTo(401);
    }
}
