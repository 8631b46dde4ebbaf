package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;

import de.siegmar.fastcsv.reader.CsvReader;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpcdsLoadTest {

    private static LoadFixture.Definitions definitions;
    private LoadFixture fixture;
    @TempDir
    private Path folder;

    @BeforeAll
    static void read() {
        definitions = new LoadFixture.Definitions();
    }

    @BeforeEach
    void open() throws IOException {
        fixture = new LoadFixture(definitions);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    /** {@code -Dportolan.cpcds=DIR} names an export of Synthea's; without, the files are made of {@code -Dportolan.seed}. */
    @Test
    void edi01_everyLineOfAnExportIsAccountedFor() throws Exception {
        String given = System.getProperty("portolan.cpcds");
        long seed = Long.getLong("portolan.seed", 42);
        System.out.println("CPCDS files of the seed " + seed + (given == null ? "" : ", not used: " + given));
        CpcdsFiles.write(folder, seed, 40, 5);
        Path export = given != null ? Path.of(given) : folder;
        LoadRun run = fixture.load("cpcds", export, LoadFixture.options(false, false));
        assertThat(run.failure()).isNull();
        for (LoadRun.FileReport file : run.files()) {
            assertThat(file.lines()).as(file.part()).isEqualTo(file.mapped() + file.merged() + file.rejected()).isEqualTo(rows(export.resolve(file.name())));
            assertThat(file.rejected()).as(file.part() + " " + file.problems()).isZero();
        }
        assertThat(count("SELECT count(*) FROM store.resource r JOIN store.resource_type t ON t.number = r.type WHERE t.name = 'ExplanationOfBenefit'"))
            .isEqualTo(distinct(export.resolve("CPCDS_Claims.csv"), "Claim unique identifier"));
        long resources = run.files().stream().mapToLong(LoadRun.FileReport::resources).sum();
        System.out.printf("%d lines became %d resources%n", run.lines(), resources);
    }

    @Test
    void edi01_theSameFilesAgainChangeNothing() throws Exception {
        CpcdsFiles.write(folder, 1, 10, 4);
        fixture.load("cpcds", folder, LoadFixture.options(false, false));
        Map<String, String> before = LoadFixture.contents(fixture.pool, fixture.view());
        long history = count("SELECT count(*) FROM store.history");
        LoadRun again = fixture.load("cpcds", folder, LoadFixture.options(false, true));
        assertThat(again.files()).allSatisfy(file -> {
            assertThat(file.created() + file.updated()).as(file.part()).isZero();
            assertThat(file.unchanged()).as(file.part()).isPositive();
        });
        assertThat(LoadFixture.contents(fixture.pool, fixture.view())).isEqualTo(before);
        assertThat(count("SELECT count(*) FROM store.history")).isEqualTo(history);
    }

    @Test
    void edi06_aFileThatWasTheLastIsLeftOutUnlessItIsAskedFor() throws Exception {
        CpcdsFiles.write(folder, 1, 3, 1);
        fixture.load("cpcds", folder, LoadFixture.options(false, false));
        LoadRun second = fixture.load("cpcds", folder, LoadFixture.options(false, false));
        assertThat(second.files()).allSatisfy(file -> assertThat(file.state()).isEqualTo(LoadRun.FileState.SKIPPED));
        CpcdsFiles.write(folder, 2, 4, 1);
        fixture.load("cpcds", folder, LoadFixture.options(false, false));
        CpcdsFiles.write(folder, 1, 3, 1);
        LoadRun back = fixture.load("cpcds", folder, LoadFixture.options(false, false));
        assertThat(back.files()).filteredOn(file -> file.part().equals("members")).allSatisfy(file -> assertThat(file.state()).isEqualTo(LoadRun.FileState.LOADED));
    }

    @Test
    void aCorrectedRecordBecomesANewVersionAndKeepsTheOld() throws Exception {
        CpcdsFiles.write(folder, 1, 3, 2);
        fixture.load("cpcds", folder, LoadFixture.options(false, false));
        Path claims = folder.resolve("CPCDS_Claims.csv");
        List<String> lines = new ArrayList<>(Files.readAllLines(claims));
        for (int i = 0; i < lines.size(); i++) {
            lines.set(i, lines.get(i).startsWith("cl-1-0,") ? lines.get(i).replace(",80.00,", ",75.50,") : lines.get(i));
        }
        Files.write(claims, lines);
        LoadRun run = fixture.load("cpcds", folder, LoadFixture.options(false, false));
        LoadRun.FileReport report = run.files().stream().filter(file -> file.part().equals("claims")).findFirst().orElseThrow();
        assertThat(report.updated()).isEqualTo(1);
        assertThat(report.created()).isZero();
        assertThat(fixture.version("ExplanationOfBenefit", "cl-1-0")).isEqualTo(2);
        assertThat(fixture.version("ExplanationOfBenefit", "cl-1-1")).isEqualTo(1);
        assertThat(fixture.read("ExplanationOfBenefit", "cl-1-0").root().field("payment").field("amount").field("value").text()).isEqualTo("75.50");
    }

    @Test
    void rst37_whatAFullFeedNoMoreHasIsClosedAndNotDeleted() throws Exception {
        CpcdsFiles.write(folder, 1, 20, 1);
        fixture.load("cpcds", folder, LoadFixture.options(true, false));
        drop("CPCDS_Claims.csv", "cl-7-0,");
        drop("CPCDS_Coverages.csv", "c7,");
        LoadRun run = fixture.load("cpcds", folder, LoadFixture.options(true, false));
        assertThat(run.failure()).isNull();
        assertThat(fixture.read("ExplanationOfBenefit", "cl-7-0").root().fieldText("status")).isEqualTo("entered-in-error");
        assertThat(fixture.read("Coverage", "c7").root().fieldText("status")).isEqualTo("cancelled");
        assertThat(fixture.read("ExplanationOfBenefit", "cl-8-0").root().fieldText("status")).isEqualTo("active");
        assertThat(run.files().stream().filter(file -> file.part().equals("claims")).mapToLong(LoadRun.FileReport::closed).sum()).isEqualTo(1);
        CpcdsFiles.write(folder, 1, 20, 1);
        fixture.load("cpcds", folder, LoadFixture.options(true, false));
        assertThat(fixture.read("ExplanationOfBenefit", "cl-7-0").root().fieldText("status")).isEqualTo("active");
    }

    @Test
    void rst37_edi09_aRecordThatAFullFeedHasButThatIsRejectedIsNotTakenForGone() throws Exception {
        CpcdsFiles.write(folder, 1, 20, 1);
        fixture.load("cpcds", folder, LoadFixture.options(true, false));
        Path members = folder.resolve("CPCDS_Members.csv");
        List<String> lines = new ArrayList<>(Files.readAllLines(members));
        lines.set(8, lines.get(8).replaceFirst(",19\\d\\d-\\d\\d-\\d\\d,", ",,"));
        Files.write(members, lines);
        LoadRun run = fixture.load("cpcds", folder, LoadFixture.options(true, false));
        assertThat(run.failure()).isNull();
        LoadRun.FileReport report = run.files().stream().filter(file -> file.part().equals("members")).findFirst().orElseThrow();
        assertThat(report.rejected()).isEqualTo(1);
        assertThat(report.closed()).isZero();
        assertThat(report.note()).contains("nothing was closed").contains("--close-many");
        assertThat(fixture.read("Patient", "m7").root().field("active")).isNull();
    }

    @Test
    void aBrokenExtractDoesNotCloseHalfThePlan() throws Exception {
        CpcdsFiles.write(folder, 1, 20, 1);
        fixture.load("cpcds", folder, LoadFixture.options(true, false));
        CpcdsFiles.write(folder, 1, 10, 1);
        LoadRun run = fixture.load("cpcds", folder, LoadFixture.options(true, false));
        assertThat(run.state()).isEqualTo(LoadRun.State.FAILED);
        assertThat(run.failure()).contains("--close-many");
        assertThat(fixture.read("Coverage", "c15").root().fieldText("status")).isEqualTo("active");
    }

    @Test
    void rowsOfAClaimThatStandApartBecomeOneClaimAllTheSame() throws Exception {
        CpcdsFiles.write(folder, 3, 8, 3);
        fixture.load("cpcds", folder, LoadFixture.options(false, false));
        Map<String, String> together = LoadFixture.contents(fixture.pool, fixture.view());
        Path claims = folder.resolve("CPCDS_Claims.csv");
        List<String> lines = new ArrayList<>(Files.readAllLines(claims));
        List<String> rows = lines.subList(1, lines.size());
        // Apart, but each claim's own lines in their order: the order of lines is the claim's.
        Collections.shuffle(rows, new Random(7));
        rows.sort(java.util.Comparator.comparing(row -> Integer.parseInt(row.split(",")[26])));
        Files.write(claims, lines);
        try (LoadFixture other = new LoadFixture(definitions)) {
            LoadRun run = other.load("cpcds", folder, LoadFixture.options(false, false));
            assertThat(run.lines()).isPositive();
            Map<String, String> apart = LoadFixture.contents(other.pool, other.view());
            together.keySet().removeIf(key -> key.startsWith("Provenance/"));
            apart.keySet().removeIf(key -> key.startsWith("Provenance/"));
            assertThat(apart).isEqualTo(together);
        }
    }

    @Test
    void edi09_aRejectedRecordIsKeptWithItsLinesAndCanBeCorrected() throws Exception {
        CpcdsFiles.write(folder, 1, 3, 2);
        Path members = folder.resolve("CPCDS_Members.csv");
        List<String> lines = new ArrayList<>(Files.readAllLines(members));
        lines.set(2, lines.get(2).replaceFirst(",19\\d\\d-\\d\\d-\\d\\d,", ",,"));
        lines.add("m9,1990-01-01,too,few");
        Files.write(members, lines);
        LoadRun run = fixture.load("cpcds", folder, LoadFixture.options(false, false));
        LoadRun.FileReport report = run.files().stream().filter(file -> file.part().equals("members")).findFirst().orElseThrow();
        assertThat(report.rejected()).isEqualTo(2);
        assertThat(report.lines()).isEqualTo(4);
        assertThat(report.problems()).extracting(LoadRun.GroupedProblem::code).contains("missing-value", "wrong-column-count");
        assertThat(fixture.read("Patient", "m1")).isNull();
        List<Quarantine.Entry> waiting = fixture.quarantine.list(run.id(), Quarantine.State.OPEN, 10);
        assertThat(waiting).hasSize(2);
        Quarantine.Entry entry = fixture.quarantine.find(waiting.get(0).id()).orElseThrow();
        assertThat(entry.raw()).startsWith("Member id,Date of birth").contains("m1,,");
        assertThat(fixture.loads.reprocess(fixture.quarantine, entry.id(), null, "grace").resources()).isEmpty();
        assertThat(fixture.loads.reprocess(fixture.quarantine, entry.id(), entry.raw().replace("m1,,", "m1,1990-02-03,"), "grace").resources()).contains("Patient/m1");
        assertThat(fixture.read("Patient", "m1").root().fieldText("birthDate")).isEqualTo("1990-02-03");
        assertThat(fixture.quarantine.dismiss(waiting.get(1).id(), "grace", "a test line")).isTrue();
        assertThat(fixture.quarantine.open()).isZero();
    }

    @Test
    void pac30_aResourceKnowsTheRecordThatItCameFrom() throws Exception {
        CpcdsFiles.write(folder, 1, 3, 2);
        fixture.load("cpcds", folder, LoadFixture.options(false, false));
        LoadReports.Origin origin = fixture.reports.origins("ExplanationOfBenefit", "cl-1-1").get(0);
        assertThat(origin.fileName()).isEqualTo("CPCDS_Claims.csv");
        assertThat(origin.mapping()).isEqualTo("cpcds-claims");
        String line = Files.readAllLines(folder.resolve("CPCDS_Claims.csv")).get((int) origin.line() - 1);
        assertThat(line).startsWith("cl-1-1,");
        assertThat(new String(origin.raw(), java.nio.charset.StandardCharsets.UTF_8)).contains(line);
        List<String> told = LoadFixture.contents(fixture.pool, fixture.view()).entrySet().stream().filter(each -> each.getKey().startsWith("Provenance/") && each.getValue().contains("\"ExplanationOfBenefit/cl-1-1\"")).map(Map.Entry::getValue).toList();
        assertThat(told).singleElement(as(InstanceOfAssertFactories.STRING)).contains("ProvenanceSourceFrom", "\"system\":\"http://hl7.org/fhir/us/davinci-pdex/CodeSystem/ProvenancePayerDataSource\",\"code\":\"customtx\"");
    }

    @Test
    void pac23_theInsurerIsThePayorOfTheFocalCoverage() throws Exception {
        CpcdsFiles.write(folder, 1, 2, 4);
        fixture.load("cpcds", folder, LoadFixture.options(false, false));
        JsonDocument claim = fixture.read("ExplanationOfBenefit", "cl-0-0");
        String coverage = claim.root().field("insurance").firstChild().field("coverage").fieldText("reference");
        JsonValue payor = fixture.read("Coverage", coverage.substring("Coverage/".length())).root().field("payor").firstChild();
        assertThat(claim.root().field("insurer").fieldText("reference")).isEqualTo(payor.fieldText("reference")).isEqualTo("Organization/payer1");
        assertThat(fixture.read("Organization", "payer1")).isNotNull();
    }

    @Test
    void edi10_eachFeedTellsHowOldItsNewestDataIs() throws Exception {
        CpcdsFiles.write(folder, 1, 2, 1);
        fixture.load("cpcds", folder, LoadFixture.options(false, false));
        assertThat(fixture.reports.freshness()).extracting(LoadReports.Freshness::part).contains("members", "claims");
        assertThat(fixture.reports.freshness()).allSatisfy(part -> assertThat(part.newest()).isBeforeOrEqualTo(java.time.Instant.now()));
    }

    private void drop(String file, String start) throws IOException {
        Path path = folder.resolve(file);
        Files.write(path, Files.readAllLines(path).stream().filter(line -> !line.startsWith(start)).toList());
    }

    private long count(String sql) throws Exception {
        try (var connection = fixture.pool.getConnection(); var statement = connection.createStatement(); var row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static long rows(Path file) throws IOException {
        try (var reader = CsvReader.builder().ofNamedCsvRecord(file)) {
            return reader.stream().count();
        }
    }

    private static long distinct(Path file, String column) throws IOException {
        try (var reader = CsvReader.builder().ofNamedCsvRecord(file)) {
            return reader.stream().map(record -> record.getField(column)).distinct().count();
        }
    }
}
