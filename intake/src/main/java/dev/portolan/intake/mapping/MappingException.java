package dev.portolan.intake.mapping;

/** A mapping file is wrong. The message says where and what to change. */
public final class MappingException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MappingException(String place, String message) {
        super(place + ": " + message);
    }
}
