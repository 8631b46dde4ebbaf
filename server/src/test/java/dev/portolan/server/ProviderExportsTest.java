package dev.portolan.server;

import static dev.portolan.server.ProviderStand.keys;
import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.members.attribution.ListFigures;
import dev.portolan.members.merge.Merges;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exports of providers' lists where merges, edges of time and many callers at once come in. */
class ProviderExportsTest {

    private static ProviderStand stand;
    private static String clinic;
    private static String rival;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        stand = new ProviderStand(data);
        clinic = stand.token("clinic-ehr");
        rival = stand.token("rival-ehr");
    }

    @AfterAll
    static void stop() {
        stand.close();
    }

    private static int status(String token, String path) throws Exception {
        return stand.get(token, path).statusCode();
    }

    @Test
    void prv08_who_opts_out_as_the_survivor_of_a_merge_is_not_in_what_was_made_of_the_merged_record() throws Exception {
        var manifest = stand.manifest(clinic, stand.kickOff(clinic, "clinic", "_type", "Observation", "patient", "Patient/bob").headers().firstValue("Content-Location").orElseThrow());
        String file = manifest.field("output").firstChild().fieldText("url");
        assertThat(status(clinic, file)).isEqualTo(200);
        Merges merges = stand.server.part(Merges.class);
        merges.merge("cid", "bob", false, "test", "the same card");
        try {
            assertThat(status(clinic, file)).isEqualTo(200);
            stand.optOut("cid");
            assertThat(status(clinic, file)).isEqualTo(410);
        } finally {
            merges.undo("bob", "test", "two people");
        }
    }

    /** Eve is nobody's patient. Her record was Cid's while staff took the two for one person. */
    @Test
    void prv02_what_was_made_of_two_records_as_one_is_not_fetched_once_they_are_two_again() throws Exception {
        Merges merges = stand.server.part(Merges.class);
        merges.merge("cid", "eve", false, "test", "the same card");
        String file;
        try {
            var manifest = stand.manifest(clinic, stand.kickOff(clinic, "clinic", "_type", "Observation", "patient", "Patient/cid").headers().firstValue("Content-Location").orElseThrow());
            file = manifest.field("output").firstChild().fieldText("url");
            assertThat(stand.get(clinic, file).body()).contains("obs-cid", "obs-eve");
        } finally {
            merges.undo("eve", "test", "two people");
        }
        assertThat(status(clinic, "Observation/obs-eve")).isEqualTo(404);
        assertThat(status(clinic, file)).isEqualTo(410);
        var again = stand.manifest(clinic, stand.kickOff(clinic, "clinic", "_type", "Observation", "patient", "Patient/cid").headers().firstValue("Content-Location").orElseThrow());
        assertThat(stand.get(clinic, again.field("output").firstChild().fieldText("url")).body()).contains("obs-cid").doesNotContain("obs-eve");
    }

    @Test
    void prv11_what_was_made_for_an_organization_is_not_fetched_once_it_has_left_the_network() throws Exception {
        String file = stand.manifest(rival, stand.kickOff(rival, "rival", "_type", "Patient").headers().firstValue("Content-Location").orElseThrow()).field("output").firstChild().fieldText("url");
        assertThat(status(rival, file)).isEqualTo(200);
        String network = "npi,starts,ends\n" + ProviderStand.CLINIC + ",2020-01-01,\n" + ProviderStand.RIVAL + ",2020-01-01,";
        stand.api().takeNetwork(network + "2021-01-01\n");
        try {
            HttpResponse<String> gone = stand.get(rival, file);
            assertThat(gone.statusCode()).isEqualTo(410);
            assertThat(gone.body()).contains("the right to the whole list has ended");
        } finally {
            stand.api().takeNetwork(network + "\n");
        }
        assertThat(status(rival, file)).as("back in it").isEqualTo(200);
    }

    @Test
    void prv04_what_changed_at_the_very_end_of_a_download_is_in_the_next_delta() throws Exception {
        String pdex = "hl7.fhir.us.davinci-pdex#";
        stand.put("Observation/edge-dee", "\"status\":\"final\",\"code\":{\"text\":\"height\"},\"subject\":{\"reference\":\"Patient/dee\"},\"effectiveDateTime\":\"2025-02-03\"");
        String updated = JsonDocument.parse(stand.get(rival, "Observation/edge-dee").body()).root().field("meta").fieldText("lastUpdated");
        assertThat(keys(stand.export(rival, stand.kickOff(rival, "rival", "exportType", pdex + "provider-download", "_type", "Observation", "_until", updated)))).doesNotContain("Observation/edge-dee");
        assertThat(keys(stand.export(rival, stand.kickOff(rival, "rival", "exportType", pdex + "provider-delta", "_type", "Observation")))).contains("Observation/edge-dee");
    }

    /** "For each member that is invalid or ignored an operation outcome has to be returned" (ATR 2.1, davinci-data-export, patient). */
    @Test
    void prv03_who_is_not_on_the_list_is_passed_over_and_named_in_the_error_file() throws Exception {
        JsonValue manifest = stand.manifest(clinic, stand.kickOff(clinic, "clinic", "_type", "Patient", "patient", "Patient/ann", "patient", "Patient/dee", "patient", "Patient/nobody").headers().firstValue("Content-Location").orElseThrow());
        assertThat(keys(stand.lines(clinic, manifest))).containsExactly("Patient/ann");
        List<String> remarks = new ArrayList<>();
        for (JsonValue file : manifest.field("error").each()) {
            stand.get(clinic, file.fieldText("url")).body().lines().forEach(remarks::add);
        }
        assertThat(remarks).as("the same of who is another's patient and of who is not there").hasSize(2).allMatch(line -> line.contains("\"OperationOutcome\"") && line.contains("it is not in this group"))
            .anyMatch(line -> line.contains("Patient/dee ")).anyMatch(line -> line.contains("Patient/nobody "));
    }

    /** "SHALL ignore references to patients that are invalid" (PDex 2.1, Provider Access API, patient). Of an export that is asked for nobody else nobody is in it, and not everybody. */
    @Test
    void prv03_what_is_no_reference_to_a_patient_is_passed_over_and_remarked() throws Exception {
        String poll = stand.kickOff(clinic, "clinic", "_type", "Patient", "patient", "Practitioner/ann", "patient", "https://elsewhere.example/Patient/ann").headers().firstValue("Content-Location").orElseThrow();
        JsonValue manifest = stand.manifest(clinic, poll);
        assertThat(stand.lines(clinic, manifest)).isEmpty();
        assertThat(stand.get(clinic, manifest.field("error").firstChild().fieldText("url")).body().lines()).hasSize(2).allMatch(line -> line.contains("no reference to a Patient of this server"));
    }

    private static List<Integer> clinicsFigures() {
        Instant now = Instant.now();
        return new ListFigures(stand.server.part(DataSource.class)).of(now.minusSeconds(3_600), now).stream().filter(each -> each.group().equals("clinic")).flatMap(each -> Stream.of(each.attributed(), each.optedOut())).toList();
    }

    @Test
    void prv05_who_was_merged_is_one_patient_in_the_report_whose_no_counts_under_either_name() throws Exception {
        Merges merges = stand.server.part(Merges.class);
        merges.merge("eve", "bob", false, "test", "the same card");
        try {
            stand.api().take(ProviderStand.roster("ann", "bob"), "test");
            stand.optOut("eve");
            assertThat(clinicsFigures()).as("eve is attributed as bob").containsExactly(2, 1);
            stand.api().take(ProviderStand.roster("ann", "bob", "eve"), "test");
            assertThat(clinicsFigures()).containsExactly(2, 1);
        } finally {
            merges.undo("bob", "test", "two people");
            stand.optIn("eve");
            stand.api().take(ProviderStand.roster("ann", "bob", "cid"), "test");
        }
    }

    @Test
    void prv04_prv16_the_kind_of_an_export_counts_wherever_it_stands() throws Exception {
        String operation = "Group/rival/$davinci-data-export?exportType=";
        String snapshot = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"exportType\",\"valueCanonical\":\"hl7.fhir.us.davinci-pdex#provider-snapshot\"}]}";
        assertThat(stand.send(rival, "POST", operation + "bogus", "{\"resourceType\":\"Parameters\"}", "Prefer", "respond-async").statusCode()).isEqualTo(400);
        assertThat(stand.send(rival, "POST", operation + "hl7.fhir.us.davinci-pdex%23provider-delta", snapshot, "Prefer", "respond-async").statusCode()).as("two kinds").isEqualTo(400);
        HttpResponse<String> taken = stand.send(rival, "POST", operation + "hl7.fhir.us.davinci-pdex%23provider-snapshot", snapshot, "Prefer", "respond-async");
        assertThat(taken.statusCode()).as(taken.body()).isEqualTo(202);
        stand.send(rival, "DELETE", taken.headers().firstValue("Content-Location").orElseThrow(), null);
    }

    @Test
    void many_kick_offs_at_once_hold_nobody_up() throws Exception {
        List<String> polls = new ArrayList<>();
        ExecutorService callers = Executors.newFixedThreadPool(32);
        try {
            long began = System.nanoTime();
            List<Future<HttpResponse<String>>> asked = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                asked.add(callers.submit(() -> stand.kickOff(rival, "rival", "_type", "Patient")));
            }
            Set<Integer> answers = new TreeSet<>();
            for (Future<HttpResponse<String>> each : asked) {
                answers.add(each.get().statusCode());
                each.get().headers().firstValue("Content-Location").ifPresent(polls::add);
            }
            assertThat(answers).isSubsetOf(202, 429);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).as("whoever waits in vain for a connection is refused after ten seconds").isLessThan(Duration.ofSeconds(30));
        } finally {
            callers.shutdown();
            for (String poll : polls) {
                stand.send(rival, "DELETE", poll, null);
            }
        }
    }
}
