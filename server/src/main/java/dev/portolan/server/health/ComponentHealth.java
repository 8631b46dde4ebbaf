package dev.portolan.server.health;

/**
 * How one part of the server does.
 *
 * @param name what it is, in words
 * @param detail one sentence for the operator; never a member's data
 */
public record ComponentHealth(String name, Condition condition, String detail) {

    /** From best to worst; only {@link #DOWN} takes the server out of rotation. */
    public enum Condition {
        UP,
        WARMING,
        DEGRADED,
        DOWN
    }

    /** Tells how a part does at the moment; asked on every look at the health page, so it must answer quickly. */
    @FunctionalInterface
    public interface Source {

        ComponentHealth now();
    }
}
