package dev.portolan.audit;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Writes groups of entries to one chain. Used by one thread. */
final class ChainWriter implements AutoCloseable {

    private static final long MOST_BACK_MILLIS = 60_000;

    private final ChainSink sink;
    private final Clock clock;
    private final UUID chain = UUID.randomUUID();
    private final EntryHash hashes = new EntryHash();
    private final EntryRows rows = new EntryRows();
    private byte @Nullable [] head;
    private boolean broken;
    private long seq;
    private long lastMillis;

    ChainWriter(ChainSink sink, Clock clock) {
        this.sink = sink;
        this.clock = clock;
    }

    /** Whether a write failed so that nobody knows whether it happened: a chain is never continued over such a doubt. */
    boolean isBroken() {
        return broken;
    }

    /** Whether the clock went back by more than clocks are set by: entries of this chain, whose times never fall, would bear one time until it comes there again. */
    boolean isAheadOfItsClock() {
        return lastMillis - clock.millis() > MOST_BACK_MILLIS;
    }

    /** Makes the entries durable, in their order, all or none. */
    void write(List<AuditEntry> entries) throws SQLException, IOException {
        sink.ready();
        broken = true;
        byte[] previous = head == null ? sink.open(chain, clock.instant()) : head;
        long next = seq;
        long now = Math.max(lastMillis, clock.millis());
        rows.clear();
        for (AuditEntry entry : entries) {
            byte[] hash = hashes.of(previous, chain, ++next, now, entry);
            rows.add(chain, next, now, entry, previous, hash);
            previous = hash;
        }
        sink.write(new EntryGroup(chain, seq + 1, next, YearMonth.from(Instant.ofEpochMilli(now).atZone(ZoneOffset.UTC)), rows.bytes()));
        head = previous;
        seq = next;
        lastMillis = now;
        broken = false;
    }

    @Override
    public void close() {
        sink.close();
    }
}
