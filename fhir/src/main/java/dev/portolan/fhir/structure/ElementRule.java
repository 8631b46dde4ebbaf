package dev.portolan.fhir.structure;

import dev.portolan.fhir.json.JsonName;
import org.jspecify.annotations.Nullable;

/** What base R4 says of one JSON property of a type. */
final class ElementRule {

    /** What stands in the property. */
    enum Content {
        PRIMITIVE,
        COMPLEX,
        RESOURCE
    }

    final String name;
    final JsonName jsonName;
    final Content content;
    final boolean repeats;
    /** True for {@code _name}, the id and extensions of a primitive. */
    final boolean companion;
    final @Nullable PrimitiveType primitive;
    /** Bit of the element (or of the choice that it belongs to) if it is required, else 0. */
    final long requiredBit;
    /** Bit of the choice that it belongs to, else 0. */
    final long choiceBit;
    /** The element as FHIR names it, {@code value[x]} for a choice. */
    final String element;
    /** The codes that a code element may have, or null if they are not fixed. */
    @Nullable CodeBinding binding;
    /**
     * True for a required status and its kin: a code without which the rest can be read wrongly. A data-absent-reason does not stand in for it: US Core (General Requirements, Missing Data) has a resource
     * without its status neither read nor found, so it is not taken in.
     */
    boolean valueNeeded;
    /** Among the properties of its type, in the order of their definitions. */
    int place;
    /** Rules of what stands in a complex element; set when all types are known. */
    @Nullable TypeRule type;

    ElementRule(String name, Content content, boolean repeats, @Nullable PrimitiveType primitive, long requiredBit, long choiceBit, String element) {
        this(name, content, repeats, false, primitive, requiredBit, choiceBit, element);
    }

    private ElementRule(
            String name,
            Content content,
            boolean repeats,
            boolean companion,
            @Nullable PrimitiveType primitive,
            long requiredBit,
            long choiceBit,
            String element) {
        this.name = name;
        this.jsonName = JsonName.of(name);
        this.content = content;
        this.repeats = repeats;
        this.companion = companion;
        this.primitive = primitive;
        this.requiredBit = requiredBit;
        this.choiceBit = choiceBit;
        this.element = element;
    }

    /** The rule of {@code _name}. */
    ElementRule companion() {
        return new ElementRule("_" + name, Content.COMPLEX, repeats, true, primitive, valueNeeded ? 0 : requiredBit, choiceBit, element);
    }
}
