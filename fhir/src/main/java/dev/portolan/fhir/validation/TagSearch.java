package dev.portolan.fhir.validation;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;

/**
 * The library looks for tags in each text that is no narrative. It takes the text's rest from every opening bracket on, and copies it and goes through it to its end: three hundred thousand brackets take it two minutes, in which nothing
 * can break it off.
 */
final class TagSearch {

    private TagSearch() {}

    /** How many characters it goes through in a resource, at most. */
    static long steps(JsonDocument resource) {
        byte[] json = resource.bytes();
        long brackets = 0;
        for (byte b : json) {
            brackets += b == '<' || b == '\\' ? 1 : 0;
        }
        // Of nearly every resource that is far below what is of account, whichever of its texts the brackets are in.
        return brackets * json.length < 100_000_000 ? 0 : steps(resource.root());
    }

    private static long steps(JsonValue value) {
        if (value.isString()) {
            return value.nameEquals("div") ? 0 : steps(value.text());
        }
        long steps = 0;
        for (JsonValue child = value.firstChild(); child != null; child = child.nextSibling()) {
            steps += steps(child);
        }
        return steps;
    }

    private static long steps(String text) {
        return text.length() * text.chars().filter(c -> c == '<').count();
    }
}
