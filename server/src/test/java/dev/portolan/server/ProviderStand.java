package dev.portolan.server;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRequest;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.SandboxTokens;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.consent.Preference;
import dev.portolan.members.consent.Preferences;
import dev.portolan.provideraccess.ProviderAccessApi;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A whole server with members, two providers' lists and an app of each. */
final class ProviderStand implements AutoCloseable {

    static final String CLINIC = "1234567893";
    static final String RIVAL = "1679576722";
    static final String SCOPES = "system/*.rs system/Group.rus";

    final PortolanServer server;
    final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    final String base;

    ProviderStand(Path data, String... more) throws Exception {
        Map<String, String> settings = new HashMap<>(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(data).toString(), "portolan.package-registry", "off"));
        for (int i = 0; i < more.length; i += 2) {
            settings.put(more[i], more[i + 1]);
        }
        server = PortolanServer.start(settings);
        base = server.bases().get("provider-access").toString();
        for (String member : List.of("ann", "bob", "cid", "dee", "eve")) {
            member(member);
        }
        app("clinic-ehr");
        app("rival-ehr");
        api().takeNetwork("npi,starts,ends\n" + CLINIC + ",2020-01-01,\n" + RIVAL + ",2020-01-01,\n");
        api().take(roster("ann", "bob", "cid"), "test");
        api().take("group,name,npi,member\nrival,Rival Hospital," + RIVAL + ",Patient/dee\n", "test");
        attributions().bind("clinic-ehr", "clinic", "test");
        attributions().bind("rival-ehr", "rival", "test");
    }

    static String roster(String... members) {
        StringBuilder csv = new StringBuilder("group,name,npi,tin,member\n");
        for (String member : members) {
            csv.append("clinic,Main Street Clinic,").append(CLINIC).append(",12-3456789,Patient/").append(member).append('\n');
        }
        return members.length == 0 ? csv + "clinic,Main Street Clinic," + CLINIC + ",12-3456789,\n" : csv.toString();
    }

    ProviderAccessApi api() {
        return server.part(ProviderAccessApi.class);
    }

    Attributions attributions() {
        return server.part(Attributions.class);
    }

    private void member(String id) throws Exception {
        put("Patient/" + id, "\"identifier\":[{\"system\":\"https://plan.example/members\",\"value\":\"M-" + id + "\"}],\"name\":[{\"family\":\"Of" + id + "\",\"given\":[\"" + id + "\"]}],\"gender\":\"female\",\"birthDate\":\"1970-01-02\"");
        put("Coverage/cov-" + id, "\"status\":\"active\",\"subscriberId\":\"S-" + id + "\",\"beneficiary\":{\"reference\":\"Patient/" + id + "\"},\"payor\":[{\"display\":\"plan\"}],\"costToBeneficiary\":[{\"valueMoney\":{\"value\":77.77,\"currency\":\"USD\"}}]");
        put("Observation/obs-" + id, "\"status\":\"final\",\"code\":{\"text\":\"weight\"},\"subject\":{\"reference\":\"Patient/" + id + "\"},\"effectiveDateTime\":\"2024-02-03\"");
        put("Observation/old-" + id, "\"status\":\"final\",\"code\":{\"text\":\"weight\"},\"subject\":{\"reference\":\"Patient/" + id + "\"},\"effectiveDateTime\":\"2015-12-31\"");
        put("Condition/mind-" + id, "\"subject\":{\"reference\":\"Patient/" + id + "\"},\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"F33.1\"}]}");
        put("Condition/opioids-" + id, "\"subject\":{\"reference\":\"Patient/" + id + "\"},\"code\":{\"coding\":[{\"system\":\"http://hl7.org/fhir/sid/icd-10-cm\",\"code\":\"F11.20\"}]}");
        put("ExplanationOfBenefit/eob-" + id, "\"status\":\"active\",\"type\":{\"text\":\"pharmacy\"},\"use\":\"claim\",\"created\":\"2024-03-03\",\"insurer\":{\"display\":\"plan\"},\"provider\":{\"display\":\"x\"},\"outcome\":\"complete\","
            + "\"patient\":{\"reference\":\"Patient/" + id + "\"},\"insurance\":[{\"focal\":true,\"coverage\":{\"reference\":\"Coverage/cov-" + id + "\"}}],\"billablePeriod\":{\"start\":\"2024-03-01\",\"end\":\"2024-03-02\"},"
            + "\"total\":[{\"category\":{\"text\":\"paid\"},\"amount\":{\"value\":88.88,\"currency\":\"USD\"}}],\"payment\":{\"amount\":{\"value\":99.99,\"currency\":\"USD\"}}");
    }

    void put(String reference, String rest) throws Exception {
        String[] parts = reference.split("/");
        String operator = server.sandbox().orElseThrow().operatorToken(server.operatorApp());
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.bases().get("system") + "/" + reference)).header("Authorization", "Bearer " + operator).header("Content-Type", "application/fhir+json")
            .PUT(HttpRequest.BodyPublishers.ofString("{\"resourceType\":\"" + parts[0] + "\",\"id\":\"" + parts[1] + "\"," + rest + "}")).build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() > 201) {
            throw new IllegalStateException(answer.statusCode() + " " + answer.body());
        }
    }

    void app(String clientId) {
        server.part(AppLifecycle.class).register(clientId, new AppRequest(clientId, App.Kind.BACKEND, "private_key_jwt", List.of("client_credentials"), null, SCOPES, List.of(), null, null,
            "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"k\",\"alg\":\"ES384\",\"use\":\"sig\",\"x\":\"JQKTsV6PT5Szf4QtDA1qrs0EJ1pbimQmM2SKvzOlIAqlph3h1OHmZ2i7MXahIF2C\",\"y\":\"bRWWQRJBgDa6CTgwofYrHjVGcO-A7WNEnu4oJA5OUJPPPpczgx1g2NsfinK-D2Rw\"}]}",
            App.Metadata.EMPTY, Map.of()), "test", null, true);
    }

    String token(String app) {
        return token(app, SCOPES);
    }

    String token(String app, String scopes) {
        return server.part(SandboxTokens.class).issue(app, null, null, null, SmartScopes.parse(scopes), null, Duration.ofHours(1));
    }

    void decide(String patient, Preference.Kind kind, Preference.Decision decision, Set<dev.portolan.identity.scope.SensitiveCategory> categories) {
        server.part(Preferences.class).record(new Preferences.Choice(patient, kind, "", decision, categories, null), new Preference.Recorded("test", "self", "api", "en"));
    }

    void optOut(String patient) {
        decide(patient, Preference.Kind.PROVIDER_ACCESS, Preference.Decision.DENY, Set.of());
    }

    void optIn(String patient) {
        decide(patient, Preference.Kind.PROVIDER_ACCESS, Preference.Decision.PERMIT, Set.of());
    }

    HttpResponse<String> get(String token, String path) throws Exception {
        return send(token, "GET", path, null);
    }

    HttpResponse<String> send(String token, String method, String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(path.startsWith("http") ? path : base + "/" + path))
            .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body)).header("Authorization", "Bearer " + token);
        if (body != null) {
            request.header("Content-Type", "application/fhir+json");
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The ids in a Bundle. */
    static Set<String> ids(HttpResponse<String> answer) {
        Set<String> ids = new TreeSet<>();
        JsonValue entries = JsonDocument.parse(answer.body()).root().field("entry");
        if (entries != null) {
            entries.each().forEach(entry -> ids.add(entry.field("resource").fieldText("id")));
        }
        return ids;
    }

    HttpResponse<String> kickOff(String token, String group, String... parameters) throws Exception {
        StringBuilder body = new StringBuilder("{\"resourceType\":\"Parameters\"");
        for (int i = 0; i < parameters.length; i += 2) {
            String value = parameters[i].equals("patient") ? "\"valueReference\":{\"reference\":\"" + parameters[i + 1] + "\"}" : parameters[i].equals("exportType") ? "\"valueCanonical\":\"" + parameters[i + 1] + "\""
                : parameters[i].endsWith("since") || parameters[i].endsWith("until") ? "\"valueInstant\":\"" + parameters[i + 1] + "\"" : "\"valueString\":\"" + parameters[i + 1] + "\"";
            body.append(i == 0 ? ",\"parameter\":[" : ",").append("{\"name\":\"").append(parameters[i]).append("\",").append(value).append('}');
        }
        return send(token, "POST", "Group/" + group + "/$davinci-data-export", body.append(parameters.length == 0 ? "}" : "]}").toString(), "Prefer", "respond-async", "Accept", "application/fhir+json");
    }

    /** The lines of an export. */
    List<String> export(String token, HttpResponse<String> kickedOff) throws Exception {
        if (kickedOff.statusCode() != 202) {
            throw new AssertionError(kickedOff.statusCode() + " " + kickedOff.body());
        }
        return lines(token, manifest(token, kickedOff.headers().firstValue("Content-Location").orElseThrow()));
    }

    JsonValue manifest(String token, String poll) throws Exception {
        for (int i = 0; i < 60; i++) {
            HttpResponse<String> status = send(token, "GET", poll, null, "Accept", "application/json");
            if (status.statusCode() == 200) {
                return JsonDocument.parse(status.body()).root();
            }
            if (status.statusCode() != 202) {
                throw new AssertionError(status.statusCode() + " " + status.body());
            }
            Thread.sleep(1000L * Integer.parseInt(status.headers().firstValue("Retry-After").orElse("1")));
        }
        throw new AssertionError("the export did not end");
    }

    List<String> lines(String token, JsonValue manifest) throws Exception {
        List<String> lines = new ArrayList<>();
        for (JsonValue file : manifest.field("output").each()) {
            HttpResponse<String> content = send(token, "GET", file.fieldText("url"), null, "Accept", "application/fhir+ndjson");
            if (content.statusCode() != 200) {
                throw new AssertionError(content.statusCode() + " " + content.body());
            }
            content.body().lines().forEach(lines::add);
        }
        return lines;
    }

    static Set<String> keys(List<String> lines) {
        Set<String> keys = new TreeSet<>();
        lines.forEach(line -> {
            JsonValue root = JsonDocument.parse(line).root();
            keys.add(root.fieldText("resourceType") + "/" + root.fieldText("id"));
        });
        return keys;
    }

    @Override
    public void close() {
        server.close();
    }
}
