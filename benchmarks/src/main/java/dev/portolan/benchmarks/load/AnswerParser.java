package dev.portolan.benchmarks.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** Finds the end of HTTP/1.1 answers as their bytes come, and keeps the body. It parses no more of an answer than that needs, so that a request costs the generator some microseconds. */
final class AnswerParser {

    private enum Part {
        STATUS,
        HEADER,
        BODY,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILER,
        DONE
    }

    private static final byte[] CONTENT_LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TRANSFER_ENCODING = "transfer-encoding:".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CONNECTION = "connection:".getBytes(StandardCharsets.US_ASCII);
    /** A bit that tells ASCII's small letters from its capitals. */
    private static final int SMALL = 0x20;

    private Part part = Part.STATUS;
    private byte[] line = new byte[1 << 10];
    private int lineLength;
    private byte[] body = new byte[1 << 16];
    private int bodyLength;
    private int left;
    private int status;
    private boolean chunked;
    private boolean closes;

    /** Makes ready for the next answer. */
    void begin() {
        part = Part.STATUS;
        lineLength = 0;
        bodyLength = 0;
        left = 0;
        chunked = false;
        closes = false;
    }

    /** Takes what came; true once the answer is whole. */
    boolean take(ByteBuffer in) {
        while (part != Part.DONE && in.hasRemaining()) {
            if (part == Part.BODY || part == Part.CHUNK) {
                takeBody(in);
            } else if (takeLine(in)) {
                lineEnded();
                lineLength = 0;
            }
        }
        return part == Part.DONE;
    }

    int status() {
        return status;
    }

    /** Whether the server closes the connection after this answer. */
    boolean closes() {
        return closes;
    }

    int bodyLength() {
        return bodyLength;
    }

    String body() {
        return new String(body, 0, bodyLength, StandardCharsets.UTF_8);
    }

    private void takeBody(ByteBuffer in) {
        int length = Math.min(left, in.remaining());
        if (bodyLength + length > body.length) {
            body = Arrays.copyOf(body, Math.max(bodyLength + left, body.length * 2));
        }
        in.get(body, bodyLength, length);
        bodyLength += length;
        left -= length;
        if (left == 0) {
            part = part == Part.BODY ? Part.DONE : Part.CHUNK_END;
        }
    }

    /** False if the line goes on in what is to come. */
    private boolean takeLine(ByteBuffer in) {
        while (in.hasRemaining()) {
            byte value = in.get();
            if (value == '\n') {
                return true;
            }
            if (value != '\r') {
                if (lineLength == line.length) {
                    line = Arrays.copyOf(line, lineLength * 2);
                }
                line[lineLength++] = value;
            }
        }
        return false;
    }

    private void lineEnded() {
        switch (part) {
            case STATUS -> {
                status = Integer.parseInt(text(9, 12));
                part = Part.HEADER;
            }
            case HEADER -> {
                if (lineLength > 0) {
                    header();
                } else {
                    part = chunked ? Part.CHUNK_SIZE : left > 0 ? Part.BODY : Part.DONE;
                }
            }
            case CHUNK_SIZE -> {
                left = Integer.parseInt(text(0, lineLength).split(";", 2)[0].strip(), 16);
                part = left > 0 ? Part.CHUNK : Part.TRAILER;
            }
            case CHUNK_END -> part = Part.CHUNK_SIZE;
            case TRAILER -> part = lineLength == 0 ? Part.DONE : Part.TRAILER;
            default -> throw new IllegalStateException("no line ends in " + part);
        }
    }

    private void header() {
        if (starts(CONTENT_LENGTH)) {
            left = Integer.parseInt(text(CONTENT_LENGTH.length, lineLength).strip());
        } else if (starts(TRANSFER_ENCODING)) {
            chunked = text(TRANSFER_ENCODING.length, lineLength).toLowerCase(Locale.ROOT).contains("chunked");
        } else if (starts(CONNECTION)) {
            closes = text(CONNECTION.length, lineLength).strip().equalsIgnoreCase("close");
        }
    }

    private boolean starts(byte[] name) {
        if (lineLength < name.length) {
            return false;
        }
        for (int i = 0; i < name.length; i++) {
            int value = line[i];
            if ((value >= 'A' && value <= 'Z' ? value | SMALL : value) != name[i]) {
                return false;
            }
        }
        return true;
    }

    private String text(int from, int to) {
        return new String(line, from, to - from, StandardCharsets.ISO_8859_1);
    }
}
