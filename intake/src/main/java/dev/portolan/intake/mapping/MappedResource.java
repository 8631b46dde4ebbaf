package dev.portolan.intake.mapping;

import dev.portolan.fhir.json.JsonDocument;
import org.jspecify.annotations.Nullable;

/**
 * A resource that a record became.
 *
 * @param type resource type
 * @param id logical id, made from the record's business key: the same record gives the same id
 * @param json compact JSON
 * @param onlyIfAbsent true for what is known of something in passing (a payer's identifier in a coverage): it is written only if there is nothing better
 * @param document {@code json} as it was read already, or null if it has to be read yet
 */
public record MappedResource(String type, String id, byte[] json, boolean onlyIfAbsent, @Nullable JsonDocument document) {

    public MappedResource(String type, String id, byte[] json, boolean onlyIfAbsent) {
        this(type, id, json, onlyIfAbsent, null);
    }
}
