package dev.portolan.audit;

/** The entry could not be made durable: the answer that it stands for must not leave (AUD-09). */
public final class AuditUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public AuditUnavailableException(String message, @org.jspecify.annotations.Nullable Throwable cause) {
        super(message, cause);
    }
}
