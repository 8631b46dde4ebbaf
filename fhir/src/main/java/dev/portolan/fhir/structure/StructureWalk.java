package dev.portolan.fhir.structure;

import dev.portolan.fhir.json.JsonKind;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.outcome.IssueType;
import dev.portolan.fhir.outcome.Severity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One walk over one resource. Keeps the place it stands at as names and indexes, and makes a text of it only for an issue. */
final class StructureWalk {

    private final Map<String, TypeRule> types;
    private final List<Issue> issues = new ArrayList<>(0);
    private String[] names = new String[16];
    private int[] indexes = new int[16];
    private int depth;

    StructureWalk(Map<String, TypeRule> types) {
        this.types = types;
    }

    List<Issue> issues() {
        if (full()) {
            issues.add(new Issue(Severity.INFORMATION, IssueType.TOO_COSTLY, "", "There may be more findings: correct these first."));
        }
        return issues;
    }

    void resource(JsonValue value, boolean contained) {
        boolean outermost = depth == 0;
        if (!value.isObject()) {
            add(IssueType.STRUCTURE, "A resource is a JSON object with a resourceType.");
            return;
        }
        String name = value.fieldText("resourceType");
        TypeRule type = name == null ? null : types.get(name);
        if (outermost) {
            push(type == null ? "Resource" : type.name);
        }
        if (name == null) {
            add(IssueType.STRUCTURE, "The resource has no resourceType: add one, for instance \"resourceType\": \"Patient\".");
        } else if (type == null || !type.resource) {
            add(IssueType.STRUCTURE, "The resourceType is not one of FHIR R4's resource types.");
        } else if (contained && value.field("contained") != null) {
            add(IssueType.INVARIANT, "A contained resource cannot contain resources itself: move them to the outer resource (dom-2).");
        } else {
            object(value, type);
        }
        if (outermost) {
            depth--;
        }
    }

    private void object(JsonValue value, TypeRule type) {
        JsonValue field = value.firstChild();
        if (field == null) {
            add(IssueType.STRUCTURE, "The object is empty: leave the element out or give it content.");
            return;
        }
        long seen = 0;
        long choices = 0;
        boolean hasExtensions = false;
        for (; field != null && !full(); field = field.nextSibling()) {
            ElementRule rule = type.find(field);
            if (rule == null) {
                unknown(field, type);
                continue;
            }
            seen |= rule.requiredBit;
            if ((choices & rule.choiceBit) != 0) {
                secondChoice(value, field, rule, type);
            }
            choices |= rule.choiceBit;
            hasExtensions |= type.extension && rule.name.equals("extension");
            push(rule.companion ? rule.name.substring(1) : rule.name);
            property(field, rule, value);
            depth--;
        }
        if ((seen & type.requiredMask) != type.requiredMask) {
            for (String missing : type.missing(seen)) {
                add(IssueType.REQUIRED, "The required element " + missing + " is missing" + (value.field("_" + missing) == null ? "" : ", and a reason why does not stand in for it") + ": add it.");
            }
        }
        if (type.extension && hasExtensions == (choices != 0)) {
            add(IssueType.INVARIANT, "An extension has either a value[x] or extensions of its own, and not both (ext-1).");
        }
    }

    private void unknown(JsonValue field, TypeRule type) {
        if (type.resource && field.nameEquals("resourceType")) {
            return;
        }
        String name = String.valueOf(field.name());
        push(isElementName(name) ? name : "?");
        add(IssueType.STRUCTURE, "FHIR R4's " + type.name + " has no such element: check the spelling, or leave it out.");
        depth--;
    }

    /** A name from outside goes into a message only if it could be an element's name. */
    static boolean isElementName(String name) {
        return name.length() <= 64 && !name.isEmpty() && name.chars().allMatch(c -> c == '_' || c < 128 && Character.isLetterOrDigit(c));
    }

    /** {@code valueCode} and {@code _valueCode} are one choice; {@code valueCode} and {@code valueString} are two. */
    private void secondChoice(JsonValue owner, JsonValue field, ElementRule rule, TypeRule type) {
        String name = rule.companion ? rule.name.substring(1) : rule.name;
        for (JsonValue other = owner.firstChild(); other != null && !other.equals(field); other = other.nextSibling()) {
            ElementRule earlier = type.find(other);
            boolean sameChoice = earlier != null && earlier.choiceBit == rule.choiceBit;
            if (sameChoice && !(earlier.companion ? earlier.name.substring(1) : earlier.name).equals(name)) {
                push(name);
                add(IssueType.STRUCTURE, "Only one of the types of " + rule.element + " may be present: leave all but one out.");
                depth--;
                return;
            }
        }
    }

    private void property(JsonValue value, ElementRule rule, JsonValue owner) {
        if (!rule.repeats) {
            if (value.isArray()) {
                add(IssueType.STRUCTURE, "The element does not repeat: write it without the array.");
            } else {
                single(value, rule);
            }
            return;
        }
        if (!value.isArray()) {
            add(IssueType.STRUCTURE, "The element repeats: write it as an array, even with one member.");
            return;
        }
        JsonValue item = value.firstChild();
        if (item == null) {
            add(IssueType.STRUCTURE, "The array is empty: leave the element out.");
        }
        // Side by side: to count up to each place anew takes time that grows with the square of their number, and a megabyte holds a hundred thousand.
        JsonValue other = rule.primitive == null ? null : counterpart(owner, rule);
        for (int i = 0; item != null && !full(); item = item.nextSibling(), i++) {
            indexes[depth - 1] = i;
            boolean nullable = rule.primitive != null && item.kind() == JsonKind.NULL;
            if (!nullable || other == null || other.kind() == JsonKind.NULL) {
                single(item, rule);
            }
            other = other == null ? null : other.nextSibling();
        }
    }

    /** In an array of primitives null says that the other array, of values or of extensions, has something at this place: the first place of that other array, or null. */
    private static @Nullable JsonValue counterpart(JsonValue owner, ElementRule rule) {
        JsonValue other = owner.field(rule.companion ? rule.name.substring(1) : "_" + rule.name);
        return other == null || !other.isArray() ? null : other.firstChild();
    }

    private void single(JsonValue value, ElementRule rule) {
        if (value.kind() == JsonKind.NULL) {
            add(IssueType.STRUCTURE, "null is no value in FHIR: leave the element out.");
        } else if (rule.content == ElementRule.Content.PRIMITIVE) {
            primitive(value, rule);
        } else if (rule.content == ElementRule.Content.RESOURCE) {
            resource(value, rule.name.equals("contained"));
        } else if (!value.isObject()) {
            add(IssueType.STRUCTURE, "The element is a JSON object.");
        } else if (rule.type != null) {
            object(value, rule.type);
        }
    }

    private void primitive(JsonValue value, ElementRule rule) {
        PrimitiveType type = rule.primitive;
        if (type == null) {
            return;
        }
        if (!type.accepts(value)) {
            add(IssueType.VALUE, "The value is not of type " + type.code() + ": it must be " + type.format() + ".");
        } else if (rule.binding != null && !rule.binding.allows(value.text())) {
            add(IssueType.CODE_INVALID, "The code is not one of those of the value set " + rule.binding.valueSet() + ".");
        } else if (type == PrimitiveType.XHTML) {
            String fault = Narrative.fault(value.text());
            if (fault != null) {
                add(IssueType.INVARIANT, "The narrative " + fault + " (txt-1).");
            }
        }
    }

    private boolean full() {
        return issues.size() >= StructureChecker.MOST_ISSUES;
    }

    private void add(IssueType type, String message) {
        if (issues.size() < StructureChecker.MOST_ISSUES) {
            issues.add(Issue.error(type, place(), message));
        }
    }

    private void push(String name) {
        if (depth == names.length) {
            names = Arrays.copyOf(names, depth * 2);
            indexes = Arrays.copyOf(indexes, depth * 2);
        }
        names[depth] = name;
        indexes[depth++] = -1;
    }

    private String place() {
        if (depth == 0) {
            return "Resource";
        }
        StringBuilder place = new StringBuilder();
        for (int i = 0; i < depth; i++) {
            place.append(i == 0 ? "" : ".").append(names[i]);
            if (indexes[i] >= 0) {
                place.append('[').append(indexes[i]).append(']');
            }
        }
        return place.toString();
    }
}
