package dev.portolan.intake.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.intake.source.SourceFormat;
import dev.portolan.intake.source.SourceItem;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is delivered later stays what stands, also where a load waits, is gone on with, or fails in its midst. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class LoadOrderTest {

    private LoadFixture fixture;
    @TempDir
    private Path folder;

    @BeforeEach
    void open() throws IOException {
        fixture = new LoadFixture(LoadFixture.Definitions.shared());
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private static String family(String id, String family) {
        return "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"name\":[{\"family\":\"" + family + "\"}]}\n";
    }

    private static String others(String name, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(family(name + "-" + i, "Other"));
        }
        return text.toString();
    }

    private String familyOf(String id) {
        return fixture.read("Patient", id).root().field("name").firstChild().fieldText("family");
    }

    private long ask(String feed, Path file, LoadOptions options) {
        return fixture.loads.ask(feed, "ndjson", file.toString(), options, Map.of(), Map.of(), "test");
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = fixture.pool.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void until(String sql) throws SQLException, InterruptedException {
        try (Connection connection = fixture.pool.getConnection(); Statement statement = connection.createStatement()) {
            for (boolean isSo = false; !isSo; ) {
                Thread.sleep(20);
                try (ResultSet row = statement.executeQuery(sql)) {
                    row.next();
                    isSo = row.getBoolean(1);
                }
            }
        }
    }

    /** The database has no room for some batches (SQLSTATE 53100): the load waits and goes on by itself. */
    private void noRoom(String condition, String when) throws SQLException {
        execute("CREATE SEQUENCE intake.tries; CREATE FUNCTION intake.no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF " + condition + " THEN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END IF; RETURN NEW; END $$;"
            + "CREATE TRIGGER no_room BEFORE INSERT ON intake.batch FOR EACH ROW WHEN (" + when + ") EXECUTE FUNCTION intake.no_room()");
    }

    @Test
    void aDeliveryDoesNotOvertakeAnEarlierOneOfItsFeedThatWaitsForTheDatabase() throws Exception {
        noRoom("true", "NEW.number = 2");
        long first = ask("turn", Files.writeString(folder.resolve("first.ndjson"), others("first", 500) + family("x", "Old")), LoadFixture.options(false, false));
        long second = ask("turn", Files.writeString(folder.resolve("second.ndjson"), family("x", "New")), LoadFixture.options(false, false));
        long other = ask("elsewhere", Files.writeString(folder.resolve("other.ndjson"), family("y", "Else")), LoadFixture.options(false, false));
        assertThat(fixture.finished(other).failure()).as("another feed's does not wait").isNull();
        assertThat(fixture.reports.run(second).orElseThrow().state()).isEqualTo(LoadRun.State.WAITING);
        execute("DROP TRIGGER no_room ON intake.batch");
        assertThat(fixture.finished(first).failure()).isNull();
        assertThat(fixture.finished(second).failure()).isNull();
        assertThat(familyOf("x")).isEqualTo("New");
    }

    @Test
    void aBatchThatIsDoneAgainDoesNotTakeBackWhatALaterOneOfItsFileBrought() throws Exception {
        noRoom("nextval('intake.tries') = 1", "NEW.number = 0");
        Path file = Files.writeString(folder.resolve("twice.ndjson"), family("x", "Old") + others("twice", 249) + family("x", "New"));
        assertThat(fixture.finished(ask("twice", file, LoadFixture.options(false, false))).failure()).isNull();
        assertThat(familyOf("x")).isEqualTo("New");
    }

    @Test
    void aFileThatWasWrittenOverIsNotGoneOnWith() throws Exception {
        noRoom("nextval('intake.tries') > 0", "NEW.number = 2");
        Path file = Files.writeString(folder.resolve("nightly.ndjson"), others("monday", 600));
        long run = ask("nightly", file, LoadFixture.options(false, false));
        until("SELECT is_called FROM intake.tries");
        Files.writeString(file, others("sunday", 600));
        execute("DROP TRIGGER no_room ON intake.batch");
        assertThat(fixture.finished(run).failure()).contains("nightly.ndjson").contains("load it again");
        LoadRun again = fixture.finished(ask("nightly", file, LoadFixture.options(false, false)));
        assertThat(again.files().get(0).created()).isEqualTo(600);
    }

    /** Of such a file a part of each delivery is loaded: one that is full would close what neither part has. */
    @Test
    void aFileThatIsWrittenOverWhileItIsReadClosesNothing() throws Exception {
        Path file = Files.writeString(folder.resolve("full.ndjson"), others("both", 600) + family("left", "Left"));
        assertThat(fixture.finished(ask("full", file, LoadFixture.options(true, false))).failure()).isNull();
        execute("CREATE SEQUENCE intake.tries; CREATE FUNCTION intake.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('intake.tries'); PERFORM pg_sleep(1); RETURN NEW; END $$; CREATE TRIGGER slow BEFORE INSERT ON intake.batch FOR EACH ROW EXECUTE FUNCTION intake.slow()");
        Files.writeString(file, others("both", 600));
        long run = ask("full", file, LoadFixture.options(true, false));
        until("SELECT is_called FROM intake.tries");
        Files.writeString(file, others("both", 600) + family("left", "Left") + family("new", "New"));
        assertThat(fixture.finished(run).failure()).contains("full.ndjson").contains("load it again");
        assertThat(familyOf("left")).isEqualTo("Left");
    }

    /** A reader that an error ends while a batch is under way: were it not waited for, it could come after the next delivery's. */
    @Test
    void whatIsUnderWayEndsWithALoadThatAnErrorEnds() throws Exception {
        execute("CREATE FUNCTION intake.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3); RETURN NEW; END $$; CREATE TRIGGER slow BEFORE INSERT ON intake.batch FOR EACH ROW EXECUTE FUNCTION intake.slow()");
        Feed feed = new Feed("ndjson", false, List.of(new Feed.Part("resources", List.of(), "other", new EndingFormat(250), new ResourceMapper())));
        long run = fixture.ledger.add("ends", "ndjson", "/nowhere", LoadFixture.options(false, false), Map.of(), "test");
        fixture.ledger.addFiles(run, List.of(new LoadLedger.NewFile("resources", "ends.ndjson", "/nowhere/ends.ndjson", new byte[32], 1, "fhir", "R4", Instant.now())));
        LoadLedger.Open open = fixture.ledger.unfinished().stream().filter(each -> each.id() == run).findFirst().orElseThrow();
        LoadLedger.OpenFile file = fixture.ledger.files(run).get(0);
        ExecutorService workers = Executors.newFixedThreadPool(2);
        try {
            FileLoad load = new FileLoad(fixture.parts, open, feed, feed.parts().get(0), file, fixture.view());
            assertThatThrownBy(() -> load.run(null, new dev.portolan.intake.source.WorkFolder(folder), workers, 2, (name, read, bytes, lines) -> { })).isInstanceOf(StackOverflowError.class);
            assertThat(fixture.ledger.written(file.id())).as("what was under way is through").containsKey(0);
        } finally {
            workers.shutdown();
            execute("DROP TRIGGER slow ON intake.batch");
        }
    }

    /** Some Patients, and an error where the next one should come. */
    private record EndingFormat(int patients) implements SourceFormat {

        @Override
        public Items open(Path file) {
            return new Items() {
                private int next;

                @Override
                public SourceItem next() {
                    if (next == patients) {
                        throw new StackOverflowError();
                    }
                    return new SourceItem(++next, 1, family("ends-" + next, "Other").getBytes(java.nio.charset.StandardCharsets.UTF_8), null, null);
                }

                @Override
                public long position() {
                    return next;
                }

                @Override
                public void close() {}
            };
        }
    }

    /** What one file does to the memory or the stack is that load's failure, and not the end of all loads. */
    @Test
    void aBundleThatUnpacksWithoutEndIsRefusedAndTheNextLoadGoes() throws Exception {
        Path bomb = folder.resolve("bomb.json.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(bomb))) {
            byte[] blank = " ".repeat(1 << 20).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            for (int i = 0; i < 300; i++) {
                out.write(blank);
            }
        }
        assertThat(fixture.finished(ask("bomb", bomb, LoadFixture.options(false, false))).failure()).contains("longer than");
        assertThat(fixture.finished(ask("bomb", Files.writeString(folder.resolve("next.ndjson"), family("next", "There")), LoadFixture.options(false, false))).failure()).isNull();
    }

    @Test
    void edi02_aChangeFileOfAFullLoadThatIsGoneOnWithClosesNothing() throws Exception {
        List<String> members = new java.util.ArrayList<>();
        for (int i = 0; i < 12; i++) {
            members.addAll(List.of("INS*Y*18*021*20*A***FT", "REF*0F*m" + i, "NM1*IL*1*CRUZ*MARIA", "DMG*D8*19800203*F", "HD*021**HLT*PLAN A*EMP", "DTP*348*D8*20240101"));
        }
        String version = "005010X220A1";
        Path all = Files.writeString(folder.resolve("all.x12"), new X12Text(1, "BE", version).transaction("834", X12Text.list(X12EnrollmentTest.HEADER, members)).toString());
        assertThat(fixture.load("x12", all, LoadFixture.options(true, false)).failure()).isNull();
        Path change = Files.writeString(folder.resolve("change.x12"), new X12Text(2, "BE", version).transaction("834", X12Text.list(X12EnrollmentTest.CHANGES, members.subList(0, 66))).toString());
        LoadRun run = fixture.load("x12", change, LoadFixture.options(true, false));
        assertThat(run.failure()).isNull();
        execute("UPDATE intake.run SET state = 'running', finished = NULL WHERE id = " + run.id()); // as it stands if the process dies behind its last file
        assertThat(fixture.finished(run.id()).failure()).isNull();
        assertThat(fixture.read("Patient", "m11").root().field("active") == null || !"false".equals(fixture.read("Patient", "m11").root().field("active").text())).isTrue();
    }
}
