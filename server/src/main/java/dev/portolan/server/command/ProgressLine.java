package dev.portolan.server.command;

import dev.portolan.sandbox.Progress;
import java.io.PrintWriter;

/** Shows progress on one line of a terminal, and as a line every tenth of the way elsewhere. */
final class ProgressLine implements Progress {

    private static final int PARTS = 10;

    private final PrintWriter out;
    private final boolean terminal = System.console() != null;
    private String work = "";
    private long part = -1;

    ProgressLine(PrintWriter out) {
        this.out = out;
    }

    @Override
    public synchronized void report(String what, long done, long total) {
        long now = total == 0 ? done : done * (terminal ? 100 : PARTS) / total;
        if (what.equals(work) && now == part) {
            return;
        }
        boolean next = !what.equals(work) && !work.isEmpty();
        work = what;
        part = now;
        String line = total == 0 ? what + " ..." : "%s: %d of %d".formatted(what, done, total);
        out.print(terminal ? (next ? "\n" : "") + "\r" + line + "   " : line + "\n");
        out.flush();
    }

    /** Ends the line. */
    synchronized void end() {
        if (terminal && !work.isEmpty()) {
            out.println();
        }
    }
}
