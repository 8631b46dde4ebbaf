package dev.portolan.store;

/** A search would take longer, or hold more, than allowed. The message says how to narrow it. */
public final class SearchTooCostlyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public SearchTooCostlyException(String message) {
        super(message);
    }
}
