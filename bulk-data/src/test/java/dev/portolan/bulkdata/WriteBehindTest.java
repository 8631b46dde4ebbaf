package dev.portolan.bulkdata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class WriteBehindTest {

    private static final int MANY = 5_000;

    @Test
    void all_steps_are_done_in_order_by_the_time_it_is_finished() throws IOException {
        List<Integer> done = new ArrayList<>();
        try (WriteBehind behind = new WriteBehind("in-order")) {
            for (int i = 0; i < MANY; i++) {
                int number = i;
                behind.add(() -> done.add(number));
            }
            behind.finish();
        }
        assertThat(done).isEqualTo(IntStream.range(0, MANY).boxed().toList());
    }

    @Test
    void a_step_that_fails_is_told_while_more_is_handed_over_and_none_is_done_after_it() throws IOException {
        AtomicInteger done = new AtomicInteger();
        try (WriteBehind behind = new WriteBehind("disk-full")) {
            assertThatThrownBy(() -> {
                for (int i = 0; i < MANY; i++) {
                    int number = i;
                    behind.add(() -> step(number, done));
                }
            }).isInstanceOf(IOException.class).hasMessage("no space left");
        }
        assertThat(done).hasValue(200);
    }

    private static void step(int number, AtomicInteger done) throws IOException {
        if (number == 200) {
            throw new IOException("no space left");
        }
        done.incrementAndGet();
    }

    @Test
    void a_last_step_that_fails_is_told_at_the_end_so_that_no_short_file_is_kept() throws IOException {
        try (WriteBehind behind = new WriteBehind("last")) {
            behind.add(() -> {
                throw new IllegalStateException("a policy that cannot tell");
            });
            assertThatThrownBy(behind::finish).isInstanceOf(IllegalStateException.class).hasMessage("a policy that cannot tell");
        }
    }

    @Test
    void what_waits_is_not_done_once_it_is_closed() throws IOException {
        AtomicInteger done = new AtomicInteger();
        try (WriteBehind behind = new WriteBehind("given-up")) {
            behind.add(done::incrementAndGet);
        }
        assertThat(done).hasValue(0);
    }

    @Test
    void all_that_was_handed_over_is_done_once_it_is_drained_and_a_failure_is_told_rather_than_waited_for() throws IOException {
        AtomicInteger done = new AtomicInteger();
        try (WriteBehind behind = new WriteBehind("drained")) {
            for (int i = 0; i < 3; i++) {
                behind.add(done::incrementAndGet);
                behind.drain();
                assertThat(done).hasValue(i + 1);
            }
            behind.add(() -> step(200, done));
            assertThatThrownBy(behind::drain).isInstanceOf(IOException.class).hasMessage("no space left");
        }
    }
}
