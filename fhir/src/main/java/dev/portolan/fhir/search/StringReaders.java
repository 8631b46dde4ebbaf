package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonValue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Strings (R4 search, section 3.1.1.4.8): names and addresses give each of their parts. */
final class StringReaders {

    private static final String[] NAME = {"family", "given", "prefix", "suffix", "text"};
    private static final String[] ADDRESS = {"line", "city", "district", "state", "postalCode", "country", "text"};
    private static final String[] CONTACT = {"value"};
    private static final String[] CODING = {"display"};
    private static final String[] ANNOTATION = {"text"};

    private StringReaders() {}

    static @Nullable ValueReader of(String dataType) {
        return switch (dataType) {
            case "string", "markdown", "code", "id", "uri", "url", "canonical", "oid", "uuid" -> StringReaders::plain;
            case "HumanName" -> parts(NAME);
            case "Address" -> parts(ADDRESS);
            case "ContactPoint" -> parts(CONTACT);
            case "Coding" -> parts(CODING);
            case "Annotation" -> parts(ANNOTATION);
            case "CodeableConcept" -> StringReaders::concept;
            default -> null;
        };
    }

    private static ValueReader parts(String[] names) {
        return (element, values) -> {
            for (String name : names) {
                for (JsonValue part : element.each(name)) {
                    plain(part, values);
                }
            }
        };
    }

    private static void concept(JsonValue element, Consumer<SearchValue> values) {
        parts(ANNOTATION).read(element, values);
        for (JsonValue coding : element.each("coding")) {
            parts(CODING).read(coding, values);
        }
    }

    private static void plain(JsonValue element, Consumer<SearchValue> values) {
        if (element.isString()) {
            String text = element.text();
            if (!text.isBlank()) {
                values.accept(new SearchValue.Text(text));
            }
        }
    }
}
