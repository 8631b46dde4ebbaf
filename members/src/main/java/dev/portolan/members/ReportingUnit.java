package dev.portolan.members;

import dev.portolan.fhir.json.JsonValue;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where in a Coverage it stands what the plan reports its cover by: a Medicare Advantage organization reports by contract, a state or a Medicaid plan by itself, an issuer on an exchange as issuer. Which element that is
 * each plan's feeds decide.
 */
public sealed interface ReportingUnit {

    /** The value of the class of one type: {@code plan}, {@code group}, ... */
    record ClassOf(String type) implements ReportingUnit {}

    /** The identifier of one system. */
    record IdentifierOf(String system) implements ReportingUnit {}

    /** Who pays: its identifier or, without one, the id of its resource. */
    record Payor() implements ReportingUnit {}

    /**
     * @param notation {@code class:TYPE}, {@code identifier:SYSTEM} or {@code payor}
     * @throws IllegalArgumentException with a sentence that says what it may be
     */
    static ReportingUnit of(String notation) {
        String[] parts = notation.strip().split(":", 2);
        if (parts.length == 2 && !parts[1].isBlank()) {
            switch (parts[0]) {
                case "class":
                    return new ClassOf(parts[1]);
                case "identifier":
                    return new IdentifierOf(parts[1]);
                default:
                    break;
            }
        } else if (parts.length == 1 && parts[0].equals("payor")) {
            return new Payor();
        }
        throw new IllegalArgumentException("a reporting unit stands in class:TYPE (as class:plan), in identifier:SYSTEM (as identifier:https://plan.example/contracts) or in payor, and not in '" + notation + "'");
    }

    /** The units that a Coverage names; mostly one, and none if it says nothing there. */
    default Set<String> in(JsonValue coverage) {
        Set<String> units = new TreeSet<>();
        if (this instanceof ClassOf of) {
            coverage.each("class").forEach(each -> add(units, has(of.type(), each.field("type")) ? each.fieldText("value") : null));
        } else if (this instanceof IdentifierOf of) {
            coverage.each("identifier").forEach(each -> add(units, of.system().equals(each.fieldText("system")) ? each.fieldText("value") : null));
        } else {
            coverage.each("payor").forEach(each -> add(units, payor(each)));
        }
        return units;
    }

    private static boolean has(String code, @Nullable JsonValue concept) {
        boolean found = false;
        if (concept != null) {
            for (JsonValue coding : concept.each("coding")) {
                found |= code.equals(coding.fieldText("code"));
            }
        }
        return found;
    }

    private static @Nullable String payor(JsonValue payor) {
        JsonValue identifier = payor.field("identifier");
        String value = identifier == null ? null : identifier.fieldText("value");
        String reference = payor.fieldText("reference");
        return value != null || reference == null ? value : reference.substring(reference.lastIndexOf('/') + 1);
    }

    private static void add(Set<String> units, @Nullable String value) {
        if (value != null && !value.isBlank()) {
            units.add(value.strip());
        }
    }

    /** How people call the place. */
    default String place() {
        if (this instanceof ClassOf of) {
            return "the class of the type " + of.type();
        }
        return this instanceof IdentifierOf of ? "the identifier of " + of.system() : "the payor";
    }
}
