package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files as no reader of a standard expects them: one line of them is never the whole load's end, and nothing of them is taken for what it is not. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class OddFilesTest {

    private static final String PEOPLE = """
        mapping: people
        version: "1"
        input: {required: [Member]}
        codes:
          sex: {values: {F: female, M: male}, otherwise: unknown}
        resources:
          - resourceType: Patient
            id: "{Member | required | id}"
            gender: "{Sex | code sex}"
            name: [{family: "{Name}"}]
        """;

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

    private static LoadRun run(String feed, String kind, Path file, Map<String, String> details) throws Exception {
        return fixture.finished(fixture.loads.ask(feed, kind, file.toString(), LoadFixture.options(false, false), details, Map.of(), "test"));
    }

    private LoadRun people(String feed, String name, String text) throws Exception {
        return run(feed, "mapping", Files.writeString(folder.resolve(name), text), Map.of("mapping", PEOPLE));
    }

    private static LoadRun.FileReport only(LoadRun run) {
        assertThat(run.failure()).isNull();
        return run.files().get(0);
    }

    @Test
    void edi09_aTextWhereACodeShouldStandOrAZeroByteIsThatRowsAffair() throws Exception {
        StringBuilder text = new StringBuilder();
        new Random(5).ints(9_000, 'A', 'z').filter(Character::isLetterOrDigit).forEach(c -> text.append((char) c));
        LoadRun.FileReport report = only(people("texts", "texts.csv", "Member,Sex,Name\nt1," + text + ",Long\nt2,\u0000,Zero\nt3,F\u0000,Zero\nt4,F,Plain\n"));
        assertThat(fixture.read("Patient", "t1")).isNotNull();
        assertThat(fixture.read("Patient", "t4")).isNotNull();
        assertThat(report.unmapped()).allSatisfy(code -> assertThat(code.code()).hasSizeLessThan(300));
    }

    @Test
    void edi09_aLineOfNdjsonWithOddNamesProfilesOrReferencesEndsNoLoad() throws Exception {
        StringBuilder profile = new StringBuilder("http://example.org/");
        new Random(6).ints(9_000, 'A', 'z').filter(Character::isLetterOrDigit).forEach(c -> profile.append((char) c));
        String encounter = "{\"resourceType\":\"Encounter\",\"id\":\"%s\",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"participant\":[{\"individual\":{\"reference\":\"%s\"}}]}\n";
        StringBuilder lines = new StringBuilder();
        lines.append("{\"resourceType\":\"Patient\",\"id\":\"o1\",\"\\u0000\":1}\n").append("{\"resourceType\":\"Patient\",\"id\":\"o2\",\"").append("x".repeat(20)).append(profile.toString().replaceAll("\\W", "")).append("\":1}\n");
        int number = 0;
        for (String reference : List.of("Binary?identifier=1", "Nonsense?identifier=1", "Practitioner?identifier=|", "Practitioner?identifier=a|b|c", "Practitioner?identifier=\\\\", "Practitioner?identifier=%zz", "Practitioner?identifier=\\u0000")) {
            lines.append(encounter.formatted("odd-" + number++, reference));
        }
        lines.append("{\"resourceType\":\"Patient\",\"id\":\"o3\",\"meta\":{\"profile\":[\"").append(profile).append("\"]}}\n");
        Path file = Files.writeString(folder.resolve("odd.ndjson"), lines);
        LoadRun run = fixture.finished(fixture.loads.ask("odd", "ndjson", file.toString(), new LoadOptions(false, false, false, LoadOptions.Validation.EVERY), Map.of(), Map.of(), "test"));
        assertThat(only(run).lines()).isEqualTo(10);
        assertThat(fixture.read("Encounter", "odd-0")).isNotNull();
        assertThat(fixture.read("Patient", "o3")).isNotNull();
    }

    @Test
    void aConditionalReferenceIsDecodedAndACommaInItIsNoOr() throws Exception {
        Path file = Files.writeString(folder.resolve("cond.ndjson"), "{\"resourceType\":\"Practitioner\",\"id\":\"c-one\",\"identifier\":[{\"system\":\"http://x/y\",\"value\":\"1\"}]}\n");
        only(run("cond", "ndjson", file, Map.of()));
        String encounter = "{\"resourceType\":\"Encounter\",\"id\":\"%s\",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"participant\":[{\"individual\":{\"reference\":\"%s\"}}]}\n";
        only(run("cond", "ndjson", Files.writeString(folder.resolve("cond2.ndjson"), encounter.formatted("c-encoded", "Practitioner?identifier=http%3A%2F%2Fx%2Fy%7C1") + encounter.formatted("c-comma", "Practitioner?identifier=http://x/y|1,2")), Map.of()));
        assertThat(fixture.read("Encounter", "c-encoded").root().toJson()).contains("Practitioner/c-one");
        assertThat(fixture.read("Encounter", "c-comma").root().toJson()).doesNotContain("Practitioner/c-one");
    }

    @Test
    void aBundleOnALineIsNotKeptWholeWhereNobodyFindsIt() throws Exception {
        String bundle = "{\"resourceType\":\"Bundle\",\"id\":\"%s\",\"type\":\"%s\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"in-bundle\"}}]}\n";
        LoadRun.FileReport report = only(run("bundles", "ndjson", Files.writeString(folder.resolve("bundles.ndjson"), bundle.formatted("bundle-c", "collection") + bundle.formatted("bundle-d", "document")), Map.of()));
        assertThat(report.problems()).extracting(LoadRun.GroupedProblem::code).containsExactly("bundle");
        assertThat(fixture.read("Bundle", "bundle-c")).isNull();
        assertThat(fixture.read("Bundle", "bundle-d")).isNotNull();
    }

    @Test
    void aMarkOfTheByteOrderIsNoPartOfTheFirstColumnOrLine() throws Exception {
        only(people("marked", "marked.csv", "\uFEFF\"Member\",\"Sex\",\"Name\"\n\"bom-1\",\"F\",\"Quist\"\n"));
        assertThat(fixture.read("Patient", "bom-1")).isNotNull();
        assertThat(only(run("marked-lines", "ndjson", Files.writeString(folder.resolve("marked.ndjson"), "\uFEFF{\"resourceType\":\"Patient\",\"id\":\"bom-2\"}\n"), Map.of())).rejected()).isZero();
    }

    @Test
    void whatStandsInQuotationMarksDoesNotTellTheDelimiterAndAnEndingIsOneInCapitalsToo() throws Exception {
        only(people("semicolons", "semicolons.csv", "Member;Sex;Name;\"Old, older, oldest name\"\nsemi-1;F;Quist;x\n"));
        assertThat(fixture.read("Patient", "semi-1")).isNotNull();
        Path packed = folder.resolve("PEOPLE.CSV.GZ");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write("Member,Sex,Name\ncaps-1,F,Quist\n".getBytes(StandardCharsets.UTF_8));
        }
        only(run("capitals", "mapping", packed, Map.of("mapping", PEOPLE)));
        assertThat(fixture.read("Patient", "caps-1")).isNotNull();
    }

    @Test
    void aFileThatIsNoneOrHasNoHeaderSaysSoAndShowsNothingOfItsRows() throws Exception {
        assertThat(people("headless", "headless.csv", "h-1,F,Quist\nh-2,M,Moor\n").failure()).contains("Member").contains("header").doesNotContain("Quist");
        byte[] workbook = new byte[5_000];
        new Random(7).nextBytes(workbook);
        workbook[40] = 0;
        assertThat(run("workbook", "mapping", Files.write(folder.resolve("people.xlsx.csv"), workbook), Map.of("mapping", PEOPLE)).failure()).isNotNull();
        assertThat(only(people("workbook", "people.csv", "Member,Sex,Name\nwb-1,F,Quist\n")).mapped()).isEqualTo(1);
    }

    @Test
    void edi01_columnsOfWhichNothingIsMadeAreTold() throws Exception {
        assertThat(only(people("unread", "unread.csv", "Member,Sexx,Name,Shoe size\nun-1,F,Quist,40\n")).note()).contains("2 of its 4").contains("Sexx").contains("Shoe size");
        assertThat(only(people("unread", "read.csv", "MEMBER,sex,Name\nun-1,F,Quist\n")).note()).isNull();
    }

    @Test
    void aColumnThatStandsTwiceIsNotChosenFrom() throws Exception {
        assertThat(people("twice", "twice.csv", "Member,Sex,Name,NAME\ntw-1,F,Quist,Other\n").failure()).contains("Name").contains("twice");
        assertThat(only(people("twice", "twice2.csv", "Member,Sex,Name,Note,Note\ntw-2,F,Quist,a,b\n")).mapped()).as("nobody asks for it").isEqualTo(1);
    }

    @Test
    void theRestOfARecordThatIsTooLongIsNoRecord() throws Exception {
        String mapping = "mapping: long\nversion: \"1\"\ninput: {group-by: Claim}\nresources:\n  - {resourceType: Basic, id: \"{Claim | required | id}\", code: {text: \"{Line}\"}}\n";
        StringBuilder text = new StringBuilder("Claim,Line\n");
        for (int i = 0; i < 20_050; i++) {
            text.append("too-long,").append(i).append('\n');
        }
        text.append("next,1\n");
        LoadRun.FileReport report = only(run("long", "mapping", Files.writeString(folder.resolve("long.csv"), text), Map.of("mapping", mapping)));
        assertThat(report.rejected()).isEqualTo(20_050);
        assertThat(fixture.read("Basic", "too-long")).isNull();
        assertThat(fixture.read("Basic", "next")).isNotNull();
    }

    @Test
    void blanksAroundAKeyMakeNoOtherRecordOfIt() throws Exception {
        String mapping = "mapping: blanks\nversion: \"1\"\ninput: {group-by: Claim}\nresources:\n  - {resourceType: Basic, id: \"{Claim | required | id}\", code: {text: x}, identifier: [{$each: row, value: \"{Line}\"}]}\n";
        only(run("blanks", "mapping", Files.writeString(folder.resolve("blanks.csv"), "Claim,Line\nbl,1\nbl ,2\nother,1\n bl,3\n"), Map.of("mapping", mapping)));
        assertThat(fixture.read("Basic", "bl").root().field("identifier").size()).isEqualTo(3);
    }

    /** As many loads as wait behind it would wait with it. */
    @Test
    void anAddressThatStopsSendingIsNotWaitedForWithoutEnd() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/hangs.ndjson", exchange -> {
            exchange.sendResponseHeaders(200, 1_000_000);
            exchange.getResponseBody().write("{\"resourceType\":".getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
        try {
            FeedSource source = new FeedSource(folder.resolve("spool"), Duration.ofMillis(400));
            LoadLedger.Open run = new LoadLedger.Open(1, "hangs", "ndjson", "http://127.0.0.1:" + server.getAddress().getPort() + "/hangs.ndjson", LoadOptions.DEFAULT, Map.of());
            assertThatThrownBy(() -> source.files(run, Feeds.of("ndjson", Map.of()), Map.of())).isInstanceOf(LoadException.class).hasMessageContaining("nothing more came");
            source.forget(1);
            assertThat(folder.resolve("spool").resolve("run-1")).as("no copy stays").doesNotExist();
        } finally {
            end.countDown();
            server.stop(0);
        }
    }

    @Test
    void aSourceThatCannotBeOneIsRefusedWithAWord() {
        for (String source : List.of("", "a\u0000b", "/dev/null", "http://[bad", "https://host/a b")) {
            assertThatThrownBy(() -> fixture.loads.ask("odd-source", "ndjson", source, LoadFixture.options(false, false), Map.of(), Map.of(), "test")).as(source).isInstanceOf(LoadException.class);
        }
    }

    @Test
    void aQueryThatFailsAndAnAddressWithASecretTellNoSecretAndDoNotWaitForever() throws Exception {
        for (String address : List.of("jdbc:nosuch://h/db?user=u&password=hidden-word", "jdbc:sqlserver://h;user=sa;password=hidden-word", "jdbc:oracle:thin:scott/hidden-word@h:1521:x", "jdbc:postgresql://127.0.0.1:1/db?user=u&password=hidden-word")) {
            LoadRun run = fixture.finished(fixture.loads.ask("secrets", "mapping", "jdbc", LoadFixture.options(false, false), Map.of("mapping", PEOPLE), Map.of("jdbc", address, "query", "SELECT 1"), "test"));
            assertThat(run.failure()).as(address).isNotNull().doesNotContain("hidden-word");
            assertThat(run.source()).as(address).doesNotContain("hidden-word");
        }
        LoadRun run = fixture.finished(fixture.loads.ask("secrets", "ndjson", "http://user:hidden-word@127.0.0.1:1/export.ndjson?signature=hidden-word", LoadFixture.options(false, false), Map.of(), Map.of(), "test"));
        assertThat(run.failure()).isNotNull().doesNotContain("hidden-word");
        assertThat(run.source()).doesNotContain("hidden-word").contains("/export.ndjson");
    }
}
