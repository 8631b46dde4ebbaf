package dev.portolan.store;

/** Two writers got into each other's way (409): the caller may try again. */
public final class WriteConflictException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public WriteConflictException(String message, Throwable cause) {
        super(message, cause);
    }
}
