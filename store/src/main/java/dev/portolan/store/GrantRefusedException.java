package dev.portolan.store;

/**
 * The grant does not allow this interaction on this type at all (403). What lies outside of the granted members is not refused but not there: the answer must not tell
 * whether it exists.
 */
public final class GrantRefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public GrantRefusedException(String message) {
        super(message);
    }
}
