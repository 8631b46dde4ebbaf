package dev.portolan.audit;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Rows of {@code audit.entry} in PostgreSQL's binary COPY format, which costs the server and this process a fraction of what an INSERT with its bound values does. Used by one thread.
 */
final class EntryRows {

    private static final String COPY = """
        COPY audit.entry (chain, seq, recorded, api, operation, status, outcome, app, person, relation, member, members, types, resource, resources, withheld, categories, query,
            grant_id, scopes, purpose, consents, source, request, previous, hash) FROM STDIN (FORMAT binary)""";
    private static final int COLUMNS = 26;
    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0};
    private static final int TEXT_OID = 25;
    private static final int NULL = -1;
    /** PostgreSQL counts microseconds from the year 2000. */
    private static final long EPOCH_MILLIS = 946_684_800_000L;
    private static final int MICROS_PER_MILLI = 1_000;

    private final Buffer buffer = new Buffer();
    private final DataOutputStream out = new DataOutputStream(buffer);

    /** The bytes can be sent without a copy of them. */
    private static final class Buffer extends ByteArrayOutputStream {

        Buffer() {
            super(1 << 14);
        }

        byte[] bytes() {
            return buf;
        }
    }

    /** Forgets all rows. */
    void clear() {
        buffer.reset();
        try {
            out.write(SIGNATURE);
            out.writeInt(0);
            out.writeInt(0);
        } catch (IOException e) {
            throw new UncheckedIOException("memory takes all bytes", e);
        }
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

    /** Sends the rows; outside of a transaction they are durable when this returns. */
    void send(Connection connection) throws SQLException {
        try {
            out.writeShort(-1);
        } catch (IOException e) {
            throw new UncheckedIOException("memory takes all bytes", e);
        }
        CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(COPY);
        try {
            copy.writeToCopy(buffer.bytes(), 0, buffer.size());
            copy.endCopy();
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
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
