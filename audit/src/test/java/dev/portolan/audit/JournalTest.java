package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.channels.FileChannel;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AUD-01, AUD-03, AUD-09 for a trail whose entries are durable in a journal first: nothing that was acknowledged is lost, whenever the process ends, and nothing stands there twice. */
class JournalTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static TrailDatabase database;

    @TempDir
    Path folder;
    private Path journal;

    @BeforeAll
    static void start() throws Exception {
        database = new TrailDatabase();
    }

    @AfterAll
    static void stop() throws Exception {
        database.close();
    }

    @BeforeEach
    void empty() throws Exception {
        database.empty();
        journal = folder.resolve("journal");
    }

    private GroupCommitTrail trail() {
        return trail(journal, PATIENCE);
    }

    private static GroupCommitTrail trail(Path journal, Duration patience) {
        return new GroupCommitTrail(database.server, Clock.systemUTC(), 1_000, patience, journal);
    }

    private static AuditEntry entry(String request) {
        AuditEntry like = TrailDatabase.access("app", "read", 200, List.of("p1"), 1);
        return new AuditEntry(like.api(), like.operation(), like.outcome(), like.caller(), like.subject(), like.authority(), new AuditEntry.Origin("192.0.2.7", request));
    }

    private static Set<String> requests() throws SQLException {
        return new HashSet<>(database.text("SELECT request FROM audit.entry").lines().toList());
    }

    private static void assertWhole() throws SQLException {
        assertThat(new ChainVerifier(database.server).verify(List.of()).faults()).isEmpty();
    }

    @Test
    void aud01_whoever_reads_sees_what_was_acknowledged_and_a_trail_that_was_closed_leaves_no_journal() throws Exception {
        try (GroupCommitTrail trail = trail()) {
            for (int i = 0; i < 20; i++) {
                trail.appendAndWait(entry("r" + i));
                assertThat(new TrailReader(trail.settled(database.server)).find(TrailFilter.ALL, null, 100).entries()).hasSize(i + 1);
            }
            assertThat(Files.getPosixFilePermissions(journal)).as("what stands in it is as private as the database").isEqualTo(PosixFilePermissions.fromString("rwx------"));
            trail.appendAndWait(entry("last"));
        }
        assertThat(journal).isEmptyDirectory();
        assertThat(requests()).hasSize(21);
        assertWhole();
    }

    /** The database is held, so that entries stand in the journal alone, more of them than its two files are made for; the journal as it is then is what a killed process leaves. */
    @Test
    void aud03_what_a_killed_process_left_is_brought_in_by_the_next_once() throws Exception {
        Path left = folder.resolve("left");
        try (GroupCommitTrail trail = trail()) {
            trail.appendAndWait(entry("shelved"));
            trail.settled(database.server).getConnection().close();
            try (Connection holder = database.owner.getConnection(); Statement statement = holder.createStatement()) {
                holder.setAutoCommit(false);
                statement.execute("LOCK TABLE audit.entry IN ACCESS EXCLUSIVE MODE");
                for (int i = 0; i < 50; i++) {
                    trail.appendAndWait(entry("acknowledged " + i + "x".repeat(250_000)));
                }
                copy(journal, left);
                holder.rollback();
            }
        }
        Set<String> all = requests();
        assertThat(all).hasSize(51);
        database.execute("DELETE FROM audit.entry WHERE request <> 'shelved'");
        Path again = folder.resolve("again");
        copy(left, again);
        trail(left, PATIENCE).close();
        assertThat(requests()).isEqualTo(all);
        trail(again, PATIENCE).close();
        assertThat(database.count("SELECT count(*) FROM audit.entry")).isEqualTo(51);
        assertThat(again).isEmptyDirectory();
        assertWhole();
    }

    /** As after a crash, by somebody who looks for its reason in the journal. */
    @Test
    void aud01_what_a_killed_process_left_is_brought_in_though_no_journal_is_kept_any_more() throws Exception {
        Path left = folder.resolve("left");
        try (GroupCommitTrail trail = trail(); Connection holder = database.owner.getConnection(); Statement statement = holder.createStatement()) {
            trail.appendAndWait(entry("shelved"));
            trail.settled(database.server).getConnection().close();
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE audit.entry IN ACCESS EXCLUSIVE MODE");
            trail.appendAndWait(entry("acknowledged"));
            copy(journal, left);
            holder.rollback();
        }
        database.execute("DELETE FROM audit.entry WHERE request = 'acknowledged'");
        try (GroupCommitTrail trail = new GroupCommitTrail(database.server, Clock.systemUTC(), 1_000, PATIENCE, left, false)) {
            trail.appendAndWait(entry("after"));
        }
        assertThat(requests()).containsExactlyInAnyOrder("shelved", "acknowledged", "after");
        assertThat(left).isEmptyDirectory();
        assertWhole();
    }

    /** The answer to a transaction can be lost with its connection: here somebody else has brought in the journal meanwhile. */
    @Test
    void aud03_entries_whose_transaction_happened_though_nobody_heard_of_it_do_not_stand_there_twice() throws Exception {
        Path left = folder.resolve("left");
        try (GroupCommitTrail trail = trail()) {
            trail.appendAndWait(entry("first"));
            trail.settled(database.server).getConnection().close();
            database.execute("REVOKE INSERT ON audit.entry FROM portolan_server");
            trail.appendAndWait(entry("second"));
            assertThatThrownBy(() -> trail.settled(database.server).getConnection()).isInstanceOf(SQLException.class);
            copy(journal, left);
            new JournalReplay(left, database.owner, PATIENCE).run();
            database.execute("GRANT INSERT ON audit.entry TO portolan_server");
        }
        assertThat(journal).as("nothing waits any more").isEmptyDirectory();
        assertThat(database.text("SELECT request FROM audit.entry ORDER BY seq")).isEqualTo("first\nsecond\n");
        assertWhole();
    }

    @Test
    void aud03_what_was_half_written_when_the_process_ended_is_left_out_and_all_before_it_is_there() throws Exception {
        Path left = folder.resolve("left");
        try (GroupCommitTrail trail = trail(); Connection holder = database.owner.getConnection(); Statement statement = holder.createStatement()) {
            trail.appendAndWait(entry("first"));
            trail.settled(database.server).getConnection().close();
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE audit.entry IN ACCESS EXCLUSIVE MODE");
            for (int i = 0; i < 10; i++) {
                trail.appendAndWait(entry("r" + i));
            }
            copy(journal, left);
            holder.rollback();
        }
        database.execute("DELETE FROM audit.entry WHERE request <> 'first'");
        Path file = only(left).resolve("0");
        int end = Files.readAllBytes(file).length;
        byte[] bytes = Files.readAllBytes(file);
        while (bytes[end - 1] == 0) {
            end--;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[40]), end - 40);
        }
        trail(left, PATIENCE).close();
        assertThat(requests()).hasSize(10).contains("first", "r0", "r8").doesNotContain("r9");
        assertWhole();
    }

    /** While four clients write, the journal is copied again and again, as it lies on the disk at moments of a crash: with what stands in the database it holds everything that was acknowledged before. */
    @Test
    void aud03_at_every_moment_the_database_and_the_journal_hold_what_was_acknowledged() throws Exception {
        long seed = Long.getLong("portolan.journal.seed", 11);
        Random random = new Random(seed);
        Set<String> acknowledged = ConcurrentHashMap.newKeySet();
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(4);
        String filler = "x".repeat(4_000);
        int looked = 0;
        try (GroupCommitTrail trail = trail()) {
            trail.appendAndWait(entry("the journal is there from its first entry on"));
            for (int client = 0; client < 4; client++) {
                int number = client;
                clients.submit(() -> {
                    for (int i = 0; !done.get(); i++) {
                        String request = number + "-" + i + filler;
                        trail.appendAndWait(entry(request));
                        acknowledged.add(request);
                    }
                    return null;
                });
            }
            // Enough for both files to be begun anew several times.
            while (acknowledged.size() < 4_000) {
                Thread.sleep(random.nextInt(120));
                Set<String> before = Set.copyOf(acknowledged);
                Path at = folder.resolve("at-" + looked++);
                copy(journal, at);
                Set<String> found = requests();
                for (ChainJournal.Left left : ChainJournal.left(at)) {
                    left.groups().forEach(group -> found.addAll(requestsIn(group, before)));
                }
                assertThat(found.containsAll(before)).as("look %d of seed %d, at %d entries", looked, seed, before.size()).isTrue();
                delete(at);
            }
            done.set(true);
            clients.shutdown();
        } finally {
            done.set(true);
            clients.shutdownNow();
        }
        assertThat(looked).isPositive();
        assertThat(requests()).containsAll(acknowledged);
        assertWhole();
    }

    private static Set<String> requestsIn(EntryGroup group, Set<String> of) {
        String text = new String(group.rows(), java.nio.charset.StandardCharsets.ISO_8859_1);
        Set<String> found = new HashSet<>();
        java.util.regex.Matcher request = java.util.regex.Pattern.compile("\\d-\\d+x{4000}").matcher(text);
        while (request.find()) {
            if (of.contains(request.group())) {
                found.add(request.group());
            }
        }
        return found;
    }

    @Test
    void aud09_while_the_database_takes_nothing_nothing_is_acknowledged_and_then_the_same_chain_goes_on() throws Exception {
        Set<String> acknowledged = new HashSet<>();
        try (GroupCommitTrail trail = trail()) {
            trail.appendAndWait(entry("before"));
            database.execute("REVOKE INSERT ON audit.entry FROM portolan_server");
            int refused = 0;
            long began = System.nanoTime();
            for (int i = 0; refused < 3; i++) {
                try {
                    trail.appendAndWait(entry("during " + i));
                    acknowledged.add("during " + i);
                    assertThat(Duration.ofNanos(System.nanoTime() - began)).as("some moment later nothing is taken any more").isLessThan(Duration.ofSeconds(20));
                } catch (AuditUnavailableException e) {
                    refused++;
                }
            }
            assertThatThrownBy(() -> trail.settled(database.server).getConnection()).isInstanceOf(SQLException.class);
            database.execute("GRANT INSERT ON audit.entry TO portolan_server");
            for (boolean taken = false; !taken;) {
                try {
                    trail.appendAndWait(entry("after"));
                    taken = true;
                } catch (AuditUnavailableException e) {
                    Thread.sleep(20);
                }
            }
        }
        assertThat(requests()).containsAll(acknowledged).contains("before", "after").hasSize(acknowledged.size() + 2);
        assertThat(database.count("SELECT count(*) FROM audit.chain")).isEqualTo(1);
        assertWhole();
    }

    /** As on a disk that is full: the folder of the journals is below a file, so that no journal can be made. */
    @Test
    void aud09_while_no_journal_can_be_made_nothing_is_acknowledged_no_chain_is_entered_and_then_it_goes_on_by_itself() throws Exception {
        Path inTheWay = Files.writeString(folder.resolve("disk"), "full");
        try (GroupCommitTrail trail = trail(inTheWay.resolve("journal"), PATIENCE)) {
            for (int i = 0; i < 30; i++) {
                String request = "refused" + i;
                assertThatThrownBy(() -> trail.appendAndWait(entry(request))).isInstanceOf(AuditUnavailableException.class);
            }
            assertThat(trail.lag().failed()).isEqualTo(30);
            assertThat(trail.refusal()).isNotNull();
            assertThat(database.count("SELECT count(*) FROM audit.chain")).as("chains that were entered for nothing").isZero();
            Files.delete(inTheWay);
            trail.appendAndWait(entry("taken"));
            assertThat(trail.refusal()).isNull();
            Files.createDirectory(inTheWay.resolve("journal/lost+found"));
            trail.appendAndWait(entry("next"));
        }
        assertThat(requests()).containsExactlyInAnyOrder("taken", "next");
        assertThat(database.count("SELECT count(*) FROM audit.chain")).isEqualTo(1);
        assertWhole();
        trail(inTheWay.resolve("journal"), PATIENCE).close(); // and the next start looks at journals alone
        assertThat(inTheWay.resolve("journal/lost+found")).isEmptyDirectory();
        assertThat(inTheWay.resolve("journal")).isDirectoryNotContaining(path -> !path.endsWith("lost+found"));
    }

    @Test
    void aud09_a_database_that_hangs_is_waited_for_no_longer_than_the_trails_patience() throws Exception {
        try (GroupCommitTrail trail = trail(journal, Duration.ofSeconds(3)); Connection holder = database.owner.getConnection(); Statement statement = holder.createStatement()) {
            trail.append(entry("before")).get(60, TimeUnit.SECONDS);
            trail.settled(database.server).getConnection().close();
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE audit.entry IN ACCESS EXCLUSIVE MODE");
            trail.append(entry("in the journal")).get(60, TimeUnit.SECONDS);
            Thread.sleep(3_200);
            assertThatThrownBy(() -> trail.appendAndWait(entry("too late"))).isInstanceOf(AuditUnavailableException.class);
            holder.rollback();
        }
        assertThat(requests()).containsExactlyInAnyOrder("before", "in the journal");
        assertWhole();
    }

    /** As after the restore of an older backup: the entries are not thrown away, and the server starts. */
    @Test
    void aud03_a_journal_of_a_chain_that_the_database_does_not_know_stays_where_it_is() throws Exception {
        Path left = folder.resolve("left");
        try (GroupCommitTrail trail = trail()) {
            trail.appendAndWait(entry("r"));
            copy(journal, left);
        }
        database.empty();
        trail(left, PATIENCE).close();
        assertThat(only(left)).isDirectory();
        assertThat(requests()).isEmpty();
    }

    private static Path only(Path root) throws IOException {
        try (Stream<Path> all = Files.list(root)) {
            List<Path> found = all.toList();
            assertThat(found).hasSize(1);
            return found.get(0);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.toList()) {
                Path target = to.resolve(from.relativize(each).toString());
                if (Files.isDirectory(each)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(each, target);
                }
            }
        }
    }

    private static void delete(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            all.sorted(java.util.Comparator.reverseOrder()).forEach(each -> {
                try {
                    Files.delete(each);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** As Java throws where there is no more memory outside of the heap, which does not end the process. */
    private static DataSource failing(AtomicBoolean once) {
        return (DataSource) Proxy.newProxyInstance(JournalTest.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
            if (method.getName().equals("getConnection") && once.getAndSet(false)) {
                throw new OutOfMemoryError("Cannot reserve direct buffer memory");
            }
            return method.invoke(database.server, arguments);
        });
    }

    @Test
    void aud09_an_error_does_not_end_who_writes() throws Exception {
        try (GroupCommitTrail trail = new GroupCommitTrail(failing(new AtomicBoolean(true)), Clock.systemUTC(), 1_000)) {
            assertThatThrownBy(() -> trail.appendAndWait(entry("refused"))).isInstanceOf(AuditUnavailableException.class);
            trail.appendAndWait(entry("written"));
        }
        assertThat(requests()).contains("written");
        assertWhole();
    }

    @Test
    void aud09_an_error_does_not_end_who_brings_the_journal_into_the_database() throws Exception {
        AtomicBoolean once = new AtomicBoolean();
        try (GroupCommitTrail trail = new GroupCommitTrail(failing(once), Clock.systemUTC(), 1_000, PATIENCE, journal)) {
            trail.appendAndWait(entry("first"));
            trail.settled(database.server).getConnection().close();
            once.set(true);
            trail.appendAndWait(entry("second"));
            trail.settled(database.server).getConnection().close();
            assertThat(requests()).containsExactlyInAnyOrder("first", "second");
        }
        assertWhole();
    }
}
