package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonLimits;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Narratives on their way into HAPI's model. Its parser knows most of the names that HTML has for characters, but not these; and of an end tag it wants to know nothing before the closing bracket, where XML allows a space. */
final class NarrativeTexts {

    private static final JsonName DIV = JsonName.of("div");
    private static final JsonLimits LIMITS = new JsonLimits(Integer.MAX_VALUE, 2 * JsonLimits.DEFAULT.maxDepth(), Integer.MAX_VALUE);
    private static final Map<String, Integer> NAMES = Map.of("uml", 168, "epsilon", 949, "sigmaf", 962, "upsilon", 965, "thetasym", 977, "upsih", 978, "sbquo", 8218, "bdquo", 8222, "ni", 8715, "perp", 8869);
    private static final Pattern UNREAD = Pattern.compile("&(" + String.join("|", NAMES.keySet()) + ");|</([a-z0-9]+)[ \t\r\n]+>");

    private NarrativeTexts() {}

    /** @param json a JSON text that was parsed before */
    static byte[] readable(byte[] json) {
        JsonDocument document = JsonDocument.parse(json, LIMITS);
        List<JsonEdit> edits = new ArrayList<>(0);
        for (JsonValue div : document.root().descendants(DIV)) {
            String text = div.isString() ? div.text() : "";
            String readable = UNREAD.matcher(TagValues.escaped(text)).replaceAll(found -> found.group(1) == null ? "</" + found.group(2) + ">" : "&#" + NAMES.get(found.group(1)) + ";");
            if (!readable.equals(text)) {
                edits.add(new JsonEdit(div.start(), div.end(), new ByteBuilder(readable.length() + 64).string(readable).toBytes()));
            }
        }
        return edits.isEmpty() ? json : document.splice(edits);
    }
}
