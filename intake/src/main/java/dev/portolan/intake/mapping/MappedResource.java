package dev.portolan.intake.mapping;

/**
 * A resource that a record became.
 *
 * @param type resource type
 * @param id logical id, made from the record's business key: the same record gives the same id
 * @param json compact JSON
 * @param onlyIfAbsent true for what is known of something in passing (a payer's identifier in a coverage): it is written only if there is nothing better
 */
public record MappedResource(String type, String id, byte[] json, boolean onlyIfAbsent) {}
