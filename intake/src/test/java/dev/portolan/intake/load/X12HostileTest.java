package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are wrong: the acknowledgement says what, nothing is half loaded, and every segment is accounted for. */
class X12HostileTest {

    private static LoadFixture.Definitions definitions;
    private LoadFixture fixture;
    @TempDir
    private Path folder;
    private int files;

    @BeforeAll
    static void read() {
        definitions = LoadFixture.Definitions.shared();
    }

    @BeforeEach
    void open() throws IOException {
        fixture = new LoadFixture(definitions);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private static String enrolment(int number, String... members) {
        List<String> segments = new ArrayList<>(X12EnrollmentTest.HEADER);
        for (String member : members) {
            segments.addAll(member(member));
        }
        return new X12Text(number, "BE", X12EnrollmentTest.VERSION).transaction("834", segments).toString();
    }

    private static List<String> member(String id) {
        return List.of("INS*Y*18*021*20*A***FT", "REF*0F*" + id, "REF*1L*g1", "NM1*IL*1*DOE*" + id.toUpperCase(java.util.Locale.ROOT), "DMG*D8*19800203*F", "HD*021**HLT*PLAN*EMP", "DTP*348*D8*20240101");
    }

    @Test
    void edi06_whatIsAcceptedIsAcknowledgedInTheTermsOfTa1And999() throws Exception {
        load(enrolment(1, "a", "b"));
        LoadReports.Acknowledgement accepted = acknowledgement();
        assertThat(accepted.report().path("interchanges").path(0).path("status").asText()).isEqualTo("ACCEPTED");
        assertThat(accepted.answer()).contains("TA1*000000001*240501*1200*A*000~", "AK1*BE*1*005010X220A1~", "AK2*834*0001*005010X220A1~", "IK5*A~", "AK9*A*1*1*1~");
        assertThat(accepted.answer().split("\n")[0]).as("sender and receiver change places").contains("*ZZ*PLAN           *ZZ*SENDER         *");
        assertThat(accepted.answer().split("\n")[0]).hasSize(106);
    }

    @Test
    void edi06_anInterchangeThatCameBeforeIsRefusedUnlessItIsAskedFor() throws Exception {
        load(enrolment(1, "a"));
        String other = enrolment(1, "b");
        LoadRun.FileReport second = load(other);
        assertThat(second.rejected()).isEqualTo(second.lines()).isEqualTo(X12Text.segments(other));
        assertThat(acknowledgement().answer()).contains("TA1*000000001*240501*1200*R*025~").doesNotContain("AK1");
        assertThat(fixture.read("Patient", "b")).isNull();
        Path file = folder.resolve("again.x12");
        Files.writeString(file, other);
        fixture.load("x12", file, LoadFixture.options(false, true));
        assertThat(fixture.read("Patient", "b")).isNotNull();
        String twice = enrolment(2, "c") + enrolment(2, "d");
        LoadRun.FileReport inOneFile = load(twice);
        assertThat(inOneFile.rejected()).isPositive();
        assertThat(fixture.read("Patient", "c")).isNotNull();
        assertThat(fixture.read("Patient", "d")).isNull();
    }

    @Test
    void edi06_countsAndNumbersThatDisagreeRejectWhatTheyAreAbout() throws Exception {
        record Case(String from, String to, String ta1, String code) {}
        int number = 10;
        for (Case one : List.of(new Case("SE*13*", "SE*14*", "000", "IK5*R*4~"), new Case("SE*13*0001", "SE*13*0009", "000", "IK5*R*3~"), new Case("GE*1*", "GE*2*", "000", "*5~"), new Case("GE*1*1", "GE*1*7", "000", "*4~"),
            new Case("IEA*1*", "IEA*2*", "021", ""), new Case("IEA*1*0", "IEA*1*9", "001", ""), new Case("ST*834*0001*005010X220A1", "ST*834*0001*004010X095A1", "000", "IK5*R*I6~"), new Case("ST*834", "ST*820", "000", "IK5*R*1~"))) {
            number++;
            String id = "w" + number;
            String right = enrolment(number, id);
            String wrong = right.replaceFirst(java.util.regex.Pattern.quote(one.from()), one.to());
            assertThat(wrong).as(one.toString()).isNotEqualTo(right);
            LoadRun.FileReport report = load(wrong);
            assertThat(report.rejected()).as(one + " " + report).isEqualTo(X12Text.segments(wrong)).isEqualTo(report.lines());
            assertThat(acknowledgement().answer()).as(one.toString()).contains("*" + one.ta1() + "~", one.code());
            assertThat(fixture.read("Patient", id)).isNull();
            // What was refused for itself may come again under its number.
            assertThat(load(right).rejected()).as(one.toString()).isZero();
            assertThat(fixture.read("Patient", id)).isNotNull();
        }
    }

    @Test
    void edi06_oneTransactionOfTwoIsRejectedAndTheOtherLoaded() throws Exception {
        String text = new X12Text(1, "BE", X12EnrollmentTest.VERSION).transaction("834", X12Text.list(X12EnrollmentTest.HEADER, member("a"), member("b"))).transaction("834", X12Text.list(X12EnrollmentTest.HEADER, member("c"))).toString();
        LoadRun.FileReport report = load(text.replaceFirst("SE\\*20\\*", "SE*21*"));
        assertThat(acknowledgement().answer()).contains("AK9*P*2*2*1~", "IK5*R*4~", "IK5*A~");
        assertThat(report.mapped()).isEqualTo(1);
        assertThat(fixture.read("Patient", "a")).isNull();
        assertThat(fixture.read("Patient", "c")).isNotNull();
        List<Quarantine.Entry> waiting = fixture.quarantine.list(report(report), Quarantine.State.OPEN, 10);
        assertThat(waiting).hasSize(2);
        Quarantine.Entry entry = fixture.quarantine.find(waiting.get(0).id()).orElseThrow();
        assertThat(entry.raw()).startsWith("ISA*").contains("REF*0F*a~").doesNotContain("REF*0F*b~");
        assertThat(fixture.loads.reprocess(fixture.quarantine, entry.id(), null, "grace").resources()).contains("Patient/a");
    }

    @Test
    void edi06_aSegmentThatIsWrongIsNamedByItsPlaceAndItsRecordRejected() throws Exception {
        List<String> wrong = new ArrayList<>(member("a"));
        wrong.set(4, "DMG*D8*19801303*F");
        wrong.add(3, "ZZZ*1");
        LoadRun.FileReport report = load(new X12Text(1, "BE", X12EnrollmentTest.VERSION).transaction("834", X12Text.list(X12EnrollmentTest.HEADER, wrong, member("b"))).toString());
        assertThat(acknowledgement().answer()).contains("IK3*ZZZ*9**6~", "IK3*DMG*11**8~", "IK4*2**8~", "IK5*E*5~", "AK9*E*1*1*1~");
        JsonNode segment = acknowledgement().report().path("interchanges").path(0).path("groups").path(0).path("transactions").path(0).path("segments").path(1);
        assertThat(segment.path("line").asLong()).isEqualTo(13);
        assertThat(report.problems()).extracting(LoadRun.GroupedProblem::code).containsExactly("bad-element");
        assertThat(report.problems().get(0).examples()).containsExactly(13L);
        assertThat(fixture.read("Patient", "a")).isNull();
        assertThat(fixture.read("Patient", "b")).isNotNull();
    }

    @Test
    void edi06_aFileThatIsCutAnywhereLoadsNothingOfWhatIsOpen() throws Exception {
        long seed = Long.getLong("portolan.seed", 42);
        Random random = new Random(seed);
        String whole = enrolment(1, "whole");
        String cut = enrolment(2, "a", "b", "c");
        for (int i = 0; i < Integer.getInteger("portolan.x12.cuts", 12); i++) {
            int at = 107 + random.nextInt(cut.length() - 108);
            String text = whole + cut.substring(0, at);
            String why = "seed " + seed + ", cut at " + at;
            LoadRun.FileReport report = load(text, true);
            assertThat(report.lines()).as(why).isEqualTo(report.mapped() + report.merged() + report.rejected());
            assertThat(fixture.read("Patient", "whole")).as(why).isNotNull();
            for (String id : List.of("a", "b", "c")) {
                assertThat(fixture.read("Patient", id)).as(why).isNull();
            }
            assertThat(acknowledgement().answer()).as(why).contains("TA1*000000002*240501*1200*R*023~");
        }
    }

    @Test
    void aSegmentWithoutAnEndIsStoppedAndNotReadIntoMemory() throws Exception {
        Path file = folder.resolve("huge.x12");
        String start = enrolment(1, "a");
        try (var out = Files.newBufferedWriter(file)) {
            out.write(start.substring(0, start.indexOf("INS*")));
            for (int i = 0; i < 40_000; i++) {
                out.write("x".repeat(1_000));
            }
        }
        LoadRun run = fixture.load("x12", file, LoadFixture.options(false, false));
        assertThat(run.failure()).isNull();
        assertThat(fixture.reports.acknowledgements(run.id()).get(0).report().path("broken").asText()).isNotEmpty();
        assertThat(run.files().get(0).rejected()).isEqualTo(run.files().get(0).lines());
    }

    @Test
    void whatIsNoX12IsSaidSoAndNamesWhatIsExpected() throws Exception {
        Path file = folder.resolve("letter.x12");
        Files.writeString(file, "Dear plan, please find our members attached.");
        LoadRun run = fixture.load("x12", file, LoadFixture.options(false, false));
        assertThat(run.state()).isEqualTo(LoadRun.State.FAILED);
        assertThat(run.failure()).contains("x12");
    }

    @Test
    void otherDelimitersAndLineBreaksMakeNoDifference() throws Exception {
        load(enrolment(1, "a", "b"));
        Map<String, String> plain = LoadFixture.contents(fixture.pool, fixture.view());
        try (LoadFixture other = new LoadFixture(definitions)) {
            Path file = folder.resolve("other.x12");
            Files.writeString(file, X12Text.withDelimiters(enrolment(1, "a", "b"), '|', '>', '!', "'\r\n"));
            LoadRun run = other.load("x12", file, LoadFixture.options(false, false));
            assertThat(run.failure()).isNull();
            Map<String, String> same = LoadFixture.contents(other.pool, other.view());
            plain.keySet().removeIf(key -> key.startsWith("Provenance/"));
            same.keySet().removeIf(key -> key.startsWith("Provenance/"));
            assertThat(same).isEqualTo(plain);
        }
    }

    @Test
    void rst37_aChangeFileClosesNothingAndAFullOneDoes() throws Exception {
        load(enrolment(1, "a", "b", "c", "d", "e", "f"));
        Path change = folder.resolve("change.x12");
        Files.writeString(change, new X12Text(2, "BE", X12EnrollmentTest.VERSION).transaction("834", X12Text.list(X12EnrollmentTest.CHANGES, member("g"))).toString());
        LoadRun run = fixture.load("x12", change, LoadFixture.options(true, false));
        assertThat(run.failure()).isNull();
        assertThat(run.files().get(0).closed()).isZero();
        assertThat(run.files().get(0).note()).contains("changes");
        Path full = folder.resolve("full.x12");
        Files.writeString(full, enrolment(3, "a", "b", "c", "d", "e", "g"));
        LoadRun closing = fixture.load("x12", full, LoadFixture.options(true, false));
        assertThat(closing.failure()).isNull();
        assertThat(fixture.read("Coverage", "f-HLT-PLAN").root().fieldText("status")).isEqualTo("cancelled");
        assertThat(fixture.read("Coverage", "a-HLT-PLAN").root().fieldText("status")).isEqualTo("active");
    }

    private long report(LoadRun.FileReport file) {
        return fixture.reports.latest(1).get(0).id();
    }

    private LoadReports.Acknowledgement acknowledgement() {
        return fixture.reports.acknowledgements(fixture.reports.latest(1).get(0).id()).get(0);
    }

    private LoadRun.FileReport load(String text) throws Exception {
        return load(text, false);
    }

    private LoadRun.FileReport load(String text, boolean again) throws Exception {
        Path file = folder.resolve("file-" + ++files + ".x12");
        Files.writeString(file, text);
        LoadRun run = fixture.load("x12", file, LoadFixture.options(false, again));
        assertThat(run.failure()).isNull();
        return run.files().get(0);
    }
}
