package dev.portolan.server.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;

/** How far a load is, on one line of a terminal; elsewhere a line every few seconds. */
final class LoadProgressLine {

    private static final long QUIET_MILLIS = 5_000;

    private final PrintWriter out;
    private final boolean terminal = System.console() != null;
    private final long started = System.nanoTime();
    private String file = "";
    private long fileStarted = started;
    private long shown;

    LoadProgressLine(PrintWriter out) {
        this.out = out;
    }

    void show(JsonNode progress) {
        if (progress.isMissingNode()) {
            return;
        }
        boolean next = !progress.path("file").asText().equals(file);
        if (next) {
            file = progress.path("file").asText();
            fileStarted = System.nanoTime();
        }
        long now = System.currentTimeMillis();
        if (!terminal && !next && now - shown < QUIET_MILLIS) {
            return;
        }
        shown = now;
        double seconds = Math.max(0.001, (System.nanoTime() - fileStarted) / 1e9);
        long bytes = Math.max(1, progress.path("bytes").asLong());
        String line = "%s: %d%%, %,d lines, %,.0f lines/s".formatted(file, 100 * progress.path("read").asLong() / bytes, progress.path("lines").asLong(), progress.path("lines").asLong() / seconds);
        out.print(terminal ? "\r" + line + "        " : line + "\n");
        out.flush();
    }

    void end() {
        if (terminal && !file.isEmpty()) {
            out.println();
        }
    }
}
