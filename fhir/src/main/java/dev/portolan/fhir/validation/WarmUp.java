package dev.portolan.fhir.validation;

import java.util.Locale;

/**
 * How warm the validator is.
 *
 * @param state cold, warming or warm
 * @param done profiles that are ready
 * @param total profiles that are to be made ready
 */
public record WarmUp(State state, int done, int total) {

    /** Stages of the warm-up. */
    public enum State {
        COLD,
        WARMING,
        WARM,
        /** The warm-up stopped with an error; validation is tried nevertheless when it is asked for. */
        FAILED
    }

    static final WarmUp COLD = new WarmUp(State.COLD, 0, 0);

    @Override
    public String toString() {
        return state == State.WARMING ? "warming (" + done + " of " + total + ")" : state.name().toLowerCase(Locale.ROOT);
    }
}
