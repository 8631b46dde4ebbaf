package dev.portolan.provideraccess;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.OperationRequest;
import dev.portolan.rest.Problem;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The Parameters of an operation on a list. */
final class Asked {

    private final List<JsonValue> parameters = new ArrayList<>();

    private Asked() {}

    static Asked of(OperationRequest request) {
        Asked asked = new Asked();
        JsonDocument body = request.body();
        if (body != null) {
            if (!"Parameters".equals(body.root().fieldText("resourceType"))) {
                throw new FhirException(Problem.BAD_JSON, "this operation is invoked with a Parameters resource as its body");
            }
            JsonValue parts = body.root().field("parameter");
            if (parts != null) {
                parts.each().forEach(asked.parameters::add);
            }
        }
        return asked;
    }

    List<JsonValue> all(String name) {
        return parameters.stream().filter(parameter -> name.equals(parameter.fieldText("name"))).toList();
    }

    private @Nullable JsonValue value(String name, String kind) {
        return all(name).stream().findFirst().map(parameter -> parameter.field(kind)).orElse(null);
    }

    /** {@code system|value}, or the value alone; null if it is not given. */
    @Nullable String identifier(String name) {
        JsonValue identifier = value(name, "valueIdentifier");
        String value = identifier == null ? null : identifier.fieldText("value");
        String system = identifier == null ? null : identifier.fieldText("system");
        return value == null ? null : system == null ? value : system + "|" + value;
    }

    /** The id of a reference to a type; null if it is not given. */
    @Nullable String reference(String name, String type) {
        String local = local(name);
        if (local != null && !isOf(type, local)) {
            throw new FhirException(Problem.BAD_REFERENCE, name + " is a reference such as " + type + "/123");
        }
        return local == null ? null : local.substring(type.length() + 1);
    }

    /** The same for a reference that may be to another type: null then. */
    @Nullable String referenceIfOf(String name, String type) {
        String local = local(name);
        return local != null && isOf(type, local) ? local.substring(type.length() + 1) : null;
    }

    private static boolean isOf(String type, String local) {
        return local.matches(type + "/[A-Za-z0-9\\-.]{1,64}");
    }

    private @Nullable String local(String name) {
        JsonValue reference = value(name, "valueReference");
        String text = reference == null ? null : reference.fieldText("reference");
        return text == null ? null : text.substring(text.lastIndexOf('/', Math.max(0, text.lastIndexOf('/') - 1)) + 1);
    }

    @Nullable Instant start(String name) {
        return instant(name, "start", false);
    }

    /** The end of a date is the end of its day. */
    @Nullable Instant end(String name) {
        return instant(name, "end", true);
    }

    private @Nullable Instant instant(String name, String side, boolean end) {
        JsonValue period = value(name, "valuePeriod");
        String text = period == null ? null : period.fieldText(side);
        return text == null ? null : instant(text, end, name);
    }

    static Instant instant(String text, boolean end, String name) {
        try {
            return DayOrInstant.of(text, end);
        } catch (DateTimeException e) {
            throw new FhirException(Problem.BAD_PARAMETER, name + " has dates such as 2027-01-31, or instants with a time zone");
        }
    }
}
