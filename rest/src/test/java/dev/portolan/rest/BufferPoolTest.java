package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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

    /** What was collected counts no longer: otherwise a server that rested once would keep nothing from then on. In a process of its own, which keeps nothing softly. */
    @Test
    void whatTheCollectorTookMakesRoom() throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-XX:SoftRefLRUPolicyMSPerMB=0", "-Xmx100m",
            "-cp", System.getProperty("java.class.path"), AfterRest.class.getName()).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).contains("collected 16, kept 16");
    }

    static final class AfterRest {

        private AfterRest() {}

        public static void main(String[] arguments) throws InterruptedException {
            BufferPool pool = new BufferPool();
            List<WeakReference<ByteBuilder>> before = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                ByteBuilder buffer = new ByteBuilder(1 << 20);
                before.add(new WeakReference<>(buffer));
                pool.give(buffer);
            }
            // How long something was not used is reckoned from one collection to the next.
            System.gc();
            Thread.sleep(50);
            System.gc();
            List<ByteBuilder> later = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                later.add(new ByteBuilder(1 << 20));
            }
            later.forEach(pool::give);
            int kept = 0;
            for (int i = 0; i < 16; i++) {
                kept += later.contains(pool.take()) ? 1 : 0;
            }
            System.out.println("collected " + before.stream().filter(each -> each.get() == null).count() + ", kept " + kept);
        }
    }
}
