package dev.portolan.fhir.structure;

import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The properties that an object of one type may have: a hash table over their names, so that a look-up makes no string. */
final class TypeRule {

    final String name;
    final boolean resource;
    final boolean extension;
    private final List<ElementRule> rules = new ArrayList<>();
    private final List<ElementRule> required = new ArrayList<>();
    private @Nullable ElementRule[] table = new ElementRule[0];
    long requiredMask;

    TypeRule(String name, boolean resource) {
        this.name = name;
        this.resource = resource;
        this.extension = name.equals("Extension");
    }

    void add(ElementRule rule) {
        rule.place = rules.size();
        rules.add(rule);
        if (rule.requiredBit != 0 && (requiredMask & rule.requiredBit) == 0) {
            required.add(rule);
            requiredMask |= rule.requiredBit;
        }
    }

    /** The rules, once for each property. */
    List<ElementRule> rules() {
        return rules;
    }

    /** Names of the required elements whose bit is missing in {@code seen}. */
    List<String> missing(long seen) {
        return required.stream().filter(rule -> (seen & rule.requiredBit) == 0).map(rule -> rule.element).toList();
    }

    /** Builds the table when all rules are added. */
    void seal() {
        table = new ElementRule[Integer.highestOneBit(Math.max(4, rules.size())) * 4];
        for (ElementRule rule : rules) {
            int slot = rule.jsonName.hash() & table.length - 1;
            while (table[slot] != null) {
                slot = slot + 1 & table.length - 1;
            }
            table[slot] = rule;
        }
    }

    /** Whether it is an attribute in XML and no element: the id of what is no resource, and the url of an extension. These have neither ids nor extensions themselves. */
    boolean isAttribute(ElementRule rule) {
        return !resource && rule.name.equals("id") || extension && rule.name.equals("url");
    }

    /** @param name from outside */
    @Nullable ElementRule find(String name) {
        if (!StructureWalk.isElementName(name)) {
            return null;
        }
        JsonName wanted = JsonName.of(name);
        int slot = wanted.hash() & table.length - 1;
        for (ElementRule rule = table[slot]; rule != null; rule = table[slot]) {
            if (rule.jsonName.equals(wanted)) {
                return rule;
            }
            slot = slot + 1 & table.length - 1;
        }
        return null;
    }

    @Nullable ElementRule find(JsonValue field) {
        int slot = field.nameHash() & table.length - 1;
        for (ElementRule rule = table[slot]; rule != null; rule = table[slot]) {
            if (field.nameEquals(rule.jsonName)) {
                return rule;
            }
            slot = slot + 1 & table.length - 1;
        }
        return null;
    }
}
