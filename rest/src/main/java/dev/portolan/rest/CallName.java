package dev.portolan.rest;

/**
 * What a request was, for who counts requests: it stands in the request's attribute {@link #ATTRIBUTE}. Both parts have few values, whatever callers send.
 *
 * @param api the base's name
 * @param operation FHIR's name of the interaction, or an operation that the base offers with its dollar sign; {@code unknown} for what is neither
 */
public record CallName(String api, String operation) {

    public static final String ATTRIBUTE = "dev.portolan.call-name";
}
