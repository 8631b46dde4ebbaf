package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The words of a resource's narrative, or of all its text, for {@code _text} and {@code _content}. */
final class FullTextWords {

    /** A tag ends before the next begins: looked for to the end of the text from every {@code <}, one of a hundred thousand of them alone takes minutes. */
    private static final Pattern MARKUP = Pattern.compile("<[^<>]*>|&[a-z#0-9]+;");
    private static final Pattern NOT_A_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");

    private final Set<String> words = new HashSet<>();

    private FullTextWords() {}

    static FullTextWords of(JsonDocument resource, boolean narrativeOnly) {
        FullTextWords text = new FullTextWords();
        JsonValue root = resource.root();
        if (narrativeOnly) {
            JsonValue narrative = root.field("text");
            text.add(narrative == null ? null : narrative.fieldText("div"));
        } else {
            text.addAll(root);
        }
        return text;
    }

    private void addAll(JsonValue value) {
        if (value.isString()) {
            add(value.text());
        }
        value.children().forEach(this::addAll);
    }

    private void add(@org.jspecify.annotations.Nullable String text) {
        if (text != null) {
            split(MARKUP.matcher(text).replaceAll(" ")).forEach(words::add);
        }
    }

    private static List<String> split(String text) {
        return Arrays.stream(NOT_A_WORD.split(StringNormalization.normalize(text))).filter(word -> !word.isEmpty()).toList();
    }

    /** True if all words of one of the texts are there. */
    boolean holdsAnyOf(List<String> texts) {
        return texts.stream().map(FullTextWords::split).anyMatch(asked -> !asked.isEmpty() && words.containsAll(asked));
    }
}
