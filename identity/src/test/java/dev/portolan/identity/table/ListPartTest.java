package dev.portolan.identity.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ListPartTest {

    private static final List<Integer> ALL = IntStream.rangeClosed(1, 101).boxed().toList();

    @Test
    void every_row_stands_in_one_part() {
        assertThat(IntStream.rangeClosed(1, 3).boxed().flatMap(number -> ListPart.of(ALL, number, 50).rows().stream())).isEqualTo(ALL);
        assertThat(ListPart.of(ALL, 3, 50)).isEqualTo(new ListPart<>(List.of(101), 3, 3, 101));
    }

    @Test
    void a_part_that_there_is_not_is_the_nearest() {
        for (int wanted : new int[] {Integer.MIN_VALUE, -1, 0, 1}) {
            assertThat(ListPart.of(ALL, wanted, 50).number()).isEqualTo(1);
        }
        assertThat(ListPart.of(ALL, Integer.MAX_VALUE, 50).number()).isEqualTo(3);
    }

    @Test
    void an_empty_list_has_one_part() {
        assertThat(ListPart.of(List.of(), 1, 50)).isEqualTo(new ListPart<>(List.of(), 1, 1, 0));
    }
}
