package dev.portolan.members;

import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.List;

/** A HumanName as a line of text. */
public final class PersonName {

    private PersonName() {
    }

    /** The given names and the family name, in that order; empty if it has neither. What its {@code text} says is not asked. */
    public static String spelled(JsonValue humanName) {
        List<String> parts = new ArrayList<>();
        humanName.each("given").forEach(given -> parts.add(given.text()));
        String family = humanName.fieldText("family");
        if (family != null) {
            parts.add(family);
        }
        return String.join(" ", parts).strip();
    }
}
