package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.Accounts.NewAccount;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.SandboxTokens;
import dev.portolan.members.attribution.Attribution;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.attribution.ProviderGroup;
import dev.portolan.members.consent.ConsentEngine;
import dev.portolan.members.consent.Exit;
import dev.portolan.members.consent.Exit.Api;
import dev.portolan.members.consent.Permission;
import dev.portolan.store.Purpose;
import dev.portolan.store.RecordDatabase;

/** Two Patients of one person, over HTTP: who may judge, what both members' apps read before, while they are one and after, and what their decisions come to. */
class MergeTest {

    private static final String PASSWORD = "correct horse battery";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static PortolanServer server;
    private static String operator;
    private static int couples;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(data).toString(), "portolan.package-registry", "off"));
        operator = "Bearer " + server.sandbox().orElseThrow().operatorToken(server.operatorApp());
        server.sandbox().orElseThrow().sampleApps();
        Accounts accounts = server.part(Accounts.class);
        accounts.add(NewAccount.staff("otto", PASSWORD, "Otto Berg", null, "ADMIN"));
        accounts.add(NewAccount.staff("grace", PASSWORD, "Grace Lin", null, "CALL_CENTRE"));
        accounts.add(NewAccount.member("nobody", PASSWORD, "No Body", "nobody"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static HttpResponse<String> send(String method, String path, String authorization, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + path)).header("Authorization", authorization)
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        String type = path.startsWith("/api/") ? "application/json" : "application/fhir+json";
        return HTTP.send((body == null ? request : request.header("Content-Type", type)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static void put(String reference, String rest) throws Exception {
        String[] parts = reference.split("/");
        HttpResponse<String> answer = send("PUT", "/system/fhir/" + reference, operator, "{\"resourceType\":\"" + parts[0] + "\",\"id\":\"" + parts[1] + "\"," + rest + "}");
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 201);
    }

    private static String basic(String user) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8));
    }

    private static String token(String member) {
        Account account = server.part(Accounts.class).findByUsername(member).orElseThrow();
        return "Bearer " + server.part(SandboxTokens.class).issue("sample-public", account.id(), member, "Patient/" + member, SmartScopes.parse("patient/*.rs"), "/patient-access/fhir", Duration.ofMinutes(30));
    }

    private static int read(String token, String reference) throws Exception {
        return send("GET", "/patient-access/fhir/" + reference, token, null).statusCode();
    }

    private static Permission ask(Api api, String patient) {
        return server.part(ConsentEngine.class).decide(new Exit(api, Purpose.TREATMENT, "sample-public", null, Set.of(), Instant.now().plusSeconds(1)), patient);
    }

    /** Two Patients with the same name, birth date and telephone number, and a condition of each. */
    private static String[] couple() throws Exception {
        String[] pair = {"ann" + couples, "bea" + couples};
        for (String member : pair) {
            put("Patient/" + member, "\"name\":[{\"family\":\"Vega" + couples + "\",\"given\":[\"Ann\"]}],\"birthDate\":\"1980-02-03\",\"telecom\":[{\"system\":\"phone\",\"value\":\"555010447" + couples + "\"}]");
            put("Condition/opioids-" + member, "\"subject\":{\"reference\":\"Patient/" + member + "\"},\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"F11.20\"}]}");
            put("Observation/plain-" + member, "\"status\":\"final\",\"code\":{\"text\":\"weight\"},\"subject\":{\"reference\":\"Patient/" + member + "\"}");
            server.part(Accounts.class).add(NewAccount.member(member, PASSWORD, "Ann Vega", member));
        }
        couples++;
        return pair;
    }

    private static HttpResponse<String> merge(String user, String survivor, String merged) throws Exception {
        return merge(user, survivor, merged, "leave");
    }

    private static HttpResponse<String> merge(String user, String survivor, String merged, String signIns) throws Exception {
        return send("POST", "/api/member-merges", basic(user), "{\"survivor\":\"" + survivor + "\",\"merged\":\"" + merged + "\",\"sign_ins\":\"" + signIns + "\",\"reason\":\"the same card, asked by telephone\"}");
    }

    private static HttpResponse<String> undo(String user, String merged) throws Exception {
        return send("POST", "/api/member-merges/" + merged + "/undo", basic(user), "{\"reason\":\"two sisters\"}");
    }

    private static long told(String type) {
        return JdbcClient.create(server.part(dev.portolan.audit.GroupCommitTrail.class).settled(server.part(javax.sql.DataSource.class))).sql("select count(*) from audit.entry e where e::text ilike ?").param("%" + type + "%").query(Long.class).single();
    }

    @Test
    void edi11_a_pair_is_offered_once_and_merged_by_staff_alone() throws Exception {
        String[] pair = couple();
        assertThat(send("POST", "/api/duplicates/search", basic("otto"), "").statusCode()).isEqualTo(200);
        String open = send("GET", "/api/duplicates", basic("otto"), null).body();
        assertThat(open).contains("\"patient\":\"" + pair[0] + "\"", "\"patient\":\"" + pair[1] + "\"", "\"grade\":\"strong\"", "the same telephone number");
        assertThat(read(token(pair[0]), "Observation/plain-" + pair[1])).as("nothing merges by itself").isIn(403, 404);
        for (String user : List.of("grace", "nobody", pair[0])) {
            assertThat(merge(user, pair[0], pair[1]).statusCode()).as(user).isEqualTo(403);
            assertThat(undo(user, pair[1]).statusCode()).as(user).isEqualTo(403);
            assertThat(send("GET", "/api/duplicates", basic(user), null).statusCode()).as(user).isEqualTo(403);
            assertThat(send("POST", "/api/duplicates/search", basic(user), "").statusCode()).as(user).isEqualTo(403);
        }
        assertThat(send("GET", "/api/duplicates", "Basic bm86bm8=", null).statusCode()).isEqualTo(401);
        assertThat(send("POST", "/api/member-merges", basic("otto"), "{\"survivor\":\"" + pair[0] + "\",\"merged\":\"" + pair[1] + "\"}").statusCode()).as("without a reason").isEqualTo(400);
        assertThat(merge("otto", pair[0], "not-there").statusCode()).isEqualTo(409);
        assertThat(send("POST", "/api/duplicates/dismiss", basic("otto"), "{\"first\":\"" + pair[0] + "\",\"second\":\"" + pair[1] + "\",\"reason\":\"sisters\"}").statusCode()).isEqualTo(200);
        String number = pair[0].substring("ann".length());
        put("Patient/" + pair[0], "\"name\":[{\"family\":\"Vega" + number + "\",\"given\":[\"Ann\"]}],\"birthDate\":\"1980-02-03\",\"telecom\":[{\"system\":\"phone\",\"value\":\"555010447" + number + "\"}],\"active\":true");
        send("POST", "/api/duplicates/search", basic("otto"), "");
        assertThat(send("GET", "/api/duplicates", basic("otto"), null).body()).as("judged, and nothing speaks for it that did not").doesNotContain("\"patient\":\"" + pair[0] + "\"");
    }

    @Test
    void edi11_pac33_each_members_token_reads_what_is_theirs_before_while_and_after_a_merge() throws Exception {
        String[] pair = couple();
        String[] tokens = {token(pair[0]), token(pair[1])};
        long entries = told("MEMBER_MERGED");
        assertThat(read(tokens[0], "Observation/plain-" + pair[1])).isNotEqualTo(200);
        HttpResponse<String> merged = merge("otto", pair[0], pair[1]);
        assertThat(merged.statusCode()).as(merged.body()).isEqualTo(200);
        assertThat(read(tokens[0], "Observation/plain-" + pair[1])).isEqualTo(200);
        assertThat(send("GET", "/patient-access/fhir/Observation?patient=" + pair[0], tokens[0], null).body()).contains("plain-" + pair[0], "plain-" + pair[1]).doesNotContain("Patient/" + pair[1]);
        assertThat(send("GET", "/patient-access/fhir/Patient/" + pair[0], tokens[0], null).body()).contains("\"replaces\"");
        assertThat(send("GET", "/patient-access/fhir/Patient/" + pair[1], tokens[1], null).body()).contains("\"active\":false", "\"replaced-by\"");
        assertThat(read(tokens[1], "Observation/plain-" + pair[1])).isNotEqualTo(200);
        assertThat(read(tokens[1], "Observation/plain-" + pair[0])).isNotEqualTo(200);
        assertThat(merge("otto", pair[0], pair[1]).statusCode()).as("again").isEqualTo(409);
        assertThat(undo("otto", pair[1]).statusCode()).isEqualTo(200);
        assertThat(undo("otto", pair[1]).statusCode()).as("again").isEqualTo(409);
        for (int i = 0; i < 2; i++) {
            assertThat(read(tokens[i], "Observation/plain-" + pair[i])).isEqualTo(200);
            assertThat(read(tokens[i], "Observation/plain-" + pair[1 - i])).isNotEqualTo(200);
            assertThat(read(tokens[i], "Observation/plain-" + pair[1 - i] + "/_history/2")).isNotEqualTo(200);
            assertThat(send("GET", "/patient-access/fhir/Patient/" + pair[i] + "/$everything", tokens[i], null).body()).contains("plain-" + pair[i]).doesNotContain(pair[1 - i]);
        }
        assertThat(told("MEMBER_MERGED") + told("member-merged")).as("in the trail").isGreaterThan(entries);
        long looks = told("duplicates-read");
        assertThat(send("GET", "/api/member-merges", basic("otto"), null).body()).contains(pair[1]);
        assertThat(told("duplicates-read")).as("who looked at whom was merged").isEqualTo(looks + 1);
    }

    @Test
    void edi11_the_survivor_sees_who_looked_at_either_record_while_the_merge_stands() throws Exception {
        String[] pair = couple();
        String[] tokens = {token(pair[0]), token(pair[1])};
        assertThat(read(tokens[1], "Observation/plain-" + pair[1])).isEqualTo(200);
        assertThat(looks(pair[0])).as("nobody looked at this one").isZero();
        assertThat(looks(pair[1])).isEqualTo(1);
        assertThat(merge("otto", pair[0], pair[1]).statusCode()).isEqualTo(200);
        assertThat(looks(pair[0])).as("at the other one, which is this person's").isEqualTo(1);
        assertThat(page(signedIn(pair[0]), "/my-access", null, null)).contains("Who looked at either is listed", "Saw: ");
        assertThat(send("GET", "/api/audit/disclosures?member=" + pair[0], basic("otto"), null).body()).contains("\"patients\":[\"" + pair[0] + "\",\"" + pair[1] + "\"]", "sample-public");
        assertThat(read(tokens[0], "Observation/plain-" + pair[1])).isEqualTo(200);
        assertThat(looks(pair[0])).isEqualTo(2);
        assertThat(looks(pair[1])).as("whoever reaches the merged record alone").isEqualTo(1);
        assertThat(undo("otto", pair[1]).statusCode()).isEqualTo(200);
        assertThat(looks(pair[0])).isEqualTo(1);
        assertThat(looks(pair[1])).isEqualTo(1);
    }

    /** How often apps looked, as the member is told. */
    private static int looks(String member) throws Exception {
        String seen = send("GET", "/api/my-access", basic(member), null).body();
        return java.util.regex.Pattern.compile("\"who\":\"Sample app[^}]*\"times\":(\\d+)").matcher(seen).results().mapToInt(look -> Integer.parseInt(look.group(1))).sum();
    }

    @Test
    void edi11_of_both_members_decisions_the_stricter_holds_until_the_survivor_decides_anew() throws Exception {
        String[] pair = couple();
        String token = token(pair[0]);
        assertThat(send("PUT", "/api/consents/sensitive", basic(pair[1]), "{\"decision\":\"deny\",\"categories\":[\"SUBSTANCE_USE\"]}").statusCode()).isEqualTo(200);
        assertThat(send("PUT", "/api/consents/provider-access", basic(pair[1]), "{\"decision\":\"deny\"}").statusCode()).isEqualTo(200);
        assertThat(send("PUT", "/api/consents/payer-to-payer", basic(pair[0]), "{\"decision\":\"permit\"}").statusCode()).isEqualTo(200);
        assertThat(ask(Api.PROVIDER_ACCESS, pair[0]).allowed()).isTrue();
        assertThat(ask(Api.PAYER_TO_PAYER, pair[0]).allowed()).isTrue();
        assertThat(read(token, "Condition/opioids-" + pair[0])).isEqualTo(200);
        assertThat(merge("otto", pair[0], pair[1]).statusCode()).isEqualTo(200);
        assertThat(read(token, "Condition/opioids-" + pair[0])).isEqualTo(404);
        assertThat(read(token, "Condition/opioids-" + pair[1])).isEqualTo(404);
        assertThat(read(token, "Observation/plain-" + pair[1])).isEqualTo(200);
        assertThat(ask(Api.PROVIDER_ACCESS, pair[0]).allowed()).isFalse();
        assertThat(ask(Api.PAYER_TO_PAYER, pair[0]).allowed()).as("an opt-in was about one record").isFalse();
        assertThat(send("GET", "/api/consents", basic(pair[0]), null).body()).as("the member is told what holds").contains("provider-access", "SUBSTANCE_USE").doesNotContain("payer-to-payer", "permit");
        assertThat(send("PUT", "/api/consents/sensitive", basic(pair[0]), "{\"decision\":\"permit\"}").statusCode()).isEqualTo(200);
        assertThat(read(token, "Condition/opioids-" + pair[1])).as("decided anew, about both").isEqualTo(200);
        assertThat(undo("otto", pair[1]).statusCode()).isEqualTo(200);
        assertThat(ask(Api.PROVIDER_ACCESS, pair[0]).allowed()).isTrue();
        assertThat(ask(Api.PAYER_TO_PAYER, pair[0]).allowed()).isTrue();
        assertThat(ask(Api.PROVIDER_ACCESS, pair[1]).allowed()).isFalse();
        assertThat(ask(Api.PATIENT_ACCESS, pair[1]).withheld()).isNotEmpty();
    }

    @Test
    void edi11_whose_patient_the_merged_member_is_the_survivor_is_while_the_merge_stands() throws Exception {
        String[] pair = couple();
        Attributions attributions = server.part(Attributions.class);
        attributions.replaceNetwork(List.of(new dev.portolan.members.attribution.NetworkParticipation("1234567893", Instant.EPOCH, null)));
        ProviderGroup group = new ProviderGroup("of-" + pair[1], ProviderGroup.Kind.ATTRIBUTED, "List", "1234567893", "", "", "", ProviderGroup.ListStatus.OPEN, Instant.now());
        attributions.replace(group, List.of(new Attribution(pair[1], "", "", Instant.EPOCH, null)), new Attributions.Origin("test", "roster"));
        assertThat(panel(group)).containsExactly(pair[1]);
        assertThat(merge("otto", pair[0], pair[1]).statusCode()).isEqualTo(200);
        assertThat(panel(group)).containsExactly(pair[0]);
        assertThat(send("PUT", "/api/consents/provider-access", basic(pair[0]), "{\"decision\":\"deny\"}").statusCode()).isEqualTo(200);
        assertThat(panel(group)).as("the survivor decides about both").isEmpty();
        assertThat(send("PUT", "/api/consents/provider-access", basic(pair[0]), "{\"decision\":\"permit\"}").statusCode()).isEqualTo(200);
        assertThat(panel(group)).containsExactly(pair[0]);
        attributions.remove(group.id(), pair[1], null, new Attributions.Origin("test", "roster"));
        assertThat(panel(group)).as("what ends under the merged one's name ends").isEmpty();
        attributions.add(group.id(), new Attribution(pair[1], "", "", Instant.EPOCH, null), new Attributions.Origin("test", "roster"));
        assertThat(panel(group)).as("and what begins begins").containsExactly(pair[0]);
        assertThat(undo("otto", pair[1]).statusCode()).isEqualTo(200);
        assertThat(panel(group)).containsExactly(pair[1]);
    }

    @Test
    void edi11_prv08_a_list_names_the_survivor_once_and_nobody_who_opted_out() throws Exception {
        String[] pair = couple();
        Attributions attributions = server.part(Attributions.class);
        Attributions.Origin origin = new Attributions.Origin("test", "roster");
        attributions.replaceNetwork(List.of(new dev.portolan.members.attribution.NetworkParticipation("1234567893", Instant.EPOCH, null)));
        ProviderGroup group = new ProviderGroup("of-" + pair[1], ProviderGroup.Kind.ATTRIBUTED, "List", "1234567893", "", "", "", ProviderGroup.ListStatus.OPEN, Instant.now());
        attributions.replace(group, List.of(new Attribution(pair[1], "", "", Instant.EPOCH, null)), origin);
        assertThat(told(group)).isEqualTo(new Told(List.of(pair[1]), 1, 0));
        assertThat(merge("otto", pair[0], pair[1]).statusCode()).isEqualTo(200);
        assertThat(told(group)).as("under the name of the record that there is").isEqualTo(new Told(List.of(pair[0]), 1, 0));
        attributions.add(group.id(), new Attribution(pair[0], "", "", Instant.EPOCH, null), origin);
        assertThat(told(group)).as("on the list under both names").isEqualTo(new Told(List.of(pair[0]), 1, 0));
        assertThat(send("PUT", "/api/consents/provider-access", basic(pair[0]), "{\"decision\":\"deny\"}").statusCode()).isEqualTo(200);
        assertThat(told(group)).as("the survivor decides about both").isEqualTo(new Told(List.of(), 0, 1));
        assertThat(send("PUT", "/api/consents/provider-access", basic(pair[0]), "{\"decision\":\"permit\"}").statusCode()).isEqualTo(200);
        assertThat(send("PUT", "/api/consents/provider-access", basic(pair[1]), "{\"decision\":\"deny\"}").statusCode()).isEqualTo(200);
        assertThat(told(group)).as("the merged one's sign-in was left, and said no after the survivor's yes").isEqualTo(new Told(List.of(), 0, 1));
        assertThat(send("PUT", "/api/consents/provider-access", basic(pair[1]), "{\"decision\":\"permit\"}").statusCode()).isEqualTo(200);
        assertThat(told(group)).isEqualTo(new Told(List.of(pair[0]), 1, 0));
        assertThat(attributions.remove(group.id(), pair[0], null, origin).dropped()).as("whom the list names can be taken off it, by whichever name the member came").isEqualTo(2);
        assertThat(told(group)).isEqualTo(new Told(List.of(), 0, 0));
    }

    /** What a provider's app is told of a list; who stands in it also can be read. */
    private record Told(List<String> listed, int quantity, int optedOut) {}

    private static Told told(ProviderGroup group) throws Exception {
        Attributions attributions = server.part(Attributions.class);
        List<String> listed = attributions.listed(group.id()).stream().map(member -> member.attribution().patient()).toList();
        assertThat(panel(group)).isEqualTo(listed);
        return new Told(listed, attributions.quantity(group.id()), attributions.optedOut(group.id()));
    }

    @Test
    void edi11_the_page_shows_both_sides_and_merges_and_undoes_for_staff_alone() throws Exception {
        String[] pair = couple();
        send("POST", "/api/duplicates/search", basic("otto"), "");
        HttpClient staff = signedIn("otto");
        String shown = page(staff, "/staff/duplicates", null, null);
        assertThat(shown).contains(pair[0], pair[1], "the same telephone number", "They are two people");
        String merged = page(staff, "/staff/duplicates", "first=" + pair[0] + "&second=" + pair[1] + "&verdict=keep-first&signIns=LEAVE&seen=" + seen(shown, pair) + "&reason=same+card", "/staff/duplicates/judge");
        assertThat(merged).contains("Merged. Undo it below", "same card");
        assertThat(read(token(pair[0]), "Observation/plain-" + pair[1])).isEqualTo(200);
        assertThat(page(staff, "/staff/duplicates", "merged=" + pair[1] + "&reason=sisters", "/staff/duplicates/undo")).contains("Undone: both have their own records again", "sisters");
        assertThat(read(token(pair[0]), "Observation/plain-" + pair[1])).isNotEqualTo(200);
        HttpClient member = signedIn("nobody");
        assertThat(page(member, "/staff/duplicates", null, null)).doesNotContain(pair[0]);
    }

    private HttpClient signedIn(String username) throws Exception {
        HttpClient browser = HttpClient.newBuilder().cookieHandler(new java.net.CookieManager()).followRedirects(HttpClient.Redirect.NORMAL).build();
        page(browser, "/sign-in", "username=" + username + "&password=" + PASSWORD.replace(' ', '+'), "/sign-in");
        return browser;
    }

    /** What the page hands back of who was shown to sign in, for the pair. */
    private static String seen(String page, String[] pair) {
        var seen = java.util.regex.Pattern.compile("value=\"" + pair[0] + "\">\\s*<input type=\"hidden\" name=\"second\" value=\"" + pair[1] + "\">\\s*<input type=\"hidden\" name=\"seen\" value=\"([^\"]*)\"").matcher(page);
        assertThat(seen.find()).as(page).isTrue();
        return seen.group(1).replace(' ', '+');
    }

    @Test
    void edi11_whoever_signs_in_for_the_merged_member_acts_for_the_survivor_if_staff_confirmed_who_that_is() throws Exception {
        String[] pair = couple();
        put("Observation/joint-" + pair[0], "\"status\":\"final\",\"code\":{\"text\":\"height\"},\"subject\":{\"reference\":\"Patient/" + pair[0] + "\"}");
        String before = token(pair[1]);
        assertThat(merge("otto", pair[0], pair[1], "perhaps")).satisfies(refused -> {
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body()).contains("sign_ins must say");
        });
        send("POST", "/api/duplicates/search", basic("otto"), "");
        assertThat(send("GET", "/api/duplicates", basic("otto"), null).body()).contains("\"username\":\"" + pair[1] + "\"");
        assertThat(merge("otto", pair[0], pair[1], "move").body()).contains("\"sign_ins\":\"move\"");
        assertThat(server.part(Accounts.class).findByUsername(pair[1]).orElseThrow().patient()).isEqualTo(pair[0]);
        assertThat(read(before, "Observation/joint-" + pair[0])).as("a token of before reaches what its app was told").isNotEqualTo(200);
        assertThat(send("GET", "/patient-access/fhir/Patient/" + pair[1], before, null).body()).contains("\"replaced-by\"");
        Account other = server.part(Accounts.class).findByUsername(pair[1]).orElseThrow();
        String since = "Bearer " + server.part(SandboxTokens.class).issue("sample-public", other.id(), other.patient(), other.fhirUser(), SmartScopes.parse("patient/*.rs"), "/patient-access/fhir", Duration.ofMinutes(30));
        assertThat(read(since, "Observation/plain-" + pair[0])).isEqualTo(200);
        assertThat(read(since, "Observation/plain-" + pair[1])).isEqualTo(200);
        assertThat(send("PUT", "/api/consents/provider-access", basic(pair[1]), "{\"decision\":\"deny\"}").statusCode()).isEqualTo(200);
        assertThat(ask(Api.PROVIDER_ACCESS, pair[0]).allowed()).as("the other sign-in decides for the survivor").isFalse();
        assertThat(undo("otto", pair[1]).statusCode()).isEqualTo(200);
        assertThat(server.part(Accounts.class).findByUsername(pair[1]).orElseThrow().patient()).isEqualTo(pair[1]);
        assertThat(read(since, "Observation/plain-" + pair[0])).as("the other's record").isEqualTo(401);
        assertThat(read(before, "Observation/plain-" + pair[1])).isEqualTo(200);
        assertThat(read(before, "Observation/plain-" + pair[0])).isNotEqualTo(200);
        assertThat(told("sign-in-moved")).isPositive();
        assertThat(told("sign-in-given-back")).isPositive();
    }

    @Test
    void edi11_nobody_is_moved_who_was_not_on_the_page_that_was_judged() throws Exception {
        String[] pair = couple();
        send("POST", "/api/duplicates/search", basic("otto"), "");
        HttpClient staff = signedIn("otto");
        String shown = page(staff, "/staff/duplicates", null, null);
        assertThat(shown).contains("Who signs in", "(<span class=\"code\">" + pair[1] + "</span>)");
        String judged = "first=" + pair[0] + "&second=" + pair[1] + "&verdict=keep-first&reason=same+card&seen=" + seen(shown, pair);
        assertThat(page(staff, "/staff/duplicates", judged, "/staff/duplicates/judge")).as("no answer of itself").contains("sign_ins must say");
        server.part(Accounts.class).add(NewAccount.member("late-" + pair[1], PASSWORD, "Late Comer", pair[1]));
        assertThat(page(staff, "/staff/duplicates", judged + "&signIns=MOVE", "/staff/duplicates/judge")).contains("look at the pair again");
        assertThat(read(token(pair[0]), "Observation/plain-" + pair[1])).as("not merged").isNotEqualTo(200);
        String now = page(staff, "/staff/duplicates", null, null);
        assertThat(page(staff, "/staff/duplicates", judged.substring(0, judged.indexOf("&seen=")) + "&seen=" + seen(now, pair) + "&signIns=MOVE", "/staff/duplicates/judge")).contains("Merged. Undo it below", "went along");
        assertThat(server.part(Accounts.class).findByUsername("late-" + pair[1]).orElseThrow().patient()).isEqualTo(pair[0]);
        assertThat(undo("otto", pair[1]).statusCode()).isEqualTo(200);
    }

    /** A page, or what comes of a form on it. */
    private static String page(HttpClient browser, String path, String form, String action) throws Exception {
        String body = browser.send(HttpRequest.newBuilder(URI.create(server.url() + path)).build(), HttpResponse.BodyHandlers.ofString()).body();
        if (form == null) {
            return body;
        }
        var csrf = java.util.regex.Pattern.compile("name=\"_csrf\"[^>]*value=\"([^\"]+)\"").matcher(body);
        assertThat(csrf.find()).as(body).isTrue();
        return browser.send(HttpRequest.newBuilder(URI.create(server.url() + action)).header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form + "&_csrf=" + java.net.URLEncoder.encode(csrf.group(1), StandardCharsets.UTF_8))).build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    private static List<String> panel(ProviderGroup group) throws Exception {
        try (var connection = server.part(javax.sql.DataSource.class).getConnection()) {
            return server.part(RecordDatabase.class).panels().page(connection, server.part(Attributions.class).panelOfGroup(group.id()), null, 10);
        }
    }
}
