package dev.portolan.fhir.search;

/** A search that cannot be answered as it is asked. The message says what to change. */
public final class InvalidSearchException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String parameter;
    private final boolean notSupported;

    public InvalidSearchException(String parameter, String message, boolean notSupported) {
        super(message);
        this.parameter = parameter;
        this.notSupported = notSupported;
    }

    /** Name of the parameter as it was sent. */
    public String parameter() {
        return parameter;
    }

    /** True for what FHIR allows but this server does not do; false for what is malformed. Both are 400. */
    public boolean notSupported() {
        return notSupported;
    }
}
