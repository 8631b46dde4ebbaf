package dev.portolan.benchmarks.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import jdk.jfr.Event;
import jdk.jfr.Name;
import org.junit.jupiter.api.Test;

class FlightRecordingTest {

    @Name("dev.portolan.test.Waited")
    private static final class Waited extends Event {}

    @Name("dev.portolan.test.Other")
    private static final class Other extends Event {}

    @Test
    void tells_how_long_each_event_of_a_type_lasted() throws IOException, InterruptedException {
        try (FlightRecording recording = FlightRecording.start(ProcessHandle.current().pid(), List.of("dev.portolan.test.Waited"))) {
            for (int i = 0; i < 3; i++) {
                Waited event = new Waited();
                event.begin();
                Thread.sleep(5);
                event.commit();
                new Other().commit();
            }
            assertThat(recording.nanoseconds("dev.portolan.test.Waited")).hasSize(3).satisfies(lengths -> assertThat(java.util.Arrays.stream(lengths).min().orElseThrow()).isGreaterThan(4_000_000));
        }
    }
}
