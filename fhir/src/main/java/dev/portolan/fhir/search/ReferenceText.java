package dev.portolan.fhir.search;

import java.util.Arrays;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.ResourceType;
import org.jspecify.annotations.Nullable;

/** Reads what a reference's text says (R4 references, section 2.3.0.1). */
final class ReferenceText {

    static final Set<String> RESOURCE_TYPES = Arrays.stream(ResourceType.values()).map(Enum::name).collect(Collectors.toUnmodifiableSet());
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9\\-.]{1,64}");
    private static final Pattern ABSOLUTE = Pattern.compile("[A-Za-z][A-Za-z0-9+.\\-]*:.*", Pattern.DOTALL);
    private static final String HISTORY = "/_history/";

    private ReferenceText() {}

    static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    static boolean isAbsolute(String text) {
        return ABSOLUTE.matcher(text).matches();
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
