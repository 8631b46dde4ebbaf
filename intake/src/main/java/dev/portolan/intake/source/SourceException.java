package dev.portolan.intake.source;

/** A source cannot be read as what it is said to be. The message says where and what to change, and holds no value of the source. */
public final class SourceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public SourceException(String message) {
        super(message);
    }

    public SourceException(String message, Throwable cause) {
        super(message, cause);
    }
}
