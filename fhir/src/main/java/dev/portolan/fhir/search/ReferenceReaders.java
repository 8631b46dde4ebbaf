package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** References and URIs (R4 search, sections 3.1.1.4.12 and 3.1.1.4.14). */
final class ReferenceReaders {

    private ReferenceReaders() {}

    static @Nullable ValueReader of(String dataType) {
        return switch (dataType) {
            case "Reference" -> ReferenceReaders::reference;
            case "canonical", "uri", "url" -> ReferenceReaders::canonical;
            // A definition may point at Reference.reference itself.
            case "string", "oid", "uuid" -> ReferenceReaders::literal;
            default -> null;
        };
    }

    static @Nullable ValueReader uri(String dataType) {
        return switch (dataType) {
            case "uri", "url", "oid", "uuid", "string", "code", "id" -> (element, values) -> {
                if (element.isString()) {
                    values.accept(new SearchValue.Uri(element.text()));
                }
            };
            case "canonical" -> ReferenceReaders::canonicalUri;
            default -> null;
        };
    }

    private static void reference(JsonValue element, Consumer<SearchValue> values) {
        String text = element.fieldText(ElementNames.REFERENCE);
        SearchValue.Reference literal = text == null ? null : ReferenceText.parse(text);
        JsonValue identifier = element.field("identifier");
        if (identifier == null) {
            if (literal != null) {
                values.accept(literal);
            }
            return;
        }
        List<SearchValue> tokens = new ArrayList<>(1);
        TokenReaders.identifier(identifier, tokens::add);
        if (literal != null && tokens.isEmpty()) {
            values.accept(literal);
        }
        for (SearchValue token : tokens) {
            SearchValue.Token logical = (SearchValue.Token) token;
            values.accept(literal == null
                ? new SearchValue.Reference(null, null, null, null, logical)
                : new SearchValue.Reference(literal.type(), literal.id(), literal.url(), literal.version(), logical));
        }
    }

    private static void canonical(JsonValue element, Consumer<SearchValue> values) {
        accept(element.isString() ? ReferenceText.parseCanonical(element.text()) : null, values);
    }

    private static void literal(JsonValue element, Consumer<SearchValue> values) {
        accept(element.isString() ? ReferenceText.parse(element.text()) : null, values);
    }

    private static void accept(SearchValue.@Nullable Reference reference, Consumer<SearchValue> values) {
        if (reference != null) {
            values.accept(reference);
        }
    }

    /** A canonical is found with its version and without it. */
    private static void canonicalUri(JsonValue element, Consumer<SearchValue> values) {
        if (!element.isString()) {
            return;
        }
        String text = element.text();
        values.accept(new SearchValue.Uri(text));
        int bar = text.lastIndexOf('|');
        if (bar > 0) {
            values.accept(new SearchValue.Uri(text.substring(0, bar)));
        }
    }
}
