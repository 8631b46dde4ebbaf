package dev.portolan.fhir.terminology;

/** Whether a code is in a code system or value set. */
public enum Membership {
    IN,
    NOT_IN,
    /** The content that would say is not to be had. */
    UNKNOWN;

    Membership or(Membership other) {
        return this == IN || other == IN ? IN : this == UNKNOWN || other == UNKNOWN ? UNKNOWN : NOT_IN;
    }

    Membership and(Membership other) {
        return this == NOT_IN || other == NOT_IN ? NOT_IN : this == UNKNOWN || other == UNKNOWN ? UNKNOWN : IN;
    }

    Membership not() {
        return this == IN ? NOT_IN : this == NOT_IN ? IN : UNKNOWN;
    }

    static Membership of(boolean in) {
        return in ? IN : NOT_IN;
    }
}
