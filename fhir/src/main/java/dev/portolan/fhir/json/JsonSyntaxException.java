package dev.portolan.fhir.json;

/** A text is not JSON, or is over a limit. The message says what to change and never quotes the text's values. */
public final class JsonSyntaxException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int offset;
    private final boolean limitExceeded;

    JsonSyntaxException(String message, int offset, boolean limitExceeded) {
        super(message + " (at byte " + offset + ")");
        this.offset = offset;
        this.limitExceeded = limitExceeded;
    }

    /** Byte offset in the text as it was sent. */
    public int offset() {
        return offset;
    }

    /** True if the text may be JSON but is larger or deeper than allowed. */
    public boolean limitExceeded() {
        return limitExceeded;
    }
}
