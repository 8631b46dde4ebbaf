package dev.portolan.fhir.search;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.ResourceType;
import org.jspecify.annotations.Nullable;

/** Reads what a reference's text says (R4 references, section 2.3.0.1). */
final class ReferenceText {

    static final Set<String> RESOURCE_TYPES = Arrays.stream(ResourceType.values()).map(Enum::name).collect(Collectors.toUnmodifiableSet());
    private static final int LONGEST_ID = 64;
    private static final String HISTORY = "/_history/";

    private ReferenceText() {}

    // Run for every reference of every resource that is written: by hand, since patterns took a third of the whole extraction.

    static boolean isId(String text) {
        if (text.isEmpty() || text.length() > LONGEST_ID) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isLetter(c) && !isDigit(c) && c != '-' && c != '.') {
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
        int idSlash = bare.lastIndexOf('/');
        int typeSlash = idSlash < 0 ? -1 : bare.lastIndexOf('/', idSlash - 1);
        String type = idSlash < 0 ? "" : bare.substring(typeSlash + 1, idSlash);
        String id = bare.substring(idSlash + 1);
        boolean literal = RESOURCE_TYPES.contains(type) && isId(id) && (absolute || typeSlash < 0);
        if (literal) {
            return new SearchValue.Reference(type, id, absolute ? bare : null, version, null);
        }
        return absolute ? new SearchValue.Reference(null, null, bare, version, null) : null;
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
        SearchValue.Reference reference = parse(text);
        return reference == null ? null : reference.type();
    }
}
