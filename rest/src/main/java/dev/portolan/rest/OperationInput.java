package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parameters of an operation, from the URL, from a Parameters resource, or from a resource that stands for the parameter {@code resource} (R4 operations, section 3.2.0.2). */
final class OperationInput {

    private final List<RawParameter> query;
    private final @Nullable JsonDocument body;
    private final boolean parameters;

    OperationInput(FhirRequest request) {
        this.query = request.parameters();
        FhirRequest.Body read = request.method().equals("POST") ? request.body().get() : FhirRequest.Body.NONE;
        this.body = read.resource();
        if (body != null && (read.jsonPatch() || body.root().fieldText("resourceType") == null)) {
            throw new FhirException(Problem.BAD_JSON, "an operation takes a Parameters resource, or the resource that it is about");
        }
        this.parameters = body != null && "Parameters".equals(body.root().fieldText("resourceType"));
    }

    /** The resource that the operation is about, or null. */
    @Nullable JsonDocument resource() {
        if (body != null && !parameters) {
            return body;
        }
        JsonValue part = part("resource");
        JsonValue resource = part == null ? null : part.field("resource");
        return resource == null ? null : JsonDocument.parse(resource.toBytes());
    }

    /** A primitive value as text, or null. */
    @Nullable String text(String name) {
        JsonValue value = value(name);
        return value != null && !value.isObject() && !value.isArray() ? value.text() : UrlParameters.first(query, name);
    }

    List<String> texts(String name) {
        List<String> all = new ArrayList<>();
        query.stream().filter(parameter -> parameter.name().equals(name)).forEach(parameter -> all.add(parameter.value()));
        for (JsonValue part : parts()) {
            JsonValue value = part.field("name") != null && name.equals(part.fieldText("name")) ? valueOf(part) : null;
            if (value != null && !value.isObject() && !value.isArray()) {
                all.add(value.text());
            }
        }
        return all;
    }

    String required(String name, String operation) {
        String text = text(name);
        if (text == null || text.isEmpty()) {
            throw new FhirException(Problem.MISSING_PARAMETER, operation + " needs the parameter " + name);
        }
        return text;
    }

    /**
     * The parameters as if all of them stood in the URL, for an operation that takes simple values alone.
     *
     * @throws FhirException if the body is something else: what is passed over would be answered as another question
     */
    List<RawParameter> simple(String operation) {
        if (body != null && !parameters) {
            throw new FhirException(Problem.BAD_JSON, operation + " takes a Parameters resource");
        }
        List<RawParameter> all = new ArrayList<>(query);
        for (JsonValue part : parts()) {
            String name = part.fieldText("name");
            JsonValue value = valueOf(part);
            if (name == null || value == null || value.isObject() || value.isArray()) {
                throw new FhirException(Problem.BAD_PARAMETER, operation + " takes parameters with a name and a simple value, such as valueDate");
            }
            all.add(new RawParameter(name, value.text()));
        }
        return all;
    }

    /** A value with parts, as a Coding, or null. */
    @Nullable JsonValue value(String name) {
        JsonValue part = part(name);
        return part == null ? null : valueOf(part);
    }

    private static @Nullable JsonValue valueOf(JsonValue part) {
        for (JsonValue field : part.children()) {
            if (String.valueOf(field.name()).startsWith("value")) {
                return field;
            }
        }
        return null;
    }

    private @Nullable JsonValue part(String name) {
        for (JsonValue part : parts()) {
            if (name.equals(part.fieldText("name"))) {
                return part;
            }
        }
        return null;
    }

    private Iterable<JsonValue> parts() {
        JsonValue parts = parameters && body != null ? body.root().field("parameter") : null;
        return parts == null ? List.of() : parts.children();
    }
}
