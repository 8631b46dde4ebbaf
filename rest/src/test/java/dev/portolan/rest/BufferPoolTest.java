package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BufferPoolTest {

    private final BufferPool pool = new BufferPool();

    @Test
    void theOneThatCameBackLastGoesOutFirstAndEmpty() {
        ByteBuilder first = pool.take();
        ByteBuilder second = pool.take();
        second.ascii("of somebody else");
        pool.give(first);
        pool.give(second);
        assertThat(pool.take()).isSameAs(second);
        assertThat(second.length()).isZero();
        assertThat(pool.take()).isSameAs(first);
        assertThat(pool.take()).isNotSameAs(first).isNotSameAs(second);
    }

    @Test
    void noMoreThanSixteenMebibytesAreKeptHoweverManyComeBack() {
        List<ByteBuilder> large = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            large.add(new ByteBuilder(1 << 20));
        }
        for (int round = 0; round < 3; round++) {
            large.forEach(pool::give);
            long kept = 0;
            for (ByteBuilder buffer = pool.take(); large.contains(buffer); buffer = pool.take()) {
                kept += buffer.capacity();
            }
            assertThat(kept).isEqualTo(16 << 20);
        }
    }
}
