package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.rest.RunningServer.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Issue A, acceptance 7: what is malformed, huge or hostile gets a clear refusal and leaves nothing behind. */
class HostileInputTest {

    private static final String JSON = "application/fhir+json";
    private static final String PATCH = "application/json-patch+json";
    private static final String FORM = "application/x-www-form-urlencoded";

    /** Far above what any refusal takes on a busy machine, far below what work takes that grows with the square of the input. */
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final RunningServer server = RunningServer.get();
    private final List<Input> inputs = new ArrayList<>();

    /** @param allowed statuses that are right; 200 stands for a search that takes the text as a value that nothing has */
    private record Input(String what, String method, String path, byte[] body, List<String> headers, List<Integer> allowed) {}

    private void add(String what, String method, String path, byte[] body, String contentType, Integer... allowed) {
        inputs.add(new Input(what, method, path, body, contentType == null ? List.of() : List.of("Content-Type", contentType), List.of(allowed)));
    }

    private void body(String what, String body, Integer... allowed) {
        add(what, "POST", "Patient", body.getBytes(StandardCharsets.UTF_8), JSON, allowed);
        add(what + ", updated", "PUT", "Patient/hostile", body.getBytes(StandardCharsets.UTF_8), JSON, allowed);
    }

    private void query(String what, String query, Integer... allowed) {
        add(what, "GET", query, null, null, allowed);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Test
    void everyHostileInputIsRefusedAndNothingIsStored() throws IOException {
        texts();
        resources();
        identifiers();
        queries();
        bundles();
        patches();
        mediaTypes();
        compressed();
        forms();
        operations();
        assertThat(inputs.size()).isGreaterThanOrEqualTo(200);
        String before = server.rows();
        List<String> wrong = new ArrayList<>();
        for (Input input : inputs) {
            Reply reply = answerTo(input);
            boolean right = input.allowed().contains(reply.status());
            boolean outcome = reply.status() == 200 || refusedByJetty(reply) || isOutcome(reply);
            if (!right || !outcome) {
                wrong.add(input.what() + ": " + reply.status() + " instead of " + input.allowed() + (outcome ? "" : " without an OperationOutcome") + " " + reply.text().substring(0, Math.min(300, reply.body().length)));
            }
            String after = server.rows();
            if (!after.equals(before)) {
                wrong.add(input.what() + ": left something behind");
                before = after;
            }
        }
        System.out.println(inputs.size() + " hostile inputs");
        assertThat(wrong).isEmpty();
    }

    private Reply answerTo(Input input) {
        long start = System.nanoTime();
        try {
            Reply reply = server.send(input.method(), input.path(), input.body(), input.headers().toArray(new String[0]));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).as(input.what()).isLessThan(LONGEST);
            return reply;
        } catch (UncheckedIOException e) {
            throw new AssertionError(input.what() + ", " + inputs.indexOf(input) + ": no answer", e);
        }
    }

    private static boolean isOutcome(Reply reply) {
        return String.valueOf(reply.header("Content-Type")).startsWith("application/fhir+json")
            && "OperationOutcome".equals(JsonDocument.parse(reply.body()).root().fieldText("resourceType"));
    }

    /** A URL that is none does not reach the servlet; the server's own error handler words that refusal. */
    private static boolean refusedByJetty(Reply reply) {
        return (reply.status() == 400 || reply.status() == 414 || reply.status() == 431) && !String.valueOf(reply.header("Content-Type")).contains("json");
    }

    private void texts() {
        String[] broken = {
            "{", "}", "[", "\"", "nonsense", "{\"resourceType\":\"Patient\"", "{\"resourceType\":\"Patient\",}", "{'resourceType':'Patient'}", "{\"resourceType\":\"Patient\"} {}",
            "{\"resourceType\":\"Patient\",\"resourceType\":\"Patient\"}", "{\"resourceType\":\"Patient\",\"active\":tru}", "{\"resourceType\":\"Patient\",\"active\":TRUE}",
            "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":01}", "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":1.}", "{\"resourceType\":\"Patient\",\"x\":NaN}",
            "{\"resourceType\":\"Patient\",\"gender\":\"\\x\"}", "{\"resourceType\":\"Patient\",\"gender\":\"\u0001\"}", "<Patient xmlns=\"http://hl7.org/fhir\"/>", "null", "42", "\"Patient\"", "[]", "true",
            "{\"resourceType\":\"Patient\" /* c */}", "{\"resourceType\":\"Patient\",\"gender\":\"\\ud83\"}"};
        for (String text : broken) {
            body("broken JSON " + text, text, 400);
        }
        body("no body", " ", 400);
        add("invalid UTF-8", "POST", "Patient", new byte[] {'{', '"', (byte) 0xC3, '"', ':', '1', '}'}, JSON, 400);
        add("a byte order mark alone", "POST", "Patient", new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF}, JSON, 400);
        add("zero bytes", "POST", "Patient", new byte[100], JSON, 400);
        body("deep arrays", "{\"resourceType\":\"Patient\",\"name\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}", 413, 400);
        body("deep objects", "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000), 413, 400);
        String nested = "{\"url\":\"urn:x\",\"extension\":[";
        body("deep extensions", "{\"resourceType\":\"Patient\",\"extension\":[" + nested.repeat(200) + "]}".repeat(200) + "]}", 413, 400);
    }

    private void resources() {
        String[] wrong = {
            "{\"resourceType\":\"Patient\",\"shoeSize\":44}", "{\"resourceType\":\"Patient\",\"active\":\"true\"}", "{\"resourceType\":\"Patient\",\"name\":{\"family\":\"x\"}}",
            "{\"resourceType\":\"Patient\",\"name\":[{\"family\":[\"x\"]}]}", "{\"resourceType\":\"Patient\",\"birthDate\":\"1980-02-30\"}", "{\"resourceType\":\"Patient\",\"birthDate\":\"01/02/1980\"}",
            "{\"resourceType\":\"Patient\",\"birthDate\":19800101}", "{\"resourceType\":\"Patient\",\"deceasedBoolean\":true,\"deceasedDateTime\":\"2020\"}", "{\"resourceType\":\"Patient\",\"gender\":null}",
            "{\"resourceType\":\"Patient\",\"name\":[]}", "{\"resourceType\":\"Patient\",\"name\":[{}]}", "{\"resourceType\":\"Patient\",\"gender\":\"\"}", "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":1.5}",
            "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":99999999999999999999}", "{\"resourceType\":\"Patient\",\"photo\":[{\"data\":\"%%%\"}]}", "{\"resourceType\":\"Patient\",\"meta\":[]}",
            "{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<script>alert(1)</script>\"}}", "{\"resourceType\":\"Patient\",\"managingOrganization\":\"Organization/1\"}"};
        for (String text : wrong) {
            // As an update the missing id is found first.
            body("no Patient: " + text, text, 422, 400);
        }
        body("a zero character", "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"a\\u0000b\"}]}", 422, 400);
        body("half a character", "{\"resourceType\":\"Patient\",\"id\":\"hostile\",\"name\":[{\"family\":\"a\\ud83db\"}]}", 422, 400);
        body("no resourceType", "{\"active\":true}", 400);
        body("another type", "{\"resourceType\":\"Observation\"}", 400);
        body("an unknown type", "{\"resourceType\":\"Robot\"}", 400);
        body("a type that is no text", "{\"resourceType\":1}", 400);
        body("a reference with white space", "{\"resourceType\":\"Patient\",\"id\":\"hostile\",\"managingOrganization\":{\"reference\":\"Organization/1 OR 1=1\"}}", 400, 422);
        body("a conditional reference outside of a transaction", "{\"resourceType\":\"Patient\",\"id\":\"hostile\",\"managingOrganization\":{\"reference\":\"Organization?name=x\"}}", 400, 422);
    }

    private void identifiers() {
        String[] ids = {"a_b", "a b", "x".repeat(65), "a'b", "a;b", "ä", "a|b", "(select 1)", "a%00b", "..%2f"};
        for (String id : ids) {
            String path = id.contains("%") ? id : encoded(id).replace("+", "%20");
            add("read of id " + id, "GET", "Patient/" + path, null, null, 400, 404);
            add("update of id " + id, "PUT", "Patient/" + path, "{\"resourceType\":\"Patient\",\"id\":\"x\"}".getBytes(StandardCharsets.UTF_8), JSON, 400, 404);
        }
        add("another id in the body", "PUT", "Patient/hostile-a", "{\"resourceType\":\"Patient\",\"id\":\"hostile-b\"}".getBytes(StandardCharsets.UTF_8), JSON, 400);
        add("no id in the body", "PUT", "Patient/hostile-a", "{\"resourceType\":\"Patient\"}".getBytes(StandardCharsets.UTF_8), JSON, 400);
        add("a version that is no number", "GET", "Patient/hostile/_history/abc", null, null, 404);
        add("a huge version", "GET", "Patient/hostile/_history/99999999999999999999", null, null, 404);
        add("a version above the database's integers", "GET", "Patient/hostile/_history/9223372036854775807", null, null, 404);
        for (String path : List.of("Robot", "patient", "Patient/1/2/3/4/5", "_nothing", "$nothing", "Patient/$nothing", "Patient/1/$nothing", "Patient//x", "Robot/1", "Practitioner/1/Robot")) {
            add("the path " + path, "GET", path, null, null, 400, 404, 405);
        }
        for (String method : List.of("PUT", "DELETE", "PATCH")) {
            add(method + " on the base", method, "", "{}".getBytes(StandardCharsets.UTF_8), JSON, 405);
            add(method + " on metadata", method, "metadata", "{}".getBytes(StandardCharsets.UTF_8), JSON, 405);
        }
        add("POST on an instance", "POST", "Patient/hostile", "{}".getBytes(StandardCharsets.UTF_8), JSON, 405);
    }

    private void queries() {
        String[] injections = {"' OR '1'='1", "'; DROP TABLE store.resource; --", "\\'; SELECT pg_sleep(10); --", "1) UNION SELECT content FROM store.resource --", "$$; DELETE FROM store.resource; $$", "%27%20OR%201=1"};
        for (String injection : injections) {
            for (String parameter : List.of("name", "identifier", "_id", "general-practitioner", "_tag", "family:exact", "_profile")) {
                query("SQL in " + parameter + ": " + injection, "Patient?" + parameter + "=" + encoded(injection), 200, 400);
            }
            query("SQL in birthdate: " + injection, "Patient?birthdate=" + encoded(injection), 400);
            query("SQL in _sort: " + injection, "Patient?_sort=" + encoded(injection), 200, 400);
            query("SQL in _lastUpdated: " + injection, "Patient?_lastUpdated=" + encoded(injection), 400);
        }
        for (String date : List.of("2020-13-01", "2020-02-30", "yesterday", "20200101", "2020-01-01T25:00:00Z", "xx2020", "2020-1-1", "99999-01-01", "ge", "-1")) {
            query("the date " + date, "Patient?birthdate=" + encoded(date), 400);
        }
        for (String count : List.of("-1", "abc", "1.5", "99999999999999999999", "2147483648")) {
            query("_count=" + count, "Patient?_id=hostile&_count=" + count, 200, 400);
        }
        for (String path : List.of("Observation?code=x&", "Patient/_history?", "_history?", "Patient/hostile/_history?", "Patient/hostile/$everything?", "ValueSet/$expand?url=http://nowhere.example/x&")) {
            query("a giant _count on " + path, path + "_count=999999999999", 200, 400, 404);
            query("a giant _count on " + path, path + "_count=2147483647", 200, 404);
        }
        query("a number that is none", "RiskAssessment?probability=high", 400);
        query("a number with a huge exponent", "RiskAssessment?probability=1e999999999", 200, 400);
        query("a quantity with a huge exponent", "Observation?value-quantity=1e999999999", 400);
        query("a quantity with a huge exponent in a composite", "Observation?code-value-quantity=http://loinc.org%7C1$1e999999999", 400);
        for (String decimal : List.of("1e999999999", "1e20000000", "-1e-999999999", "1".repeat(2_000_000))) {
            add("a decimal that cannot be written out", "PUT", "Observation/hostile", ("{\"resourceType\":\"Observation\",\"id\":\"hostile\",\"status\":\"final\",\"code\":{\"text\":\"c\"},\"valueQuantity\":{\"value\":" + decimal + "}}")
                .getBytes(StandardCharsets.UTF_8), JSON, 422);
            add("a decimal that cannot be written out, in XML", "PUT", "Observation/hostile", ("<Observation xmlns=\"http://hl7.org/fhir\"><id value=\"hostile\"/><status value=\"final\"/><code><text value=\"c\"/></code><valueQuantity><value value=\""
                + decimal + "\"/></valueQuantity></Observation>").getBytes(StandardCharsets.UTF_8), "application/fhir+xml", 422);
        }
        query("a quantity that is none", "Observation?value-quantity=a%7Cb%7Cc", 400);
        query("a chain without end", "Observation?" + "subject:Patient.organization.".repeat(40) + "name=x", 400, 200);
        query("_has without end", "Patient?" + "_has:Observation:patient:".repeat(40) + "code=x", 400);
        query("an unknown modifier", "Patient?name:shouting=x", 400);
        query("a forged page", "Patient?_page=AAAA", 400);
        query("a forged page with SQL", "Patient?_page=" + encoded("' OR 1=1"), 400);
        query("a forged history page", "Patient/_history?_page=x", 400);
        query("a broken escape", "Patient?name=%C3%28", 400);
        for (String all : List.of("name=%20", "family=%CC%81", "family:contains=%20", "gender:text=%20")) {
            query("a text that all begin with, " + all, "Patient?" + all, 400);
            add("a conditional delete by a text that all begin with, " + all, "DELETE", "Patient?" + all, null, null, 400);
        }
        query("a zero byte", "Patient?name=%00", 400);
        add("a zero byte in a form", "POST", "Patient/_search", "name=a%00b".getBytes(StandardCharsets.UTF_8), FORM, 400);
        query("too many values", "Patient?_id=" + "a,".repeat(2_500), 400, 414, 200);
        query("a URL that is too long", "Patient?name=" + "a".repeat(8_100), 414, 431);
        query("many includes", "Patient?_id=x" + "&_include=Patient:organization".repeat(60), 400, 200);
        add("a search by POST with a huge value", "POST", "Patient/_search", ("name=" + "a".repeat(200_000)).getBytes(StandardCharsets.UTF_8), FORM, 400);
        add("a search by POST in JSON", "POST", "Patient/_search", "{}".getBytes(StandardCharsets.UTF_8), JSON, 415);
        query("a date in history", "Patient/_history?_since=then", 400);
        query("$everything with a bad date", "Patient/x/$everything?start=then", 400, 404);
        years();
    }

    /** FHIR's years are 0001 to 9999; Java's and the database's are others. */
    private void years() {
        for (String date : List.of("+999999999-12-31T23:59:59Z", "-999999999-01-01T00:00:00Z", "+300000-01-01T00:00:00Z", "-0999-01-01T00:00:00Z", "0000", "0000-01", "0000-01-01", "-999", "+999", "0000-01-01T00:00:00Z",
            "2020-02-30T00:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T00:00:00", "2020-01-01T00:00:00+18:00", "2020-01-01T00Z", "")) {
            for (String path : List.of("Patient/_history?_since=", "_history?_at=", "Patient/hostile-patched/$everything?start=", "Patient/hostile-patched/$everything?end=", "Patient/hostile-patched/$everything?_since=",
                "DocumentReference/$docref?patient=hostile&start=")) {
                query("the date " + date, path + encoded(date), 400);
            }
            query("the date " + date, "Patient?birthdate=" + encoded(date), 200, 400);
            query("the date " + date, "Patient?_lastUpdated=ge" + encoded(date), 200, 400);
        }
    }

    private void bundle(String what, String body, Integer... allowed) {
        add(what, "POST", "", body.getBytes(StandardCharsets.UTF_8), JSON, allowed);
    }

    private static String transaction(String... entries) {
        return "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + String.join(",", entries) + "]}";
    }

    private void bundles() {
        String patient = "{\"resourceType\":\"Patient\"}";
        String create = "\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}";
        bundle("no Bundle", patient, 400);
        bundle("a Bundle without type", "{\"resourceType\":\"Bundle\"}", 400, 422);
        bundle("a Bundle of a type that is not executed", "{\"resourceType\":\"Bundle\",\"type\":\"document\"}", 400);
        bundle("entries that are no array", "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":{}}", 400);
        bundle("an entry without request", transaction("{\"resource\":" + patient + "}"), 400);
        bundle("an entry without resource", transaction("{" + create + "}"), 400);
        bundle("an entry that is a text", transaction("\"x\""), 400);
        bundle("an unknown method", transaction("{\"resource\":" + patient + ",\"request\":{\"method\":\"TRACE\",\"url\":\"Patient\"}}"), 400, 405);
        bundle("another server's URL", transaction("{\"resource\":" + patient + ",\"request\":{\"method\":\"POST\",\"url\":\"http://other.example/Patient\"}}"), 400, 404);
        bundle("a condition with a zero character", transaction("{\"resource\":" + patient + ",\"request\":{\"method\":\"POST\",\"url\":\"Patient\",\"ifNoneExist\":\"name=a\\u0000b\"}}"), 400);
        bundle("a search with a zero character", transaction("{\"request\":{\"method\":\"GET\",\"url\":\"Patient?name=a\\u0000b\"}}"), 400);
        bundle("a Bundle in itself", transaction("{\"resource\":" + transaction() + ",\"request\":{\"method\":\"POST\",\"url\":\"\"}}"), 400);
        bundle("the same fullUrl twice", transaction("{\"fullUrl\":\"urn:uuid:1\",\"resource\":" + patient + "," + create + "}", "{\"fullUrl\":\"urn:uuid:1\",\"resource\":" + patient + "," + create + "}"), 400);
        bundle("two writes of one resource", transaction("{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"hb\"},\"request\":{\"method\":\"PUT\",\"url\":\"Patient/hb\"}}",
            "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/hb\"}}"), 400);
        bundle("a good entry and a bad one", transaction("{\"resource\":" + patient + "," + create + "}", "{\"resource\":{\"resourceType\":\"Patient\",\"x\":1}," + create + "}"), 422);
        bundle("a reference that matches nothing", transaction("{\"resource\":{\"resourceType\":\"Patient\",\"managingOrganization\":{\"reference\":\"Organization?identifier=none\"}}," + create + "}"), 400);
        bundle("conditional references in a circle that match nothing", transaction(
            "{\"resource\":{\"resourceType\":\"Organization\",\"name\":\"a\",\"partOf\":{\"reference\":\"Organization?name=zzz\"}},\"request\":{\"method\":\"POST\",\"url\":\"Organization\"}}"), 400);
        String circle = "{\"fullUrl\":\"urn:uuid:00000000-0000-4000-8000-00000000000%s\",\"resource\":{\"resourceType\":\"Organization\",\"name\":\"c\",\"partOf\":{\"reference\":\"urn:uuid:00000000-0000-4000-8000-00000000000%s\"}%s},"
            + "\"request\":{\"method\":\"POST\",\"url\":\"Organization\"}}";
        bundle("a circle of references with one bad entry", transaction(circle.formatted(1, 2, ""), circle.formatted(2, 1, ",\"x\":1")), 422);
        bundle("an entry that is found by what it makes itself", transaction("{\"fullUrl\":\"urn:uuid:00000000-0000-4000-8000-000000000009\",\"resource\":{\"resourceType\":\"Organization\",\"partOf\":{\"reference\":\"urn:uuid:00000000-0000-4000-8000-000000000009\"},"
            + "\"endpoint\":[{\"reference\":\"Endpoint?organization=urn:uuid:00000000-0000-4000-8000-000000000009\"}]},\"request\":{\"method\":\"POST\",\"url\":\"Organization\"}}"), 400, 422);
        bundle("a transaction in a transaction in a transaction", transaction("{\"resource\":" + transaction("{\"resource\":" + transaction() + "}") + ",\"request\":{\"method\":\"POST\",\"url\":\"Bundle\"}}",
            "{\"resource\":" + patient + "}"), 400, 422);
        bundle("a contained resource that contains itself", transaction("{\"resource\":{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"a\",\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"a\"}]}]}," + create + "}"), 400, 422);
        bundle("a condition that selects everything", transaction("{\"resource\":" + patient + ",\"request\":{\"method\":\"POST\",\"url\":\"Patient\",\"ifNoneExist\":\"_count=1\"}}"), 400);
        bundle("an operation in a transaction", transaction("{\"resource\":" + patient + ",\"request\":{\"method\":\"POST\",\"url\":\"Patient/$validate\"}}"), 400);
        bundle("too many entries", transaction(String.join(",", Collections.nCopies(20_001, "{}"))), 413);
        bundle("deep nesting in an entry", transaction("{\"resource\":" + "[".repeat(1_000) + "]".repeat(1_000) + "}"), 413, 400);
    }

    private void patches() {
        assertThat(server.put("Patient/hostile-patched", "{\"resourceType\":\"Patient\",\"id\":\"hostile-patched\",\"name\":[{\"family\":\"x\"}]}").status()).isIn(200, 201);
        String copies = String.join(",", Collections.nCopies(40, "{\"op\":\"copy\",\"from\":\"/name\",\"path\":\"/name/-\"}"));
        add("a patch that doubles a resource forty times", "PATCH", "Patient/hostile-patched", ("[" + copies + "]").getBytes(StandardCharsets.UTF_8), PATCH, 413);
        for (String patch : List.of("{}", "[{}]", "[{\"op\":\"explode\",\"path\":\"/x\"}]", "[{\"op\":\"add\",\"path\":\"/x\"}]", "[{\"op\":\"add\",\"path\":\"x\",\"value\":1}]", "[1]", "[", "null", "")) {
            add("the patch " + patch, "PATCH", "Patient/hostile", patch.getBytes(StandardCharsets.UTF_8), PATCH, 400, 404);
        }
        for (String patch : List.of("{\"resourceType\":\"Parameters\"}", "{\"resourceType\":\"Patient\"}", "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"x\"}]}")) {
            add("the FHIRPath patch " + patch, "PATCH", "Patient/hostile", patch.getBytes(StandardCharsets.UTF_8), JSON, 400, 415);
        }
        add("a conditional patch of everything", "PATCH", "Patient", "[]".getBytes(StandardCharsets.UTF_8), PATCH, 400);
        add("a conditional update of everything", "PUT", "Patient", "{\"resourceType\":\"Patient\"}".getBytes(StandardCharsets.UTF_8), JSON, 400);
        add("a conditional delete of everything", "DELETE", "Patient", null, null, 400);
        add("a conditional delete by what is not known", "DELETE", "Patient?shoe=1", null, null, 400);
    }

    private void mediaTypes() {
        byte[] patient = "{\"resourceType\":\"Patient\"}".getBytes(StandardCharsets.UTF_8);
        for (String type : List.of("text/plain", "application/pdf", "multipart/form-data", "application/octet-stream", "*/*", "nonsense", "application/fhir+turtle", "application/fhir+json; fhirVersion=5.0",
            "application/fhir+json; charset=utf-16", "application/fhir+json; charset=foo", "application/fhir+json;charset=\"foo bar\"", "application/fhir+json; charset=", "application/fhir+json; charset=utf-8x",
            "application/fhir+xml; charset=iso-8859-1", ";", "; charset=foo", FORM)) {
            add("Content-Type " + type, "POST", "Patient", patient, type, 415);
        }
        String[] xml = {"<", "<Patient/>", "<Patient xmlns=\"http://hl7.org/fhir\"><shoe value=\"1\"/></Patient>", "<Robot xmlns=\"http://hl7.org/fhir\"/>", "{}", "",
            "<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Patient xmlns=\"http://hl7.org/fhir\"><id value=\"&x;\"/></Patient>",
            "<!DOCTYPE p [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]><Patient xmlns=\"http://hl7.org/fhir\"><language value=\"&b;\"/></Patient>"};
        for (String text : xml) {
            add("the XML " + text, "POST", "Patient", text.getBytes(StandardCharsets.UTF_8), "application/fhir+xml", 400);
        }
        for (String accept : List.of("image/png", "application/fhir+turtle", "text/csv", "application/fhir+json;fhirVersion=3.0")) {
            inputs.add(new Input("Accept " + accept, "GET", "Patient", null, List.of("Accept", accept), List.of(406)));
        }
        for (String accept : List.of(";", ",", ";;,;", "application/fhir+turtle,;")) {
            inputs.add(new Input("Accept " + accept, "GET", "Patient/hostile-patched", null, List.of("Accept", accept), List.of(406)));
        }
        inputs.add(new Input("an empty range in Accept", "GET", "Patient/hostile-patched", null, List.of("Accept", "application/fhir+json,;"), List.of(200)));
        add("a patch in another character set", "PATCH", "Patient/hostile-patched", "[]".getBytes(StandardCharsets.UTF_8), PATCH + "; charset=foo", 415);
        add("a form in another character set", "POST", "Patient/_search", "_id=x".getBytes(StandardCharsets.UTF_8), FORM + "; charset=foo", 415);
        for (String value : List.of(";", ",", "\"", "W/", "99999999999999999999", "Mon, 99 Foo 2020 00:00:00 GMT", "Mon, 01 Jan +999999999 00:00:00 GMT", "9999999999-01-01T00:00:00Z", "bytes=9999999999999999999999-", "=", "q=;", "gzip;q=0")) {
            for (String header : List.of("If-None-Match", "If-Modified-Since", "If-Match", "Prefer", "Range", "Accept-Encoding", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto", "Forwarded", "Accept-Language", "Cookie")) {
                inputs.add(new Input("the header " + header + ": " + value, "GET", "Patient/hostile-patched", null, List.of(header, value), List.of(200)));
            }
        }
        query("_format=;", "Patient?_format=%3B", 406);
        query("_format=pdf", "Patient?_format=pdf", 406);
        inputs.add(new Input("a quality that is no number", "GET", "Patient", null, List.of("Accept", "application/fhir+json;q=x"), List.of(400)));
    }

    private void compressed() throws IOException {
        byte[] bomb = gzip(new byte[200 << 20]);
        inputs.add(new Input("a gzip bomb", "POST", "Patient", bomb, List.of("Content-Type", JSON, "Content-Encoding", "gzip"), List.of(413)));
        inputs.add(new Input("a gzip bomb as a Bundle", "POST", "", bomb, List.of("Content-Type", JSON, "Content-Encoding", "gzip"), List.of(413)));
        inputs.add(new Input("a gzip bomb in gzip", "POST", "Patient", gzip(bomb), List.of("Content-Type", JSON, "Content-Encoding", "gzip"), List.of(400, 413)));
        inputs.add(new Input("gzip that is none", "POST", "Patient", "{}".getBytes(StandardCharsets.UTF_8), List.of("Content-Type", JSON, "Content-Encoding", "gzip"), List.of(400)));
        inputs.add(new Input("gzip cut off", "POST", "Patient", java.util.Arrays.copyOf(bomb, 40), List.of("Content-Type", JSON, "Content-Encoding", "gzip"), List.of(400)));
        inputs.add(new Input("another encoding", "POST", "Patient", "{}".getBytes(StandardCharsets.UTF_8), List.of("Content-Type", JSON, "Content-Encoding", "br"), List.of(415)));
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(plain);
        }
        return packed.toByteArray();
    }

    /** Small when they are sent, megabytes when they are inflated: the bound on parameters must hold before they are all read. */
    private void forms() throws IOException {
        List<String> headers = List.of("Content-Type", FORM, "Content-Encoding", "gzip");
        for (String form : List.of("a&", "a=b&", "a=%41&")) {
            byte[] packed = gzip(form.repeat((2 << 20) / form.length()).getBytes(StandardCharsets.UTF_8));
            inputs.add(new Input("a form of millions of " + form, "POST", "Patient/_search", packed, headers, List.of(400)));
        }
        add("a zero byte in a form, without an escape", "POST", "Patient/_search", "name=a\0b".getBytes(StandardCharsets.UTF_8), FORM, 400);
        add("a form that is not UTF-8, without an escape", "POST", "Patient/_search", new byte[] {'n', 'a', 'm', 'e', '=', (byte) 0xC3}, FORM, 400);
    }

    private void operations() {
        add("$validate without a resource", "POST", "Patient/$validate", null, null, 400);
        add("$validate with a mode that there is not", "GET", "Patient/x/$validate?mode=upside-down", null, null, 400);
        add("$expand without url", "GET", "ValueSet/$expand", null, null, 400);
        add("$expand of what is not there", "GET", "ValueSet/$expand?url=http://nowhere.example/x", null, null, 404);
        add("$lookup without a code", "GET", "CodeSystem/$lookup?system=http://loinc.org", null, null, 400);
        String longest = "x".repeat(8_001);
        for (String type : List.of("ValueSet/$expand", "ValueSet/$validate-code", "CodeSystem/$validate-code", "CodeSystem/$lookup", "ConceptMap/$translate")) {
            for (String name : List.of("url", "system", "code")) {
                String others = "{\"name\":\"code\",\"valueCode\":\"a\"},{\"name\":\"system\",\"valueUri\":\"urn:x\"},{\"name\":\"url\",\"valueUri\":\"urn:x\"}";
                add(type + " with an endless " + name, "POST", type, ("{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"" + name + "\",\"valueUri\":\"" + longest + "\"}," + others + "]}").getBytes(StandardCharsets.UTF_8), JSON, 400);
            }
            String coding = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"url\",\"valueUri\":\"urn:x\"},{\"name\":\"coding\",\"valueCoding\":{\"system\":\"" + longest + "\",\"code\":\"a\"}}]}";
            add(type + " with a Coding of an endless system", "POST", type, coding.getBytes(StandardCharsets.UTF_8), JSON, 400);
        }
        add("$docref without a patient", "GET", "DocumentReference/$docref", null, null, 400);
        add("a count that is none", "GET", "ValueSet/$expand?url=x&count=x", null, null, 400);
        add("metadata in a mode that there is not", "GET", "metadata?mode=party", null, null, 400);
    }
}
