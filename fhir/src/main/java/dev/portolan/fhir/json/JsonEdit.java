package dev.portolan.fhir.json;

/**
 * A replacement of a stretch of a document's bytes. Ranges are of {@link JsonDocument#bytes()}; an empty range is an insertion.
 *
 * @param start first byte replaced
 * @param end byte after the last one replaced
 * @param replacement compact JSON text in UTF-8 that takes its place
 */
public record JsonEdit(int start, int end, byte[] replacement) {}
