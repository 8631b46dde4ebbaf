package dev.portolan.intake.load;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.ReadResult;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * What somebody restricted here (45 CFR 164.522: a member asked for it) stays restricted when its record comes again. A feed of claims or rows knows nothing of labels, so that it lacks one says nothing; the labels that come of codes are found anew. A
 * source that labels what it sends decides by itself.
 */
final class Restrictions {

    private static final String NAME = "v3-Confidentiality";
    private static final String CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/" + NAME;
    private static final Set<String> RESTRICTED = Set.of("R", "V");

    private Restrictions() {}

    /** The record with the restrictions of what stands there. */
    static JsonDocument kept(JsonDocument record, @Nullable ReadResult present) {
        JsonValue meta = record.root().field("meta");
        if (meta == null || meta.field("security") != null || !(present instanceof ReadResult.Found found)) {
            return record;
        }
        byte[] stands = found.resource().content().json();
        if (!new String(stands, StandardCharsets.ISO_8859_1).contains(NAME)) {
            return record;
        }
        String labels = StreamSupport.stream(JsonDocument.parse(stands).root().field("meta").each("security").spliterator(), false).filter(Restrictions::isRestricted).map(JsonValue::toJson).collect(Collectors.joining(","));
        int end = meta.end() - 1;
        return labels.isEmpty() ? record : record.with(List.of(new JsonEdit(end, end, ((meta.firstChild() == null ? "" : ",") + "\"security\":[" + labels + ']').getBytes(StandardCharsets.UTF_8))));
    }

    private static boolean isRestricted(JsonValue label) {
        return CONFIDENTIALITY.equals(label.fieldText("system")) && RESTRICTED.contains(String.valueOf(label.fieldText("code")));
    }
}
