package dev.portolan.intake.x12;

import dev.portolan.intake.mapping.Problem;
import dev.portolan.intake.source.SourceFormat;
import dev.portolan.intake.source.SourceItem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cuts segments into records. A record takes the lines above it that no earlier record took (envelope, header, provider, subscriber), and the last of a transaction those that close it; so each segment is a line of exactly one record.
 */
final class X12Items implements SourceFormat.Items {

    private static final int CHUNK = 200;
    private static final int MOST_SEGMENTS = 10_000;
    private static final int MOST_FAULTS = 5_000;
    /** Characters of a record: segments may be long, and there may be many of them, but not both. */
    private static final int LONGEST = 4 << 20;

    private static final String LOST = "the segment has bytes that are no UTF-8, or characters that its source lost already; convert the file (iconv -f WINDOWS-1252 -t UTF-8, for instance)";

    private final SegmentReader reader;
    private final X12Inspection inspection;
    private final SegmentRules rules;
    private final Deque<SourceItem> ready = new ArrayDeque<>();
    private final Map<Long, Problem> faults = new HashMap<>();

    private @Nullable Segment isa;
    private @Nullable Segment gs;
    private @Nullable Segment st;
    /** Those of the interchange that is open: the reader's are those of the next one as soon as its ISA is read. */
    private @Nullable Delimiters delimiters;
    private Context context = Context.of("");
    private int interchange = -1;
    private int transaction = -1;
    private int uncounted;
    private int recordsOfTransaction;
    private boolean ended;

    private @Nullable Open open;
    private @Nullable SourceItem held;

    /** A record that is being read. */
    private static final class Open {
        private final List<Segment> own = new ArrayList<>();
        private final List<Segment> above;
        private final long line;
        private @Nullable Problem unreadable;
        private int lines;
        private long length;

        private Open(List<Segment> above, long line, int lines, @Nullable String unreadable) {
            this.above = above;
            this.line = line;
            this.lines = lines;
            this.unreadable = unreadable == null ? null : new Problem(true, "no-record", "", line, unreadable);
        }

        private void faulty(@Nullable Problem fault) {
            unreadable = unreadable == null ? fault : unreadable;
        }

        private void add(Segment segment) {
            own.add(segment);
            length += segment.length();
        }
    }

    X12Items(SegmentReader reader, X12Inspection inspection, SegmentRules rules) {
        this.reader = reader;
        this.inspection = inspection;
        this.rules = rules;
    }

    @Override
    public @Nullable SourceItem next() throws IOException {
        while (ready.isEmpty() && !ended) {
            Segment segment = reader.next();
            if (segment == null) {
                end();
            } else {
                take(segment);
            }
        }
        return ready.poll();
    }

    private void take(Segment segment) {
        switch (segment.tag()) {
            case "ISA" -> {
                endRecord();
                isa = segment;
                delimiters = reader.delimiters();
                gs = null;
                st = null;
                interchange++;
                uncounted++;
            }
            case "GS" -> {
                endRecord();
                gs = segment;
                st = null;
                uncounted++;
            }
            case "ST" -> beginTransaction(segment);
            case "SE" -> endTransaction();
            case "GE", "IEA", "TA1" -> {
                endRecord();
                closing();
            }
            default -> inside(segment);
        }
    }

    private void beginTransaction(Segment segment) {
        endRecord();
        st = segment;
        transaction++;
        recordsOfTransaction = 0;
        context = Context.of(segment.at(1));
        faults.clear();
        uncounted++;
    }

    private void endTransaction() {
        endRecord();
        if (st != null && recordsOfTransaction == 0) {
            open = new Open(context.above(), st.number(), uncounted, "the transaction has no record");
            uncounted = 0;
            endRecord();
        }
        closing();
        st = null;
    }

    private void closing() {
        if (held == null) {
            uncounted++;
        } else {
            held = new SourceItem(held.line(), held.lines() + 1, held.raw(), null, held.unreadable());
        }
    }

    private void inside(Segment segment) {
        if (st == null) {
            uncounted++;
            return;
        }
        if (!rules.knows(st.at(1))) {
            chunk(segment, "the transaction set " + st.at(1) + " is not read here; 834, 837 and 835 are");
            return;
        }
        Problem fault = segment.isLost() ? new Problem(true, "not-utf-8", segment.tag(), segment.number(), LOST)
            : rules.check(st.at(1), segment, 0).filter(error -> error.elementError() != null).map(error -> new Problem(true, "bad-element", error.tag(), segment.number(), error.meaning())).orElse(null);
        switch (context.place(segment)) {
            case RECORD -> {
                endRecord();
                open = new Open(context.above(), segment.number(), uncounted + 1, context.problem());
                open.above.forEach(above -> open.faulty(faults.get(above.number())));
                open.faulty(fault);
                open.add(segment);
                uncounted = 0;
                recordsOfTransaction++;
            }
            case ABOVE -> {
                endRecord();
                uncounted++;
                keep(segment, fault);
            }
            case BELOW -> {
                endRecord();
                closing();
            }
            case WITHIN -> within(segment, fault);
        }
    }

    /** What is wrong above a record is wrong for it too. */
    private void keep(Segment segment, @Nullable Problem fault) {
        if (fault != null) {
            if (faults.size() >= MOST_FAULTS) {
                faults.keySet().retainAll(context.above().stream().map(Segment::number).collect(java.util.stream.Collectors.toSet()));
            }
            faults.put(segment.number(), fault);
        }
    }

    private void within(Segment segment, @Nullable Problem fault) {
        if (open == null) {
            uncounted++;
            return;
        }
        if (open.own.size() >= MOST_SEGMENTS || open.length >= LONGEST) {
            String why = "the record has more than " + MOST_SEGMENTS + " segments or " + (LONGEST >> 20) + " million characters";
            open.faulty(new Problem(true, "too-long", "", open.line, why)); // its beginning is no record either
            chunk(segment, why);
            return;
        }
        open.faulty(fault);
        open.add(segment);
        open.lines++;
    }

    /** Segments that belong to no record that is read are kept a few hundred at a time: what they are part of may be as long as the file. */
    private void chunk(Segment segment, String why) {
        if (open == null || open.unreadable == null || open.own.size() >= CHUNK || open.length >= LONGEST) {
            endRecord();
            open = new Open(List.of(), segment.number(), uncounted, why);
            uncounted = 0;
            recordsOfTransaction++;
        }
        open.add(segment);
        open.lines++;
    }

    private void endRecord() {
        Open record = open;
        if (record == null) {
            return;
        }
        open = null;
        String why = inspection.refusal(Math.max(0, transaction), Math.max(0, interchange));
        Problem problem = why.isEmpty() ? record.unreadable : new Problem(true, "transaction-refused", st == null ? "" : "ST " + st.at(1), record.line, why);
        if (held != null) {
            ready.add(held);
        }
        held = new SourceItem(record.line, record.lines, raw(record), null, problem);
    }

    /** The record as an interchange of its own, so that it can be read again by itself. */
    private byte[] raw(Open record) {
        Delimiters own = delimiters == null ? reader.delimiters() : delimiters;
        StringBuilder out = new StringBuilder(2_048);
        int segments = record.above.size() + record.own.size() + 2;
        for (Segment envelope : new Segment[] {isa, gs, st}) {
            if (envelope != null) {
                own.write(envelope, out);
            }
        }
        record.above.forEach(segment -> own.write(segment, out));
        record.own.forEach(segment -> own.write(segment, out));
        if (st != null) {
            own.write(new Segment(0, "SE", new String[] {String.valueOf(segments), st.at(2)}), out);
        }
        if (gs != null) {
            own.write(new Segment(0, "GE", new String[] {"1", gs.at(6)}), out);
        }
        if (isa != null) {
            own.write(new Segment(0, "IEA", new String[] {"1", isa.at(13)}), out);
        }
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void end() {
        ended = true;
        endRecord();
        if (held != null) {
            ready.add(new SourceItem(held.line(), held.lines() + uncounted, held.raw(), null, held.unreadable()));
        } else if (uncounted > 0) {
            open = new Open(List.of(), 1, uncounted, "the file has no transaction with a record");
            endRecord();
            ready.add(java.util.Objects.requireNonNull(held));
        }
        uncounted = 0;
    }

    @Override
    public long position() {
        return reader.position();
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
