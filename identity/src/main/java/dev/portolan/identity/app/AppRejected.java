package dev.portolan.identity.app;

/** A request about an app that cannot be met. {@code code} is of RFC 7591 (section 3.2.2) where that has one. */
public final class AppRejected extends RuntimeException {
    private final String code;

    public AppRejected(String code, String message) {
        super(message);
        this.code = code;
    }

    public String code() {
        return code;
    }
}
