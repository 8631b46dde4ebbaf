package dev.portolan.intake.load;

/** A load cannot be done, or cannot go on. The message is for whoever started it. */
public class LoadException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public LoadException(String message) {
        super(message);
    }

    public LoadException(String message, Throwable cause) {
        super(message, cause);
    }
}
