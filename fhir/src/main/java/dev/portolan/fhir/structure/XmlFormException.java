package dev.portolan.fhir.structure;

/** A resource that cannot become XML, or XML that is no resource. The message is for the caller's eyes and quotes no data. */
public final class XmlFormException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    XmlFormException(String message) {
        super(message, null, false, false);
    }
}
