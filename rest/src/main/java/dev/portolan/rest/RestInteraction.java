package dev.portolan.rest;

import java.util.Locale;

/** FHIR's interactions (R4 http, section 3.1.0) as a base may offer them. */
public enum RestInteraction {
    READ,
    VREAD,
    UPDATE,
    PATCH,
    DELETE,
    HISTORY_INSTANCE,
    HISTORY_TYPE,
    CREATE,
    SEARCH_TYPE,
    TRANSACTION,
    BATCH,
    SEARCH_SYSTEM,
    HISTORY_SYSTEM;

    /** The code in CapabilityStatement.rest.interaction and CapabilityStatement.rest.resource.interaction. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    boolean ofSystem() {
        return ordinal() >= TRANSACTION.ordinal();
    }

    boolean writes() {
        return this == UPDATE || this == PATCH || this == DELETE || this == CREATE;
    }
}
