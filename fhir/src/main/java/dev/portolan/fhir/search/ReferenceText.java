package dev.portolan.fhir.search;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.ResourceType;
import org.jspecify.annotations.Nullable;

/** Reads what a reference's text says (R4 references, section 2.3.0.1). */
final class ReferenceText {

    /** A HashSet's look-up takes half as long as that of a set that cannot be changed, which divides. */
    static final Set<String> RESOURCE_TYPES = Collections.unmodifiableSet(Arrays.stream(ResourceType.values()).map(Enum::name).collect(Collectors.<String, Set<String>>toCollection(HashSet::new)));
    private static final int LONGEST_ID = 64;
    private static final String HISTORY = "/_history/";
    private static final boolean[] OF_IDS = new boolean['z' + 1];

    static {
        for (char c = 0; c < OF_IDS.length; c++) {
            OF_IDS[c] = isLetter(c) || isDigit(c) || c == '-' || c == '.';
        }
    }

    private ReferenceText() {}

    // Run for every reference of every resource that is written: by hand, since patterns took a third of the whole extraction.

    static boolean isId(String text) {
        return isId(text, 0);
    }

    private static boolean isId(String text, int from) {
        if (text.length() == from || text.length() - from > LONGEST_ID) {
            return false;
        }
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= OF_IDS.length || !OF_IDS[c]) {
                return false;
            }
        }
        return true;
    }

    /** True if the text starts with a scheme (RFC 3986, section 3.1). */
    static boolean isAbsolute(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == ':') {
                return i > 0;
            }
            boolean scheme = isLetter(c) || (i > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.'));
            if (!scheme) {
                return false;
            }
        }
        return false;
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** A literal reference; null for one to a contained resource and for what is no reference. */
    static SearchValue.@Nullable Reference parse(String text) {
        if (text.isEmpty() || text.charAt(0) == '#') {
            return null;
        }
        int history = text.lastIndexOf(HISTORY);
        String version = history < 0 ? null : text.substring(history + HISTORY.length());
        String bare = history < 0 ? text : text.substring(0, history);
        boolean absolute = isAbsolute(bare);
        String type = typeIn(bare, absolute);
        if (type != null) {
            return new SearchValue.Reference(type, bare.substring(bare.lastIndexOf('/') + 1), absolute ? bare : null, version, null);
        }
        return absolute ? new SearchValue.Reference(null, null, bare, version, null) : null;
    }

    /** Of a reference without a version that ends in {@code Type/id}; null for another. */
    private static @Nullable String typeIn(String bare, boolean absolute) {
        int idSlash = bare.lastIndexOf('/');
        int typeSlash = idSlash < 0 ? -1 : bare.lastIndexOf('/', idSlash - 1);
        if (idSlash < 0 || typeSlash >= 0 && !absolute || !isId(bare, idSlash + 1)) {
            return null;
        }
        String type = bare.substring(typeSlash + 1, idSlash);
        return RESOURCE_TYPES.contains(type) ? type : null;
    }

    /** A canonical: a URL that may name a version (R4 references, section 2.3.0.2). */
    static SearchValue.@Nullable Reference parseCanonical(String text) {
        int bar = text.lastIndexOf('|');
        if (bar < 0 && !isAbsolute(text)) {
            return parse(text);
        }
        String url = bar < 0 ? text : text.substring(0, bar);
        return url.isEmpty() ? null : new SearchValue.Reference(null, null, url, bar < 0 ? null : text.substring(bar + 1), null);
    }

    /** The resource type that a reference's text names; null if it names none. */
    static @Nullable String typeOf(String text) {
        if (text.isEmpty() || text.charAt(0) == '#') {
            return null;
        }
        int history = text.lastIndexOf(HISTORY);
        String bare = history < 0 ? text : text.substring(0, history);
        return typeIn(bare, isAbsolute(bare));
    }
}
