package dev.portolan.intake.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Lines as Java's own reader finds them, wherever they lie across what is read at once. */
class NdjsonFormatTest {

    private record Line(long number, String text) {}

    @Property(tries = 300, seed = "42")
    void linesAreThoseThatAReaderFinds(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(40); i > 0; i--) {
            int length = switch (random.nextInt(5)) {
                case 0 -> 0;
                case 1 -> 65_530 + random.nextInt(12); // about as much as is read at once
                case 2 -> random.nextInt(200_000);
                default -> random.nextInt(40);
            };
            text.append(random.nextBoolean() ? "é" : "").append("x".repeat(length)).append(random.nextInt(4) == 0 ? " \t" : "").append(i == 1 && random.nextBoolean() ? "" : "\n");
        }
        assertThat(read(text.toString(), random.nextBoolean())).isEqualTo(expected(text.toString()));
    }

    @Test
    void aCarriageReturnBelongsToTheLineAndALineOfThemIsNone() throws IOException {
        assertThat(read("{}\r\n\r\n \n{\"a\":1}\r", false)).containsExactly(new Line(1, "{}\r"), new Line(4, "{\"a\":1}\r"));
    }

    @Test
    void aLineThatIsTooLongIsOneItemAndTheNextIsReadAsItIs() throws IOException {
        Path file = Files.createTempFile("lines", ".ndjson");
        try {
            byte[] million = "x".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
            try (OutputStream out = Files.newOutputStream(file)) {
                for (int i = 0; i < 65; i++) {
                    out.write(million);
                }
                out.write("\n{}\n".getBytes(StandardCharsets.US_ASCII));
            }
            try (SourceFormat.Items items = new NdjsonFormat().open(file)) {
                SourceItem first = items.next();
                assertThat(first.unreadable().code()).isEqualTo("line-too-long");
                assertThat(first.raw()).hasSize(64 << 20);
                SourceItem second = items.next();
                assertThat(second.unreadable()).isNull();
                assertThat(second.line()).isEqualTo(2);
                assertThat(new String(second.raw(), StandardCharsets.UTF_8)).isEqualTo("{}");
                assertThat(items.next()).isNull();
                assertThat(items.next()).isNull();
            }
        } finally {
            Files.delete(file);
        }
    }

    private static List<Line> expected(String text) throws IOException {
        List<Line> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new StringReader(text))) {
            long number = 0;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                number++;
                if (!line.isBlank()) {
                    lines.add(new Line(number, line));
                }
            }
        }
        return lines;
    }

    private static List<Line> read(String text, boolean packed) throws IOException {
        Path file = Files.createTempFile("lines", packed ? ".ndjson.gz" : ".ndjson");
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (OutputStream out = packed ? new GZIPOutputStream(bytes) : bytes) {
                out.write(text.getBytes(StandardCharsets.UTF_8));
            }
            Files.write(file, bytes.toByteArray());
            List<Line> lines = new ArrayList<>();
            try (SourceFormat.Items items = new NdjsonFormat().open(file)) {
                for (SourceItem item = items.next(); item != null; item = items.next()) {
                    assertThat(item.unreadable()).isNull();
                    lines.add(new Line(item.line(), new String(item.raw(), StandardCharsets.UTF_8)));
                }
            }
            return lines;
        } finally {
            Files.delete(file);
        }
    }
}
