package dev.portolan.fhir.structure;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a narrative's XHTML may hold: the basic formatting elements of HTML 4.0 (chapters 7 to 11 and 15), links, images and styles, nothing that
 * runs or fetches (http://hl7.org/fhir/R4/narrative.html#xhtml).
 */
final class Narrative {

    private static final Set<String> ELEMENTS = Set.of(
            "div", "p", "br", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "a", "span", "b", "em", "i", "strong", "small", "big", "tt", "dfn", "q", "var", "abbr",
            "acronym", "cite", "blockquote", "address", "bdo", "kbd", "sub", "sup", "ul", "ol", "li", "dl", "dt", "dd", "pre", "table", "caption", "colgroup",
            "col", "thead", "tr", "tfoot", "tbody", "th", "td", "code", "samp", "img", "map", "area", "ins", "del", "center", "font", "u", "s", "strike");
    private static final Set<String> LINKS = Set.of("href", "src", "cite", "background", "longdesc", "usemap");

    private static final String XHTML = "http://www.w3.org/1999/xhtml";

    private final String text;
    private final Deque<String> open = new ArrayDeque<>();
    private boolean content;
    private int at;

    private Narrative(String text) {
        this.text = text;
    }

    /** What is wrong, as the rest of a sentence, or null. */
    static @Nullable String fault(String text) {
        return new Narrative(text).scan();
    }

    private @Nullable String scan() {
        at = skipSpace(0);
        if (!text.startsWith("<div", at)) {
            return "must be one div element";
        }
        while (at < text.length()) {
            int next = text.indexOf('<', at);
            int end = next < 0 ? text.length() : next;
            content |= skipSpace(at) < end;
            at = end;
            if (next >= 0) {
                String fault = text.startsWith("<!--", at) ? comment() : text.startsWith("</", at) ? endTag() : startTag();
                if (fault != null) {
                    return fault;
                }
            }
            if (open.isEmpty()) {
                boolean trailing = skipSpace(at) < text.length();
                return trailing ? "must be one div element, with nothing after it" : content ? null : "has no content";
            }
        }
        return "has an element that is not closed";
    }

    private int skipSpace(int from) {
        int i = from;
        while (i < text.length() && Character.isWhitespace(text.charAt(i))) {
            i++;
        }
        return i;
    }

    private @Nullable String comment() {
        int end = text.indexOf("-->", at);
        if (end < 0) {
            return "has a comment that is not closed";
        }
        at = end + 3;
        return null;
    }

    private @Nullable String endTag() {
        int end = text.indexOf('>', at);
        if (end < 0 || !text.substring(at + 2, end).strip().equals(open.poll())) {
            return "has an end tag that does not match its start tag";
        }
        at = end + 1;
        return null;
    }

    private @Nullable String startTag() {
        int nameEnd = at + 1;
        while (nameEnd < text.length() && isNameCharacter(text.charAt(nameEnd))) {
            nameEnd++;
        }
        String name = text.substring(at + 1, nameEnd);
        if (!ELEMENTS.contains(name)) {
            return "may hold only XHTML's formatting elements, in lower case: no scripts, forms, frames, objects or styles";
        }
        content |= name.equals("img");
        at = nameEnd;
        while (true) {
            at = skipSpace(at);
            if (at >= text.length()) {
                return "has a tag that is not closed";
            }
            if (text.charAt(at) == '>') {
                at++;
                open.push(name);
                return null;
            }
            if (text.startsWith("/>", at)) {
                at += 2;
                return null;
            }
            String fault = attribute();
            if (fault != null) {
                return fault;
            }
        }
    }

    private @Nullable String attribute() {
        int nameEnd = at;
        while (nameEnd < text.length() && isNameCharacter(text.charAt(nameEnd))) {
            nameEnd++;
        }
        String name = text.substring(at, nameEnd).toLowerCase(Locale.ROOT);
        int quote = skipSpace(nameEnd);
        boolean assigned = quote < text.length() && text.charAt(quote) == '=';
        quote = assigned ? skipSpace(quote + 1) : quote;
        if (name.isEmpty() || !assigned || quote >= text.length() || "\"'".indexOf(text.charAt(quote)) < 0) {
            return "has an attribute that is not written as name=\"value\"";
        }
        int end = text.indexOf(text.charAt(quote), quote + 1);
        if (end < 0) {
            return "has an attribute whose value is not closed";
        }
        String value = text.substring(quote + 1, end);
        at = end + 1;
        if (name.equals("xmlns") && !value.equals(XHTML)) {
            return "must be in the namespace of XHTML: write xmlns=\"" + XHTML + "\" on its div";
        }
        return active(name, value) ? "may not hold event handlers or addresses that run code" : null;
    }

    private static boolean active(String name, String value) {
        if (name.startsWith("on")) {
            return true;
        }
        boolean style = name.equals("style");
        if (!style && !LINKS.contains(name) || harmless(value, style)) {
            return false;
        }
        StringBuilder plain = new StringBuilder(value.length());
        value.toLowerCase(Locale.ROOT).chars().filter(c -> c > ' ').forEach(c -> plain.append((char) c));
        String address = plain.toString();
        if (style) {
            return address.contains("expression(") || address.contains("javascript:") || address.contains("@import") || address.contains("behavior:");
        }
        boolean encodedScheme = address.startsWith("&") || address.indexOf("&#") >= 0 && address.indexOf("&#") < 12;
        boolean script = address.startsWith("javascript:") || address.startsWith("vbscript:");
        boolean image = address.startsWith("data:image/") && !address.startsWith("data:image/svg") && name.equals("src");
        return encodedScheme || script || address.startsWith("data:") && !image;
    }

    /** The common cases, decided without making a copy. */
    private static boolean harmless(String value, boolean style) {
        if (style) {
            return value.indexOf('(') < 0 && value.indexOf('@') < 0 && value.indexOf('\\') < 0 && value.indexOf("ehavior") < 0 && value.indexOf("cript") < 0;
        }
        return value.startsWith("http") || value.startsWith("#") || value.indexOf(':') < 0 && value.indexOf('&') < 0;
    }

    private static boolean isNameCharacter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ':' || c == '-' || c == '_';
    }
}
