package dev.portolan.bulkdata;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonKind;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The parameters of a kick-off, from the URL or from a Parameters resource (Bulk Data Access 2.0, Query Parameters). */
final class AskedParameters {

    private final List<RawParameter> all;

    private AskedParameters(List<RawParameter> all) {
        this.all = all;
    }

    static AskedParameters of(OperationRequest request) {
        List<RawParameter> all = new ArrayList<>(request.parameters());
        JsonDocument body = request.body();
        if (body != null) {
            if (!"Parameters".equals(body.root().fieldText("resourceType"))) {
                throw new FhirException(Problem.BAD_JSON, "an export is started by POST with a Parameters resource as its body");
            }
            for (JsonValue part : body.root().each("parameter")) {
                all.add(parameter(part));
            }
        }
        return new AskedParameters(all);
    }

    private static RawParameter parameter(JsonValue part) {
        String name = part.fieldText("name");
        if (name == null) {
            throw new FhirException(Problem.BAD_JSON, "a parameter of the body has no name");
        }
        for (JsonValue field : part.children()) {
            String key = String.valueOf(field.name());
            if (key.equals("valueReference") && field.fieldText("reference") != null) {
                return new RawParameter(name, storable(name, String.valueOf(field.fieldText("reference"))));
            }
            if (key.startsWith("value") && field.kind() != JsonKind.NULL && !field.isObject() && !field.isArray()) {
                return new RawParameter(name, storable(name, field.text()));
            }
        }
        throw new FhirException(Problem.BAD_PARAMETER, "the parameter " + name + " of the body has no value that is taken here");
    }

    /** JSON can say characters that no database takes: zero, and half of a pair. */
    private static String storable(String name, String value) {
        if (value.indexOf('\0') >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw new FhirException(Problem.BAD_PARAMETER, "the value of the parameter " + name + " holds what is no character");
        }
        return value;
    }

    Set<String> names() {
        Set<String> names = new TreeSet<>();
        all.forEach(parameter -> names.add(parameter.name()));
        return names;
    }

    @Nullable String first(String name) {
        return all.stream().filter(parameter -> parameter.name().equals(name)).map(RawParameter::value).findFirst().orElse(null);
    }

    List<String> each(String name) {
        return all.stream().filter(parameter -> parameter.name().equals(name)).map(RawParameter::value).toList();
    }

    /** Values of repetitions and of comma separated lists. */
    List<String> list(String name) {
        List<String> values = new ArrayList<>();
        for (String value : each(name)) {
            for (String part : value.split(",")) {
                if (!part.isBlank()) {
                    values.add(part.strip());
                }
            }
        }
        return values;
    }
}
