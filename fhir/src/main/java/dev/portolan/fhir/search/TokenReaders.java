package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonValue;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tokens (R4 search, section 3.1.1.4.10). */
final class TokenReaders {

    private TokenReaders() {}

    static @Nullable ValueReader of(String dataType, ImpliedSystems.Systems systems) {
        return switch (dataType) {
            case "Coding" -> TokenReaders::coding;
            case "CodeableConcept" -> TokenReaders::concept;
            case "Identifier" -> TokenReaders::identifier;
            case "ContactPoint" -> TokenReaders::contactPoint;
            case "code" -> (element, values) -> code(element, systems, values);
            case "string" -> TokenReaders::string;
            case "boolean", "uri", "url", "canonical", "oid", "uuid", "id", "integer", "positiveInt", "unsignedInt" -> TokenReaders::plain;
            default -> null;
        };
    }

    static void coding(JsonValue element, Consumer<SearchValue> values) {
        add(element.fieldText(ElementNames.SYSTEM), element.fieldText(ElementNames.CODE), element.fieldText(ElementNames.DISPLAY), null, null, values);
    }

    /** Every coding, and the text by itself: {@code :text} looks at both. */
    private static void concept(JsonValue element, Consumer<SearchValue> values) {
        for (JsonValue coding : element.each("coding")) {
            coding(coding, values);
        }
        String text = element.fieldText(ElementNames.TEXT);
        if (text != null && !text.isBlank()) {
            values.accept(new SearchValue.Token(null, null, text, null, null));
        }
    }

    static void identifier(JsonValue element, Consumer<SearchValue> values) {
        String system = element.fieldText(ElementNames.SYSTEM);
        String value = element.fieldText(ElementNames.VALUE);
        JsonValue type = element.field("type");
        String text = type == null ? null : type.fieldText(ElementNames.TEXT);
        boolean typed = false;
        for (JsonValue coding : type == null ? List.<JsonValue>of() : type.each("coding")) {
            String shown = text == null ? coding.fieldText(ElementNames.DISPLAY) : text;
            add(system, value, shown, coding.fieldText(ElementNames.SYSTEM), coding.fieldText(ElementNames.CODE), values);
            typed = true;
        }
        if (!typed) {
            add(system, value, text, null, null, values);
        }
    }

    /** The kind of contact stands for the system, as in {@code telecom=phone|555-1234}. */
    private static void contactPoint(JsonValue element, Consumer<SearchValue> values) {
        String value = element.fieldText(ElementNames.VALUE);
        if (value != null) {
            add(element.fieldText(ElementNames.SYSTEM), value, null, null, null, values);
        }
    }

    private static void code(JsonValue element, ImpliedSystems.Systems systems, Consumer<SearchValue> values) {
        if (element.isString()) {
            String code = element.text();
            add(systems.of(code), code, null, null, null, values);
        }
    }

    /** "If the underlying datatype is string then the search is not case sensitive" (R4 search, section 3.1.1.4.10). */
    private static void string(JsonValue element, Consumer<SearchValue> values) {
        if (element.isString()) {
            add(null, StringNormalization.foldCase(element.text()), null, null, null, values);
        }
    }

    private static void plain(JsonValue element, Consumer<SearchValue> values) {
        if (!element.isObject() && !element.isArray()) {
            add(null, element.text(), null, null, null, values);
        }
    }

    private static void add(
            @Nullable String system,
            @Nullable String code,
            @Nullable String text,
            @Nullable String typeSystem,
            @Nullable String typeCode,
            Consumer<SearchValue> values) {
        String sys = blankToNull(system);
        String cod = blankToNull(code);
        String txt = blankToNull(text);
        if (sys != null || cod != null || txt != null) {
            values.accept(new SearchValue.Token(sys, cod, txt, typeSystem, typeCode));
        }
    }

    private static @Nullable String blankToNull(@Nullable String text) {
        return text == null || text.isBlank() ? null : text;
    }
}
