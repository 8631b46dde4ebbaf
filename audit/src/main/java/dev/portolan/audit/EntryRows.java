package dev.portolan.audit;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Rows of {@code audit.entry} in PostgreSQL's binary COPY format, which costs the server and this process a fraction of what an INSERT with its bound values does. Used by one thread.
 */
final class EntryRows {

    static final String COPY = """
        COPY audit.entry (chain, seq, recorded, api, operation, status, outcome, app, person, relation, member, members, types, resource, resources, withheld, categories, query,
            grant_id, scopes, purpose, consents, source, request, previous, hash) FROM STDIN (FORMAT binary)""";
    /** What goes before the rows: the signature, and no flags and no extension. */
    static final byte[] HEADER = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0};
    /** What goes behind them. */
    static final byte[] TRAILER = {-1, -1};
    private static final int COLUMNS = 26;
    private static final int TEXT_OID = 25;
    private static final int NULL = -1;
    /** PostgreSQL counts microseconds from the year 2000. */
    private static final long EPOCH_MILLIS = 946_684_800_000L;
    private static final int MICROS_PER_MILLI = 1_000;

    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream(1 << 14);
    private final DataOutputStream out = new DataOutputStream(buffer);

    /** Forgets all rows. */
    void clear() {
        buffer.reset();
    }

    byte[] bytes() {
        return buffer.toByteArray();
    }

    void add(UUID chain, long seq, long recordedMillis, AuditEntry entry, byte[] previous, byte[] hash) {
        try {
            out.writeShort(COLUMNS);
            out.writeInt(2 * Long.BYTES);
            out.writeLong(chain.getMostSignificantBits());
            out.writeLong(chain.getLeastSignificantBits());
            int8(seq);
            int8((recordedMillis - EPOCH_MILLIS) * MICROS_PER_MILLI);
            fields(entry);
            bytes(previous);
            bytes(hash);
        } catch (IOException e) {
            throw new UncheckedIOException("memory takes all bytes", e);
        }
    }

    private void fields(AuditEntry entry) throws IOException {
        AuditEntry.Subject subject = entry.subject();
        List<String> members = subject.members();
        text(entry.api());
        text(entry.operation());
        int2(entry.outcome().status());
        text(entry.outcome().code());
        text(entry.caller().app());
        text(entry.caller().person());
        text(entry.caller().relation());
        text(members.size() == 1 ? members.get(0) : null);
        texts(members.size() > 1 ? members : null);
        texts(subject.types());
        text(subject.resource());
        int4(subject.resources());
        int4(subject.withheld());
        texts(subject.categories());
        text(subject.query());
        text(entry.authority().grant());
        texts(entry.authority().scopes());
        text(entry.authority().purpose());
        texts(entry.authority().consents());
        text(entry.origin().address());
        text(entry.origin().request());
    }

    private void int2(int value) throws IOException {
        out.writeInt(Short.BYTES);
        out.writeShort(value);
    }

    private void int4(int value) throws IOException {
        out.writeInt(Integer.BYTES);
        out.writeInt(value);
    }

    private void int8(long value) throws IOException {
        out.writeInt(Long.BYTES);
        out.writeLong(value);
    }

    private void bytes(byte[] value) throws IOException {
        out.writeInt(value.length);
        out.write(value);
    }

    private void text(@Nullable String value) throws IOException {
        if (value == null) {
            out.writeInt(NULL);
        } else {
            bytes(value.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** An array: dimensions, whether it holds nulls, element type, then length and lower bound, then the elements. */
    private void texts(@Nullable List<String> values) throws IOException {
        if (values == null) {
            out.writeInt(NULL);
            return;
        }
        if (values.isEmpty()) {
            out.writeInt(3 * Integer.BYTES);
            out.writeInt(0);
            out.writeInt(0);
            out.writeInt(TEXT_OID);
            return;
        }
        int length = 5 * Integer.BYTES;
        byte[][] encoded = new byte[values.size()][];
        for (int i = 0; i < encoded.length; i++) {
            encoded[i] = values.get(i).getBytes(StandardCharsets.UTF_8);
            length += Integer.BYTES + encoded[i].length;
        }
        out.writeInt(length);
        out.writeInt(1);
        out.writeInt(0);
        out.writeInt(TEXT_OID);
        out.writeInt(encoded.length);
        out.writeInt(1);
        for (byte[] value : encoded) {
            bytes(value);
        }
    }
}
