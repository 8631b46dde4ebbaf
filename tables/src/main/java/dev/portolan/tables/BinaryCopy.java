package dev.portolan.tables;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Rows in PostgreSQL's binary COPY format (PostgreSQL documentation, "COPY", "Binary Format"), gathered in memory and sent at once. Fields are written in the order of the
 * table's columns as the COPY statement names them.
 */
public final class BinaryCopy {

    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0};
    private static final int OID_INT2 = 21;
    private static final int OID_INT8 = 20;
    private static final int OID_TEXT = 25;
    private static final int CHUNK = 1 << 20;

    private byte[] bytes;
    private int length;

    /** @param capacity bytes that are likely to suffice */
    public BinaryCopy(int capacity) {
        bytes = new byte[capacity];
        raw(SIGNATURE);
    }

    /** Begins a row; its fields follow. */
    public void row(int fields) {
        int2(fields);
    }

    public void field(long value) {
        int4(Long.BYTES);
        int8(value);
    }

    public void field(int value) {
        int4(Integer.BYTES);
        int4(value);
    }

    public void field(short value) {
        int4(Short.BYTES);
        int2(value);
    }

    public void field(boolean value) {
        int4(1);
        room(1);
        bytes[length++] = (byte) (value ? 1 : 0);
    }

    public void field(String value) {
        field(value.getBytes(StandardCharsets.UTF_8));
    }

    public void field(byte @Nullable [] value) {
        if (value == null) {
            int4(-1);
            return;
        }
        int4(value.length);
        raw(value);
    }

    public void field(long[] values) {
        int start = arrayStart(OID_INT8, values.length);
        room(values.length * (Integer.BYTES + Long.BYTES));
        for (long value : values) {
            int4(Long.BYTES);
            int8(value);
        }
        arrayEnd(start);
    }

    public void field(short[] values) {
        int start = arrayStart(OID_INT2, values.length);
        room(values.length * (Integer.BYTES + Short.BYTES));
        for (short value : values) {
            int4(Short.BYTES);
            int2(value);
        }
        arrayEnd(start);
    }

    public void field(String[] values) {
        int start = arrayStart(OID_TEXT, values.length);
        for (String value : values) {
            field(value);
        }
        arrayEnd(start);
    }

    /**
     * Sends what was gathered, once.
     *
     * @param statement {@code COPY ... FROM STDIN (FORMAT binary)}
     */
    public void send(Connection connection, String statement) throws SQLException {
        int2(-1);
        CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(statement);
        try {
            for (int at = 0; at < length; at += CHUNK) {
                copy.writeToCopy(bytes, at, Math.min(CHUNK, length - at));
            }
            copy.endCopy();
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    private int arrayStart(int oid, int count) {
        int start = length;
        int4(0);
        int4(count == 0 ? 0 : 1);
        int4(0);
        int4(oid);
        if (count > 0) {
            int4(count);
            int4(1);
        }
        return start;
    }

    private void arrayEnd(int start) {
        int end = length;
        length = start;
        int4(end - start - Integer.BYTES);
        length = end;
    }

    private void raw(byte[] value) {
        room(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
    }

    private void int2(int value) {
        room(Short.BYTES);
        bytes[length++] = (byte) (value >> 8);
        bytes[length++] = (byte) value;
    }

    private void int4(int value) {
        room(Integer.BYTES);
        bytes[length++] = (byte) (value >> 24);
        bytes[length++] = (byte) (value >> 16);
        bytes[length++] = (byte) (value >> 8);
        bytes[length++] = (byte) value;
    }

    private void int8(long value) {
        int4((int) (value >> 32));
        int4((int) value);
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
