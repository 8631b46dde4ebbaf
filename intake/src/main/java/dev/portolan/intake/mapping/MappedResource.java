package dev.portolan.intake.mapping;

/**
 * A resource that a record became.
 *
 * @param type resource type
 * @param id logical id, made from the record's business key: the same record gives the same id
 * @param json compact JSON
 */
public record MappedResource(String type, String id, byte[] json) {}
