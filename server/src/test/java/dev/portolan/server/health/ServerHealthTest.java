package dev.portolan.server.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import dev.portolan.server.health.ComponentHealth.Condition;

/** OPS-03: the health page is open to whoever comes, and asks a database that is away once for all of them. */
class ServerHealthTest {

    @Test
    void ops03_however_many_look_a_part_that_takes_its_time_is_asked_once() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        CountDownLatch away = new CountDownLatch(1);
        ServerHealth health = new ServerHealth("test", List.of(() -> {
            asked.incrementAndGet();
            try {
                away.await(120, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new ComponentHealth("Database", Condition.UP, "It answers.");
        }));
        List<Thread> lookers = new ArrayList<>();
        List<CompletableFuture<ServerHealth.Report>> looks = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            looks.add(CompletableFuture.supplyAsync(health::report, look -> {
                Thread looker = new Thread(look);
                lookers.add(looker);
                looker.start();
            }));
        }
        // Whoever came later than that would rightly ask anew.
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); !lookers.stream().allMatch(looker -> looker.getState() == Thread.State.WAITING); Thread.sleep(10)) {
            assertThat(System.nanoTime()).as("all wait for the one that was asked").isLessThan(end);
        }
        away.countDown();
        for (CompletableFuture<ServerHealth.Report> look : looks) {
            assertThat(look.get(60, TimeUnit.SECONDS).condition()).isEqualTo(Condition.UP);
        }
        assertThat(asked).hasValue(1);
        health.report();
        assertThat(asked).as("asked anew by who comes later").hasValue(2);
    }
}
