package dev.portolan.patientaccess;

import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.List;

/** The values at an element's path, through arrays. */
final class References {

    private References() {}

    static List<JsonValue> at(JsonValue root, String path) {
        List<JsonValue> at = List.of(root);
        for (String step : path.split("\\.")) {
            boolean choice = step.endsWith("[x]");
            String stem = choice ? step.substring(0, step.length() - 3) : step;
            List<JsonValue> next = new ArrayList<>();
            for (JsonValue owner : at) {
                for (JsonValue field : owner.children()) {
                    boolean matches = choice ? String.valueOf(field.name()).equals(stem + "Reference") : field.nameEquals(step);
                    if (matches && field.isArray()) {
                        field.children().forEach(next::add);
                    } else if (matches) {
                        next.add(field);
                    }
                }
            }
            at = next;
        }
        return at;
    }
}
