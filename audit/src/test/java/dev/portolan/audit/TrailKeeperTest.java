package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AUD-03: what could not be done to the trail is told until it could. */
class TrailKeeperTest {

    @Test
    void aud03_a_proof_that_failed_is_told_though_an_anchor_was_written_after_it(@TempDir Path data) throws Exception {
        try (TrailDatabase database = new TrailDatabase(); GroupCommitTrail trail = new GroupCommitTrail(database.server, Clock.systemUTC(), 10)) {
            trail.appendAndWait(TrailDatabase.access("app", "read", 200, List.of("p1"), 1));
            Path folder = data.resolve("anchors");
            TrailKeeper keeper = new TrailKeeper(database.server, folder, Anchors.in(folder, data.resolve("anchor.key")), new Retention(database.server, trail, Retention.Policy.DEFAULT, Clock.systemUTC()), Clock.systemUTC());
            database.execute("ALTER TABLE audit.retired RENAME TO away");
            prove(keeper);
            assertThat(keeper.state().problem()).contains("verification failed");
            keeper.anchor();
            assertThat(keeper.state().anchored()).isNotNull();
            assertThat(keeper.state().problem()).contains("verification failed");
            database.execute("ALTER TABLE audit.away RENAME TO retired");
            prove(keeper);
            assertThat(keeper.state().problem()).isNull();
            assertThat(keeper.state().entries()).isEqualTo(1);
            keeper.close();
        }
    }

    private static void prove(TrailKeeper keeper) throws InterruptedException {
        keeper.verifySoon();
        while (keeper.isVerifying()) {
            Thread.sleep(10);
        }
    }
}
