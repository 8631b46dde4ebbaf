package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a full feed no more has. Each test has feeds of its own in one database. */
class ClosingTest {

    private static LoadFixture fixture;
    @TempDir
    private Path folder;

    @BeforeAll
    static void open() throws IOException {
        fixture = new LoadFixture(LoadFixture.Definitions.shared());
    }

    @AfterAll
    static void close() {
        fixture.close();
    }

    private LoadRun load(String feed, boolean full, boolean closeMany, String... lines) throws Exception {
        Path file = Files.write(folder.resolve(feed + ".ndjson"), List.of(lines));
        return fixture.finished(fixture.loads.ask(feed, "ndjson", file.toString(), new LoadOptions(full, closeMany, false, LoadOptions.Validation.OFF), Map.of(), Map.of(), "test"));
    }

    private static String patient(String id) {
        return "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"active\":true}";
    }

    private static String active(String id) {
        return fixture.read("Patient", id).root().field("active").text();
    }

    @Test
    void rst37_theSameFileClosesManyOnceThatIsAskedForAsTheRefusalSays() throws Exception {
        load("many", true, false, patient("many-1"), patient("many-2"), patient("many-3"));
        assertThat(load("many", true, false, patient("many-1")).failure()).contains("--close-many");
        assertThat(active("many-3")).isEqualTo("true");
        LoadRun meant = load("many", true, true, patient("many-1"));
        assertThat(meant.failure()).isNull();
        assertThat(meant.files().get(0).closed()).isEqualTo(2);
        assertThat(active("many-3")).isEqualTo("false");
        assertThat(load("many", true, true, patient("many-1")).files().get(0).state()).as("and no more than once").isEqualTo(LoadRun.FileState.SKIPPED);
    }

    @Test
    void rst37_aFileThatWasLoadedAsAnyOtherClosesWhenItIsLoadedAsAFullOne() throws Exception {
        load("later", false, false, patient("later-1"), patient("later-2"));
        load("later", false, false, patient("later-1"));
        assertThat(load("later", true, false, patient("later-1")).files().get(0).closed()).isEqualTo(1);
        assertThat(active("later-2")).isEqualTo("false");
    }

    @Test
    void edi11_whoIsGoneFromOneFeedAndDeliveredByAnotherStays() throws Exception {
        load("medicare", true, false, patient("both"), patient("both-other"));
        load("commercial", true, false, patient("both"), patient("commercial-1"));
        assertThat(load("commercial", true, false, patient("commercial-1")).files().get(0).closed()).isZero();
        assertThat(active("both")).isEqualTo("true");
        assertThat(load("medicare", true, false, patient("both-other")).files().get(0).closed()).as("now nobody delivers it").isEqualTo(1);
        assertThat(active("both")).isEqualTo("false");
    }

    /** Two sources that number their patients by themselves: no record is of two people, unless somebody has looked and says that they are one. */
    @Test
    void edi11_aNumberThatAnotherFeedGivesToSomebodyElseIsRefused() throws Exception {
        String ana = "{\"resourceType\":\"Patient\",\"id\":\"shared\",\"birthDate\":\"1950-01-01\",\"name\":[{\"family\":\"Diaz\"}]}";
        String sam = ana.replace("1950-01-01", "2001-05-06").replace("Diaz", "Moore");
        load("clinic-a", false, false, ana);
        LoadRun second = load("clinic-b", false, false, sam);
        assertThat(second.files().get(0).problems()).extracting(LoadRun.GroupedProblem::code).containsExactly("other-person");
        assertThat(second.files().get(0).problems().get(0).message()).doesNotContain("1950", "2001");
        assertThat(fixture.read("Patient", "shared").root().fieldText("birthDate")).isEqualTo("1950-01-01");
        assertThat(load("clinic-b", false, false, ana.replace("1950-01-01", "1950-01").replace("Diaz", "Diaz-Moore")).rejected()).as("the same person, told less exactly").isZero();
        assertThat(load("clinic-a", false, false, ana.replace("1950-01-01", "1950-01-10")).rejected()).as("another feed told only the month").isZero();
        Quarantine.Entry entry = fixture.quarantine.list(second.id(), Quarantine.State.OPEN, 1).get(0);
        LoadRun third = load("clinic-c", false, false, sam);
        Quarantine.Entry looked = fixture.quarantine.list(third.id(), Quarantine.State.OPEN, 1).get(0);
        assertThat(fixture.loads.reprocess(fixture.quarantine, looked.id(), null, "grace").resources()).containsExactly("Patient/shared");
        assertThat(fixture.loads.reprocess(fixture.quarantine, entry.id(), null, "grace").resources()).as("of its own feed a later file has brought it").isEmpty();
    }

    @Test
    void rst37_clinicalRecordsOfEveryTypeAreWithdrawnAsFhirHasIt() throws Exception {
        String subject = "\"subject\":{\"reference\":\"Patient/w\"}";
        String condition = "{\"resourceType\":\"Condition\",\"id\":\"w-condition\",\"clinicalStatus\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/condition-clinical\",\"code\":\"active\"}]},\"code\":{\"text\":\"x\"}," + subject + "}";
        String allergy = "{\"resourceType\":\"AllergyIntolerance\",\"id\":\"w-allergy\",\"verificationStatus\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification\",\"code\":\"confirmed\"}]},"
            + "\"clinicalStatus\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical\",\"code\":\"active\"}]},\"code\":{\"text\":\"x\"},\"patient\":{\"reference\":\"Patient/w\"}}";
        String document = "{\"resourceType\":\"DocumentReference\",\"id\":\"w-document\",\"status\":\"current\"," + subject + ",\"content\":[{\"attachment\":{\"url\":\"urn:x\"}}]}";
        String goal = "{\"resourceType\":\"Goal\",\"id\":\"w-goal\",\"lifecycleStatus\":\"active\",\"description\":{\"text\":\"x\"}," + subject + "}";
        String basic = "{\"resourceType\":\"Basic\",\"id\":\"w-basic\",\"code\":{\"text\":\"x\"}," + subject + "}";
        load("withdrawn", true, false, patient("w"), condition, allergy, document, goal, basic);
        LoadRun.FileReport report = load("withdrawn", true, true, patient("w")).files().get(0);
        for (String key : List.of("Condition/w-condition", "AllergyIntolerance/w-allergy")) {
            JsonDocument closed = fixture.read(key.substring(0, key.indexOf('/')), key.substring(key.indexOf('/') + 1));
            assertThat(closed.root().field("verificationStatus").toJson()).as(key).contains("entered-in-error");
            assertThat(closed.root().field("clinicalStatus")).as(key + ": con-5, ait-2").isNull();
        }
        assertThat(fixture.read("DocumentReference", "w-document").root().fieldText("status")).isEqualTo("entered-in-error");
        assertThat(fixture.read("Goal", "w-goal").root().fieldText("lifecycleStatus")).isEqualTo("entered-in-error");
        assertThat(report.closed()).as("what cannot be closed is not counted as closed").isEqualTo(4);
        assertThat(report.note()).contains("Basic");
    }
}
