package dev.portolan.intake.load;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonSyntaxException;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.intake.mapping.LogicalId;
import dev.portolan.intake.mapping.MappedResource;
import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.mapping.Problem;
import dev.portolan.intake.mapping.References;
import dev.portolan.intake.source.SourceItem;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Resources that come as FHIR: taken as they are. Their ids are kept, so that the same resource is the same here. Conditional references ({@code Practitioner?identifier=...}, R4 3.1.0.11.1) become references
 * to what is found; one that finds nothing stays as it is and is reported.
 */
final class ResourceMapper implements RecordMapper {

    private static final JsonName REFERENCE = JsonName.of("reference");
    /** Types of Bundles that are nothing by themselves, as a document or a message is. */
    private static final Set<String> ENVELOPES = Set.of("transaction", "batch", "collection", "searchset", "history", "transaction-response", "batch-response");
    private static final Pattern CONDITIONAL = Pattern.compile("([A-Z][A-Za-z]+)\\?identifier=([^&]+)");

    @Override
    public String name() {
        return "fhir";
    }

    @Override
    public String version() {
        return "R4";
    }

    @Override
    public Mapping.Outcome map(SourceItem item, References references) {
        List<Problem> problems = new ArrayList<>();
        JsonDocument document;
        try {
            document = JsonDocument.parse(item.raw());
        } catch (JsonSyntaxException e) {
            return rejected("no-json", item, "the line is no JSON: " + e.getMessage());
        }
        String type = document.root().fieldText("resourceType");
        String id = document.root().fieldText("id");
        if (type == null) {
            return rejected("no-resource", item, "the line is no FHIR resource: it has no resourceType");
        }
        if (id == null || !LogicalId.isId(id)) {
            return rejected("no-key", item, "the resource has no usable id, so it could not be told from another one when it comes again");
        }
        if (type.equals("Bundle") && ENVELOPES.contains(String.valueOf(document.root().fieldText("type")))) {
            return rejected("bundle", item, "a Bundle on a line is not taken apart, and nobody would find what is in it; bring it as a file of its own (.json), or its resources one on each line");
        }
        List<JsonEdit> edits = new ArrayList<>();
        collect(document.root(), edits, item, references, problems);
        MappedResource resource = edits.isEmpty() ? new MappedResource(type, id, document.bytes(), false, document) : new MappedResource(type, id, document.splice(edits), false);
        return new Mapping.Outcome(List.of(resource), problems);
    }

    private static Mapping.Outcome rejected(String code, SourceItem item, String message) {
        return new Mapping.Outcome(List.of(), List.of(new Problem(true, code, "", item.line(), message)));
    }

    /** What stands in the reference is a part of a URL. It names one identifier: a comma in it is its own, and no "or". */
    private static String token(String value) {
        String plain = value;
        try {
            plain = value.indexOf('%') < 0 ? value : URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // a percent sign that is one
        }
        return plain.replace(",", "\\,").replace("$", "\\$");
    }

    private static void collect(JsonValue resource, List<JsonEdit> edits, SourceItem item, References references, List<Problem> problems) {
        for (JsonValue reference : resource.descendants(REFERENCE)) {
            if (!reference.isString() || reference.text().indexOf('?') <= 0) {
                continue;
            }
            var condition = CONDITIONAL.matcher(reference.text());
            Optional<String> id = condition.matches() && references instanceof StoredReferences stored ? stored.only(condition.group(1), "identifier", token(condition.group(2))) : Optional.empty();
            if (id.isPresent()) {
                edits.add(new JsonEdit(reference.start(), reference.end(), ('"' + condition.group(1) + '/' + id.get() + '"').getBytes(StandardCharsets.UTF_8)));
            } else {
                problems.add(new Problem(false, "unresolved-reference", "", item.line(), "a conditional reference finds not exactly one resource; load what it refers to first"));
            }
        }
    }
}
