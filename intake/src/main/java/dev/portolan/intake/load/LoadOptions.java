package dev.portolan.intake.load;

/**
 * How a load is done.
 *
 * @param full the source has everything: what an earlier load had and this one has not is closed
 * @param closeMany closes even if that is more than a fifth of what was there
 * @param again loads a file although the same one was the last to be loaded
 * @param validation which of the written resources are validated against their profiles
 */
public record LoadOptions(boolean full, boolean closeMany, boolean again, Validation validation) {

    public static final LoadOptions DEFAULT = new LoadOptions(false, false, false, Validation.SHAPES);

    /** What is validated; findings are reported, they reject nothing. */
    public enum Validation {
        OFF,
        /** The first resource of each shape: the same profile and the same elements. */
        SHAPES,
        /** One of a hundred. */
        SAMPLE,
        EVERY
    }
}
