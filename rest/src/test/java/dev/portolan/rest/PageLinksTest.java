package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.RunningServer.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Next links are followed as they were given, until there is none: every match once. */
class PageLinksTest {

    private static final RunningServer SERVER = RunningServer.get();
    private static final List<String> PRACTITIONERS = IntStream.range(0, 5).mapToObj(i -> "page-p" + i).toList();
    private static final List<String> LOCATIONS = IntStream.range(0, 4).mapToObj(i -> "page-l" + i).toList();

    @BeforeAll
    static void write() {
        PRACTITIONERS.forEach(id -> SERVER.put("Practitioner/" + id, "{\"resourceType\":\"Practitioner\",\"id\":\"" + id + "\",\"meta\":{\"tag\":[{\"system\":\"urn:t\",\"code\":\"paged\"}]}}"));
        LOCATIONS.forEach(id -> SERVER.put("Location/" + id, "{\"resourceType\":\"Location\",\"id\":\"" + id + "\",\"meta\":{\"tag\":[{\"system\":\"urn:t\",\"code\":\"paged\"}]}}"));
    }

    private static List<String> ids(Reply first) {
        List<String> ids = new ArrayList<>();
        for (Reply page = first; page != null; page = next(page)) {
            assertThat(page.status()).as(page.text()).isEqualTo(200);
            JsonValue entries = page.json().root().field("entry");
            if (entries != null) {
                entries.each().forEach(entry -> ids.add(entry.field("resource").fieldText("id")));
            }
        }
        return ids;
    }

    private static @Nullable Reply next(Reply page) {
        for (JsonValue link : page.json().root().field("link").each()) {
            if ("next".equals(link.fieldText("relation"))) {
                return SERVER.get(link.fieldText("url"));
            }
        }
        return null;
    }

    private static Reply form(String path, String form) {
        return SERVER.post(path, form, "Content-Type", "application/x-www-form-urlencoded");
    }

    @Test
    void aSearchOfSomeTypesGoesOnWithTheSameTypes() { // RST-22
        List<String> all = new ArrayList<>(PRACTITIONERS);
        all.addAll(LOCATIONS);
        assertThat(ids(SERVER.get("?_type=Practitioner,Location&_tag=urn:t%7Cpaged&_count=2"))).containsExactlyInAnyOrderElementsOf(all);
        assertThat(ids(form("_search", "_type=Location,Practitioner&_tag=urn:t%7Cpaged&_count=3"))).containsExactlyInAnyOrderElementsOf(all);
        assertThat(ids(SERVER.get("?_type=Location&_tag=urn:t%7Cpaged&_count=3"))).containsExactlyInAnyOrderElementsOf(LOCATIONS);
        assertThat(ids(SERVER.get("?_tag=urn:t%7Cpaged&_count=4"))).containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void aCompartmentOfSomeTypesGoesOnWithTheSameTypes() {
        SERVER.put("Patient/page-1", "{\"resourceType\":\"Patient\",\"id\":\"page-1\"}");
        List<String> ids = IntStream.range(0, 5).mapToObj(i -> "page-o" + i).toList();
        ids.forEach(id -> SERVER.put("Observation/" + id, InteractionsTest.observation(id, "page-1", "1234-5")));
        assertThat(ids(SERVER.get("Patient/page-1/*?_type=Observation,Condition&_count=2"))).containsExactlyElementsOf(ids);
    }

    @Test
    void aLinkOfOneSearchIsNoneOfAnother() {
        String next = SERVER.get("?_type=Practitioner,Location&_tag=urn:t%7Cpaged&_count=2").text().replaceAll("(?s).*\"next\",\"url\":\"[^\"]*\\?([^\"]*)\".*", "$1");
        assertThat(next).startsWith("_page=");
        assertThat(SERVER.get("Location?" + next).status()).isEqualTo(400);
    }

    /** What came in a form goes on in a URL (R4 http, section 3.1.0.11). */
    @Test
    void aLongSearchByPostHasLinksThatCanBeFollowed() {
        String absent = IntStream.range(0, 190).mapToObj(i -> UUID.randomUUID().toString()).collect(Collectors.joining(","));
        assertThat(ids(form("Practitioner/_search", "_count=2&_id=" + String.join(",", PRACTITIONERS) + "," + absent))).containsExactlyInAnyOrderElementsOf(PRACTITIONERS);
        assertThat(SERVER.get("Practitioner?_id=" + absent + "," + absent).status()).isEqualTo(414);
    }

    /** "Only include resource versions that were current at some point during the time period" (R4 http, section 3.1.0.9.1). */
    @Test
    void historyAtATimeHasWhatWasCurrentThen() throws Exception { // RST-34
        SERVER.put("Patient/page-at", "{\"resourceType\":\"Patient\",\"id\":\"page-at\",\"gender\":\"male\"}");
        Thread.sleep(20);
        String between = java.time.Instant.now().truncatedTo(java.time.temporal.ChronoUnit.MILLIS).plusNanos(1_000_000).toString();
        Thread.sleep(20);
        SERVER.put("Patient/page-at", "{\"resourceType\":\"Patient\",\"id\":\"page-at\",\"gender\":\"female\"}");
        assertThat(versions("_at=2001-01-01")).isEmpty();
        assertThat(versions("_at=" + between)).containsExactly("1");
        assertThat(versions("_at=" + between.substring(0, 4))).containsExactly("2", "1");
        assertThat(versions("_at=2999")).containsExactly("2");
        assertThat(versions("_at=" + between.substring(0, 4) + "&_count=1")).containsExactly("2", "1");
    }

    private static List<String> versions(String query) {
        List<String> versions = new ArrayList<>();
        for (Reply page = SERVER.get("Patient/page-at/_history?" + query); page != null; page = next(page)) {
            assertThat(page.status()).as(page.text()).isEqualTo(200);
            JsonValue entries = page.json().root().field("entry");
            if (entries != null) {
                entries.each().forEach(entry -> versions.add(entry.field("resource").field("meta").fieldText("versionId")));
            }
        }
        return versions;
    }

    /** A link of one kind of answer is no link of another: 400, whatever its parameters mean there. */
    @Test
    void aLinkOfTheWholeRecordIsNoneOfAHistory() {
        assertThat(SERVER.put("Patient/page-whole", "{\"resourceType\":\"Patient\",\"id\":\"page-whole\"}").status()).isEqualTo(201);
        assertThat(SERVER.put("Basic/page-whole", "{\"resourceType\":\"Basic\",\"id\":\"page-whole\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/page-whole\"}}").status()).isEqualTo(201);
        String first = SERVER.get("Patient/page-whole/$everything?_since=2020-01-01&_count=1").text();
        String cursor = first.replaceAll(".*\"next\",\"url\":\"[^\"]*_page=([^\"&]*)\".*", "$1");
        for (String path : List.of("Patient/page-whole/_history", "Patient/_history", "_history", "Patient")) {
            assertThat(SERVER.get(path + "?_page=" + cursor).status()).as(path).isEqualTo(400);
        }
    }
}
