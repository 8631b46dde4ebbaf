package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.store.ResourceKey;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plan's own extract with the mistakes that extracts and mappings have: nothing of it may get lost without a word, or become something that the plan never said. */
class MappedFileTest {

    private static final String CLAIMS = """
        mapping: claims
        version: "1"
        input: {group-by: Claim}
        resources:
          - resourceType: Basic
            id: "{Claim | required | id}"
            code: {text: "{Text | default none}"}
            author: {display: "{Amount | sum Line | text}"}
            identifier:
              - {$each: row, value: "{Line}"}
        """;
    /** As an engineer writes it who has not read of group-by. */
    private static final String LINES = CLAIMS.replace("input: {group-by: Claim}\n", "");

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

    private LoadRun.FileReport load(String feed, String mapping, Charset encoding, List<String> rows) throws Exception {
        Path file = folder.resolve(feed + ".csv");
        Files.write(file, (String.join("\n", rows) + "\n").getBytes(encoding));
        LoadRun run = fixture.finished(fixture.loads.ask(feed, "mapping", file.toString(), LoadFixture.options(false, false), Map.of("mapping", mapping), Map.of(), "test"));
        assertThat(run.failure()).isNull();
        LoadRun.FileReport report = run.files().get(0);
        assertThat(report.lines()).isEqualTo(report.mapped() + report.merged() + report.rejected());
        return report;
    }

    private static String identifiers(String claim) {
        return fixture.read("Basic", claim).root().field("identifier").toJson();
    }

    /** A member asked for it (45 CFR 164.522), and the next night's delivery knows nothing of that. */
    @Test
    void whatSomebodyRestrictedHereStaysRestricted() throws Exception {
        String restricted = "{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\",\"code\":\"R\"}";
        load("held", CLAIMS, StandardCharsets.UTF_8, List.of("Claim,Line,Amount", "h1,1,10", "h2,1,10"));
        for (String id : List.of("h1", "h2")) {
            String label = id.equals("h1") ? restricted : restricted.replace("\"R\"", "\"N\"");
            String stands = fixture.read("Basic", id).root().toJson();
            fixture.view().write(transaction -> transaction.put(new ResourceKey("Basic", id), JsonDocument.parse(stands.replaceFirst("\"meta\":\\{", "\"meta\":{\"security\":[" + label + "],"))));
        }
        load("held", CLAIMS, StandardCharsets.UTF_8, List.of("Claim,Line,Amount", "h1,1,20", "h2,1,20", "h3,1,1"));
        assertThat(fixture.read("Basic", "h1").root().field("author").fieldText("display")).isEqualTo("20");
        assertThat(fixture.read("Basic", "h1").root().field("meta").field("security").toJson()).isEqualTo("[" + restricted + "]");
        assertThat(fixture.read("Basic", "h2").root().field("meta").field("security")).as("keeps it from nobody").isNull();
        long version = fixture.version("Basic", "h1");
        load("held", CLAIMS, StandardCharsets.UTF_8, List.of("Claim,Line,Amount", "h1,1,20", "h4,1,1"));
        assertThat(fixture.version("Basic", "h1")).as("and is nothing new").isEqualTo(version);
    }

    @Test
    void recordsThatReplaceEachOtherAreToldInOneBatchAndAcrossThem() throws Exception {
        LoadRun.FileReport near = load("near", LINES, StandardCharsets.UTF_8, List.of("Claim,Line,Amount", "n1,1,10", "n2,1,10", "n1,2,20", "n3,1,5", "n3,1,5"));
        assertThat(near.problems()).extracting(LoadRun.GroupedProblem::code, LoadRun.GroupedProblem::examples).as("n2 stands alone, and n3 says the same twice").containsExactly(tuple("same-key", List.of(2L)));
        assertThat(near.warned()).isEqualTo(1);

        List<String> far = new java.util.ArrayList<>(List.of("Claim,Line,Amount", "far,1,10"));
        IntStream.range(0, 400).forEach(number -> far.add("filler-" + number + ",1,1"));
        far.add("far,2,20");
        assertThat(load("far", LINES, StandardCharsets.UTF_8, far).problems()).extracting(LoadRun.GroupedProblem::code, LoadRun.GroupedProblem::examples).containsExactly(tuple("same-key", List.of(403L)));
        far.set(401, "filler-399,1,2");
        assertThat(load("far", CLAIMS, StandardCharsets.UTF_8, far).problems()).as("a new delivery replaces what the old one said").isEmpty();
        assertThat(identifiers("far")).isEqualTo("[{\"value\":\"1\"},{\"value\":\"2\"}]");
        assertThat(fixture.read("Basic", "far").root().field("author").fieldText("display")).isEqualTo("30");
    }

    @Test
    void aRecordWithALostCharacterIsRefusedWholeAndNamesTheRemedy() throws Exception {
        LoadRun.FileReport report = load("latin", CLAIMS, Charset.forName("windows-1252"), List.of("Claim,Line,Amount,Text", "l1,1,10,plain", "l1,2,10,Muñoz", "l2,1,10,plain"));
        assertThat(report.rejected()).as("both lines of the claim").isEqualTo(2);
        assertThat(report.problems()).extracting(LoadRun.GroupedProblem::code).containsExactly("not-utf-8");
        assertThat(report.problems().get(0).message()).contains("iconv");
        assertThat(fixture.read("Basic", "l1")).isNull();
        assertThat(fixture.read("Basic", "l2")).isNotNull();
        assertThat(load("latin", CLAIMS, StandardCharsets.UTF_8, List.of("Claim,Line,Amount,Text", "l1,1,10,plain", "l1,2,10,Muñoz", "l2,1,10,plain")).rejected()).isZero();
        assertThat(identifiers("l1")).isEqualTo("[{\"value\":\"1\"},{\"value\":\"2\"}]");
    }

    @Test
    void aRowThatIsTakenAgainNeitherReplacesTheRestOfItsRecordNorWhatCameLater() throws Exception {
        load("again", CLAIMS, StandardCharsets.UTF_8, List.of("Claim,Line,Amount", "a1,1,10", "a1,2,20,too many", "a1,3,30"));
        Quarantine.Entry row = open("again");
        Loads.Reprocessed part = fixture.loads.reprocess(fixture.quarantine, row.id(), "Claim,Line,Amount\na1,2,20\n", "grace");
        assertThat(part.resources()).isEmpty();
        assertThat(part.problems()).extracting("code").containsExactly("part-of-record");
        assertThat(identifiers("a1")).isEqualTo("[{\"value\":\"1\"},{\"value\":\"3\"}]");

        load("again", CLAIMS, StandardCharsets.UTF_8, List.of("Claim,Line,Amount", "a1,1,10", "a1,2,20", "a1,3,30"));
        assertThat(fixture.loads.reprocess(fixture.quarantine, row.id(), "Claim,Line,Amount\na1,2,20\n", "grace").problems()).extracting("code").containsExactly("outdated");
        assertThat(identifiers("a1")).isEqualTo("[{\"value\":\"1\"},{\"value\":\"2\"},{\"value\":\"3\"}]");
        assertThat(fixture.loads.reprocess(fixture.quarantine, row.id(), "Claim,Line,Amount\na2,2,20\n", "grace").resources()).as("nobody else's").containsExactly("Basic/a2");
    }

    @Test
    void whatIsOnlyWrittenIfAbsentDoesNotReplaceWhatTheSameBatchWrites() throws Exception {
        String mapping = """
            mapping: holders
            version: "1"
            resources:
              - resourceType: Basic
                id: "{Member | required | id}"
                code: {text: "{Text}"}
              - resourceType: Basic
                $only-if-absent: true
                id: "{Holder | required | id}"
                code: {text: "holder"}
            """;
        load("holders", mapping, StandardCharsets.UTF_8, List.of("Member,Holder,Text", "h1,h1,first", "h2,h1,second", "h4,h3,fourth", "h3,h3,third", "h5,h6,fifth"));
        assertThat(List.of("h1", "h2", "h3", "h4", "h5", "h6")).extracting(id -> fixture.read("Basic", id).root().field("code").fieldText("text"))
            .containsExactly("first", "second", "third", "fourth", "fifth", "holder");
        assertThat(fixture.read("Basic", "h3").root().field("meta").fieldText("versionId")).as("written once").isEqualTo("1");
        assertThat(load("repeated", mapping, StandardCharsets.UTF_8, List.of("Member,Holder,Text", "r1,r1,first", "r2,r1,second", "r1,r1,third")).problems())
            .extracting(LoadRun.GroupedProblem::code, LoadRun.GroupedProblem::examples).as("the record that is replaced, not the one that names it").containsExactly(tuple("same-key", List.of(2L)));
    }

    private static Quarantine.Entry open(String feed) {
        return fixture.quarantine.list(null, Quarantine.State.OPEN, 100).stream().filter(entry -> entry.feed().equals(feed)).findFirst().orElseThrow();
    }
}
