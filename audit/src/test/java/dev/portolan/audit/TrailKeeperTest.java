package dev.portolan.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AUD-03: what could not be done to the trail is told until it could. */
class TrailKeeperTest {

    @Test
    void aud03_a_proof_that_failed_is_told_though_an_anchor_was_written_after_it(@TempDir Path data) throws Exception {
        try (TrailDatabase database = new TrailDatabase(); GroupCommitTrail trail = new GroupCommitTrail(database.server, Clock.systemUTC(), 10)) {
            trail.appendAndWait(TrailDatabase.access("app", "read", 200, List.of("p1"), 1));
            TrailKeeper keeper = keeper(database, trail, data);
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

    @Test
    void aud03_what_failed_is_tried_again_soon_and_told_until_then(@TempDir Path data) throws Exception {
        try (TrailDatabase database = new TrailDatabase(); GroupCommitTrail trail = new GroupCommitTrail(database.server, Clock.systemUTC(), 10)) {
            trail.appendAndWait(TrailDatabase.access("app", "read", 200, List.of("p1"), 1));
            TrailKeeper keeper = keeper(database, trail, data);
            AtomicInteger left = new AtomicInteger(2);
            List<String> told = new CopyOnWriteArrayList<>();
            CountDownLatch done = new CountDownLatch(1);
            keeper.every(new TrailKeeper.Round(Duration.ZERO, Duration.ofDays(1), Duration.ofMillis(1)), "anchor", () -> {
                told.add(String.valueOf(keeper.state().problem()));
                if (left.getAndDecrement() > 0) {
                    throw new IOException("No space left on device");
                }
                keeper.anchor();
                done.countDown();
            });
            assertThat(done.await(60, TimeUnit.SECONDS)).as("once there is room it is done, and not only when it would be done next").isTrue();
            keeper.close(); // whose own anchor is written by then, too: it waits for what is under way
            assertThat(told).hasSize(3).element(0).isEqualTo("null");
            assertThat(told.subList(1, 3)).allSatisfy(problem -> assertThat(problem).contains("its anchor failed"));
            assertThat(keeper.state().problem()).isNull();
            assertThat(Anchors.read(data.resolve("anchors")).files()).isEqualTo(2);
        }
    }

    private static void prove(TrailKeeper keeper) throws InterruptedException {
        keeper.verifySoon();
        while (keeper.isVerifying()) {
            Thread.sleep(10);
        }
    }

    private static TrailKeeper keeper(TrailDatabase database, GroupCommitTrail trail, Path data) throws Exception {
        Path folder = data.resolve("anchors");
        return new TrailKeeper(database.server, folder, Anchors.in(folder, data.resolve("anchor.key")), new Retention(database.server, trail, Retention.Policy.DEFAULT, Clock.systemUTC()), Clock.systemUTC());
    }
}
