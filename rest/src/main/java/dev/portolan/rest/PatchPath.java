package dev.portolan.rest;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which FHIRPath a patch may use: what selects elements and compares them. A path that makes texts can multiply them with each of its steps, and one that searches
 * everything again for everything that it found never ends: a line of either would stop the server. A union compares each of its elements with all before it, and two thousand of them take half a minute.
 */
final class PatchPath {

    private static final int LONGEST = 1_000;
    /** Texts, delimited names and times, which may hold any character. */
    private static final Pattern LITERAL = Pattern.compile("(['\"`])(?:(?!\\1)[^\\\\]|\\\\.)*+\\1|@[0-9T:.+Z-]*", Pattern.DOTALL);
    /** Longer texts from several, unions, variables that lead back to the whole resource, and comments and quotes, which would hide what follows them. */
    private static final Pattern REFUSED = Pattern.compile("[&+%'\"`|]|//|/\\*");
    private static final Set<String> WORDS = Set.of(
        "where", "exists", "empty", "not", "all", "count", "first", "last", "single", "tail", "skip", "take", "ofType", "as", "is", "extension", "hasValue", "startsWith", "endsWith", "contains", "lower", "upper", "length",
        "and", "or", "xor", "implies", "in", "div", "mod");

    private PatchPath() {}

    /** @throws FhirException if the path is of another kind */
    static void check(String path) {
        if (path.length() > LONGEST) {
            throw FhirPathPatch.bad("path is longer than " + LONGEST + " characters");
        }
        String plain = LITERAL.matcher(path).replaceAll("#");
        boolean allowed = !REFUSED.matcher(plain).find();
        for (int open = plain.indexOf('('); open >= 0; open = plain.indexOf('(', open + 1)) {
            allowed &= mayOpen(plain.substring(0, open).strip());
        }
        if (!allowed) {
            throw FhirPathPatch.bad("path selects elements: it takes names, indexes, comparisons and functions such as where, first, ofType and extension, but no unions, and none that make texts or search everything");
        }
    }

    /** Before a parenthesis: nothing, an operator, or a word that is known here. */
    private static boolean mayOpen(String before) {
        int from = before.length();
        while (from > 0 && (Character.isLetterOrDigit(before.charAt(from - 1)) || before.charAt(from - 1) == '_')) {
            from--;
        }
        return from < before.length() ? WORDS.contains(before.substring(from)) : from == 0 || "=!~<>-*/(,[".indexOf(before.charAt(from - 1)) >= 0;
    }
}
