package dev.portolan.store;

/** The database could not do what was asked, and not because of what was asked (500, or 503 if it cannot be reached). */
public final class StoreFailureException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public StoreFailureException(String message, Throwable cause) {
        super(message, cause);
    }
}
