package dev.portolan.identity.udap;

/** A signed statement that is not believed. {@code isUntrusted} if it is in order, and nobody whom this server trusts vouches for who signed it. */
public final class UdapRefused extends RuntimeException {
    private final boolean untrusted;

    UdapRefused(boolean untrusted, String message) {
        super(message);
        this.untrusted = untrusted;
    }

    static UdapRefused invalid(String message) {
        return new UdapRefused(false, message);
    }

    public boolean isUntrusted() {
        return untrusted;
    }
}
