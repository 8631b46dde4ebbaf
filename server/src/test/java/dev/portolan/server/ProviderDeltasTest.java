package dev.portolan.server;

import static dev.portolan.server.ProviderStand.keys;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a delta leaves out has to have been sent: to the same app, whole, and not by a client that says that it wants it again. */
class ProviderDeltasTest {

    private static final String DELTA = "hl7.fhir.us.davinci-pdex#provider-delta";
    private static ProviderStand stand;
    private static String clinic;
    private static Set<String> everything;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        stand = new ProviderStand(data);
        clinic = stand.token("clinic-ehr");
        everything = exported(clinic);
        assertThat(everything).contains("Observation/obs-ann", "Observation/obs-bob", "Coverage/cov-cid");
    }

    @AfterAll
    static void stop() {
        stand.close();
    }

    private static Set<String> exported(String token, String... parameters) throws Exception {
        return keys(stand.export(token, stand.kickOff(token, "clinic", parameters)));
    }

    /** Of members: what is shared comes with every export. */
    private static Set<String> delta(String token, String... more) throws Exception {
        String[] parameters = new String[more.length + 2];
        parameters[0] = "exportType";
        parameters[1] = DELTA;
        System.arraycopy(more, 0, parameters, 2, more.length);
        return exported(token, parameters);
    }

    private static Instant changed(String observation) throws Exception {
        Thread.sleep(5);
        Instant before = Instant.now();
        Thread.sleep(5);
        stand.put("Observation/" + observation, "\"status\":\"amended\",\"code\":{\"text\":\"weight at " + before + "\"},\"subject\":{\"reference\":\"Patient/" + observation.substring("obs-".length())
            + "\"},\"effectiveDateTime\":\"2024-02-03\"");
        return before;
    }

    @Test
    void prv04_what_one_app_of_an_organization_fetched_is_not_lost_to_another() throws Exception {
        stand.app("clinic-research");
        stand.attributions().bind("clinic-research", "clinic", "test");
        String other = stand.token("clinic-research");
        exported(clinic);
        assertThat(stand.get(clinic, "Group/clinic").body()).contains("base-ext-last-transmission");
        assertThat(stand.get(other, "Group/clinic").body()).as("nothing was sent to this app").doesNotContain("base-ext-last-transmission");
        assertThat(delta(other)).as("never sent to this app").isEqualTo(everything);
        changed("obs-ann");
        assertThat(delta(clinic)).containsExactly("Observation/obs-ann");
        assertThat(delta(other)).as("sent to the other one alone").containsExactly("Observation/obs-ann");
        assertThat(delta(other)).isEmpty();
    }

    /** PDex 2.2, Provider Access API: "when using provider-delta the provider client SHALL supply the _since parameter", and keeps track itself. */
    @Test
    void prv04_who_says_since_when_gets_what_changed_since_then() throws Exception {
        exported(clinic);
        Instant before = changed("obs-bob");
        assertThat(delta(clinic)).containsExactly("Observation/obs-bob");
        assertThat(delta(clinic, "_since", before.toString())).as("fetched once, and lost at the client").containsExactly("Observation/obs-bob");
        assertThat(delta(clinic, "_since", before.toString())).containsExactly("Observation/obs-bob");
    }

    @Test
    void prv04_what_was_sent_in_part_is_given_whole_by_the_next_delta() throws Exception {
        exported(clinic);
        assertThat(delta(clinic)).isEmpty();
        exported(clinic, "_since", changed("obs-cid").toString());
        assertThat(delta(clinic)).as("of who was in it: what was older had been left out").isEqualTo(everything.stream().filter(key -> key.endsWith("cid")).collect(Collectors.toSet()));
        assertThat(delta(clinic)).isEmpty();
        exported(clinic, "_elements", "Observation.code");
        assertThat(delta(clinic)).as("fields had been left out").isEqualTo(everything);
        String laboratory = stand.token("clinic-ehr", "system/Observation.rs?date=ge2024-01-01 system/Patient.rs");
        Set<String> some = exported(laboratory);
        assertThat(some).contains("Observation/obs-ann");
        Set<String> same = new TreeSet<>(delta(laboratory));
        assertThat(same).as("with the same scopes it goes on from there").isEmpty();
        String all = stand.token("clinic-ehr", "system/Observation.rs system/Patient.rs");
        assertThat(delta(all)).as("what the scopes' conditions had left out").contains("Observation/obs-ann", "Observation/obs-bob", "Patient/cid");
    }
}
