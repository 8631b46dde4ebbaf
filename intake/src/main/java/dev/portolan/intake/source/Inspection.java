package dev.portolan.intake.source;

import java.util.List;
import java.util.Set;

/** What there is to say of a file as a whole before its records are read: of formats with envelopes, which sender and receiver number and acknowledge. */
public interface Inspection {

    /**
     * An envelope that its sender numbers.
     *
     * @param key sender, receiver and number: the same key twice is the same envelope twice
     * @param accepted false if it is refused for what is wrong in itself: then it may come again under its number
     */
    record Envelope(String key, boolean accepted) {}

    /** In the file's order. */
    List<Envelope> envelopes();

    /** The same, with these envelopes (by their place from 0) refused because they were there before. */
    Inspection refusing(Set<Integer> repeated);

    /** True if the file says that it is not everything there is: what it lacks is not closed then. */
    boolean change();

    /** What is accepted and what is not, as values that are written as JSON. */
    Object report();

    /** The answer for the sender, in the format's own form. */
    String answer();
}
