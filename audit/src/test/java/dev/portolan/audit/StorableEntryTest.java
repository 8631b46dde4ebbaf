package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AUD-01, AUD-09: whatever a caller puts into a request, its entry is taken, and those of others with it. */
class StorableEntryTest {

    private static TrailDatabase database;

    @TempDir
    Path folder;

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
    }

    /** Nothing that can be made shorter: the database would compress it, and take it. */
    private static String noise(int length) {
        return new Random(7).ints(length, 0, 64).collect(StringBuilder::new, (text, each) -> text.append((char) (0x4e00 + each * 127)), StringBuilder::append).toString();
    }

    private static AuditEntry hostile(String text) {
        return new AuditEntry(text, text, new AuditEntry.Outcome(200, text), new AuditEntry.Caller(text, text, text),
            new AuditEntry.Subject(List.of(text), List.of(text), text, 1, 0, List.of(text), text), new AuditEntry.Authority(text, List.of(text), text, List.of(text)), new AuditEntry.Origin(text, "hostile"));
    }

    private void taken(@Nullable Path journal) throws Exception {
        AuditEntry usual = TrailDatabase.access("app", "read", 200, List.of("p1"), 1);
        AuditEntry several = new AuditEntry(usual.api(), usual.operation(), usual.outcome(), usual.caller(),
            new AuditEntry.Subject(List.of("p1", noise(3_000), "\0"), List.of(), null, 1, 0, List.of(), null), usual.authority(), usual.origin());
        try (GroupCommitTrail trail = new GroupCommitTrail(database.server, Clock.systemUTC(), 100, Duration.ofSeconds(10), journal)) {
            List<CompletableFuture<Void>> all = List.of(trail.append(usual), trail.append(hostile("a\0b")), trail.append(hostile(noise(3_000))), trail.append(several), trail.append(usual));
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
            trail.settled(database.server).getConnection().close();
            trail.appendAndWait(usual);
        }
        assertThat(database.count("SELECT count(*) FROM audit.entry")).isEqualTo(6);
        assertThat(database.count("SELECT count(*) FROM audit.entry WHERE app = 'a\ufffdb' AND member = 'a\ufffdb' AND query = 'a\ufffdb'")).isEqualTo(1);
        assertThat(database.count("SELECT max(length(app)) FROM audit.entry")).isEqualTo(StorableEntry.LONGEST_KEY);
        assertThat(new ChainVerifier(database.server).verify(List.of()).faults()).isEmpty();
    }

    @Test
    void aud09_what_no_database_can_hold_stops_neither_the_trail_nor_the_entries_beside_it() throws Exception {
        taken(null);
    }

    @Test
    void aud09_nor_is_it_kept_in_a_journal_that_no_start_could_bring_in() throws Exception {
        taken(folder.resolve("journal"));
        assertThat(folder.resolve("journal")).isEmptyDirectory();
    }

    @Test
    void aud02_what_can_be_stored_is_stored_as_it_is() {
        AuditEntry usual = TrailDatabase.access("app", "read", 200, List.of("p1", "p2"), 1);
        assertThat(StorableEntry.of(usual)).isSameAs(usual);
    }
}
