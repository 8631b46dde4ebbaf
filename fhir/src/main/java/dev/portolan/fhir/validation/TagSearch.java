package dev.portolan.fhir.validation;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.util.regex.Pattern;

/**
 * The library looks for tags in each text that is no narrative. It takes the text's rest from every opening bracket on, and copies it and goes through it to its end: three hundred thousand brackets take it two minutes, in which nothing
 * can break it off. In a narrative it looks for the place that each link within it leads to among all elements: fifty thousand links take it a minute.
 */
final class TagSearch {

    private static final Pattern LINK = Pattern.compile("[\"']\\s*#");
    /** To look at an element, in characters that are gone through meanwhile. */
    private static final int ELEMENT = 20;

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
            String text = value.text();
            long brackets = text.chars().filter(c -> c == '<').count();
            return brackets * (value.nameEquals("div") ? ELEMENT * LINK.matcher(text).results().count() : text.length());
        }
        long steps = 0;
        for (JsonValue child = value.firstChild(); child != null; child = child.nextSibling()) {
            steps += steps(child);
        }
        return steps;
    }
}
