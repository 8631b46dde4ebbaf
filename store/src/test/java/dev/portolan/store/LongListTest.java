package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class LongListTest {

    @Test
    void triplesAreSortedAndEachIsThereOnceHoweverManyThereAre() {
        Random random = new Random(42);
        for (int count : new int[] {0, 1, 2, 10, 63, 64, 65, 1_000}) {
            LongList list = new LongList(3);
            TreeSet<long[]> expected = new TreeSet<>(Arrays::compare);
            for (int i = 0; i < count; i++) {
                long[] triple = {random.nextInt(3), random.nextInt(20), random.nextLong() % 3};
                expected.add(triple);
                Arrays.stream(triple).forEach(list::add);
            }
            assertThat(list.toSortedTriples()).as("%d", count).isEqualTo(expected.stream().flatMapToLong(Arrays::stream).toArray());
        }
    }

    /** A Goal of some megabytes has so many dates by which it is due: a write of it took minutes. */
    @Test
    void manyTriplesTakeNoMinutes() {
        LongList list = new LongList(3);
        for (int day = 0; day < 300_000; day++) {
            list.add(1);
            list.add(day);
            list.add(day);
        }
        assertThat(assertTimeoutPreemptively(Duration.ofSeconds(30), list::toSortedTriples)).hasSize(900_000);
    }
}
