package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Issue 5, why: a provider's panel of 100,000. How long from the kick-off to the first part and to the manifest, and that it goes through a small heap. Only when asked for, by the number of members:
 * {@code -Dportolan.panel.members=100000}, with {@code -Xmx400m}.
 */
@EnabledIfSystemProperty(named = "portolan.panel.members", matches = "\\d+")
class PanelSizeTest {

    private static final int IN_BUNDLE = 250;

    @Test
    void prv02_prv03_a_panel_is_exported_whole_but_for_whoever_opts_out_meanwhile(@TempDir Path data) throws Exception {
        int members = Integer.getInteger("portolan.panel.members");
        try (ProviderStand stand = new ProviderStand(data)) {
            did("load", () -> load(stand, members));
            timed("roster", () -> stand.api().take(roster(members), "test").size());
            did("binding", () -> stand.attributions().bind("clinic-ehr", "panel", "test"));
            String token = stand.token("clinic-ehr");
            int length = timed("read of the Group", () -> stand.get(token, "Group/panel").body().length());
            did("search of Groups", () -> assertThat(stand.get(token, "Group?_id=panel").body()).contains("\"quantity\":" + members));
            System.out.printf("the Group: %,d bytes%n", length);
            did("first export", () -> export(stand, token, members, ""));
            stand.optOut("p1");
            did("second export", () -> export(stand, token, members - 1, "p1"));
            did("a delta", () -> assertThat(manifest(stand, token, "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"exportType\",\"valueCanonical\":\"hl7.fhir.us.davinci-pdex#provider-delta\"}]}").field("output").size()).isZero());
        }
    }

    private interface Work<T> {
        T run() throws Exception;
    }

    private static <T> T timed(String what, Work<T> work) throws Exception {
        ManagementFactory.getMemoryPoolMXBeans().forEach(pool -> pool.resetPeakUsage());
        long began = System.nanoTime();
        T result = work.run();
        long peak = ManagementFactory.getMemoryPoolMXBeans().stream().filter(pool -> pool.getType() == java.lang.management.MemoryType.HEAP).mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
        System.out.printf(Locale.ROOT, "%s: %.1f s, heap %,d MiB at its highest of %,d%n", what, (System.nanoTime() - began) / 1e9, peak >> 20, Runtime.getRuntime().maxMemory() >> 20);
        return result;
    }

    private static void did(String what, org.junit.jupiter.api.function.Executable work) throws Exception {
        timed(what, () -> {
            try {
                work.execute();
            } catch (Exception | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
            return null;
        });
    }

    private static void load(ProviderStand stand, int members) throws Exception {
        String operator = stand.server.sandbox().orElseThrow().operatorToken(stand.server.operatorApp());
        URI system = stand.server.bases().get("system");
        for (int from = 0; from < members; from += IN_BUNDLE) {
            List<String> entries = new ArrayList<>();
            for (int i = from; i < Math.min(members, from + IN_BUNDLE); i++) {
                entries.add(entry("Patient", "p" + i, "\"name\":[{\"family\":\"Quill" + i + "\"}],\"birthDate\":\"1970-01-01\""));
                entries.add(entry("Observation", "o" + i, "\"status\":\"final\",\"code\":{\"text\":\"weight\"},\"effectiveDateTime\":\"2024-03-01\",\"subject\":{\"reference\":\"Patient/p" + i + "\"}"));
            }
            HttpResponse<String> loaded = stand.http.send(HttpRequest.newBuilder(system).header("Authorization", "Bearer " + operator).header("Content-Type", "application/fhir+json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + String.join(",", entries) + "]}")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(loaded.statusCode()).as(loaded.body()).isEqualTo(200);
        }
    }

    private static String entry(String type, String id, String rest) {
        return "{\"resource\":{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"," + rest + "},\"request\":{\"method\":\"PUT\",\"url\":\"" + type + "/" + id + "\"}}";
    }

    private static String roster(int members) {
        StringBuilder csv = new StringBuilder("group,name,npi,member\n");
        for (int i = 0; i < members; i++) {
            csv.append("panel,Large Panel,").append(ProviderStand.CLINIC).append(",Patient/p").append(i).append('\n');
        }
        return csv.toString();
    }

    private static JsonValue manifest(ProviderStand stand, String token, String body) throws Exception {
        long began = System.nanoTime();
        HttpResponse<String> started = stand.send(token, "POST", "Group/panel/$davinci-data-export", body, "Prefer", "respond-async");
        assertThat(started.statusCode()).as(started.body()).isEqualTo(202);
        String poll = started.headers().firstValue("Content-Location").orElseThrow();
        boolean first = true;
        for (;;) {
            HttpResponse<String> status = stand.send(token, "GET", poll, null, "Accept", "application/json");
            if (status.statusCode() == 200) {
                System.out.printf(Locale.ROOT, "  the manifest after %.1f s%n", (System.nanoTime() - began) / 1e9);
                return JsonDocument.parse(status.body().getBytes(StandardCharsets.UTF_8)).root();
            }
            assertThat(status.statusCode()).as(status.body()).isEqualTo(202);
            String progress = status.headers().firstValue("X-Progress").orElse("");
            if (first && !progress.startsWith("0 ") && progress.matches("[0-9]+ of.*")) {
                System.out.printf(Locale.ROOT, "  after %.1f s: %s%n", (System.nanoTime() - began) / 1e9, progress);
                first = false;
            }
            Thread.sleep(1000L * Integer.parseInt(status.headers().firstValue("Retry-After").orElse("1")));
        }
    }

    /** Every member's two lines once, read as they come. */
    private static void export(ProviderStand stand, String token, int members, String without) throws Exception {
        JsonValue manifest = manifest(stand, token, "{\"resourceType\":\"Parameters\"}");
        long began = System.nanoTime();
        BitSet seen = new BitSet();
        long lines = 0;
        for (JsonValue file : manifest.field("output").each()) {
            HttpRequest get = HttpRequest.newBuilder(URI.create(file.fieldText("url"))).header("Authorization", "Bearer " + token).build();
            try (BufferedReader in = new BufferedReader(new InputStreamReader(stand.http.send(get, HttpResponse.BodyHandlers.ofInputStream()).body(), StandardCharsets.UTF_8))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    String id = JsonDocument.parse(line.getBytes(StandardCharsets.UTF_8)).root().fieldText("id");
                    assertThat(id).isNotEqualTo(without);
                    int bit = Integer.parseInt(id.substring(1)) * 2 + (id.startsWith("p") ? 0 : 1);
                    assertThat(seen.get(bit)).as("%s twice", id).isFalse();
                    seen.set(bit);
                    lines++;
                }
            }
        }
        System.out.printf(Locale.ROOT, "  %,d lines in %d files downloaded in %.1f s%n", lines, manifest.field("output").size(), (System.nanoTime() - began) / 1e9);
        assertThat(lines).isEqualTo(members * 2L);
    }
}
