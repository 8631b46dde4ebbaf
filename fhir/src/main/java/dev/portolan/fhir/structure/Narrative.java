package dev.portolan.fhir.structure;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a narrative's XHTML may hold: the basic formatting elements of HTML 4.0 (chapters 7 to 11 and 15), links, images and styles, nothing that
 * runs or fetches (http://hl7.org/fhir/R4/narrative.html#xhtml). And that it is well-formed XML, since it becomes a part of the resource's XML. It is read here and by no parser of XML, because every write comes here: a
 * parser takes longer to start than a narrative to be read.
 */
final class Narrative {

    private static final Set<String> ELEMENTS = Set.of(
            "div", "p", "br", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "a", "span", "b", "em", "i", "strong", "small", "big", "tt", "dfn", "q", "var", "abbr",
            "acronym", "cite", "blockquote", "address", "bdo", "kbd", "sub", "sup", "ul", "ol", "li", "dl", "dt", "dd", "pre", "table", "caption", "colgroup",
            "col", "thead", "tr", "tfoot", "tbody", "th", "td", "code", "samp", "img", "map", "area", "ins", "del", "center", "font", "u", "s", "strike");
    private static final Set<String> LINKS = Set.of("href", "src", "cite", "background", "longdesc", "usemap");

    private static final String XHTML = "http://www.w3.org/1999/xhtml";

    /** As deep as JSON: what reads it may do so by recursion. */
    private static final int DEPTH = 64;
    /** Each is looked for among those before it. */
    private static final int MOST_ATTRIBUTES = 64;

    private final String text;
    private final Deque<String> open = new ArrayDeque<>();
    private final List<String> attributes = new ArrayList<>();
    private boolean content;
    private int at;
    /** Where the next ampersand and the next end of a CDATA section stand, looked for once and not for each stretch of text. */
    private int ampersand = -1;
    private int sectionEnd = -1;

    private Narrative(String text) {
        this.text = text;
    }

    /** What is wrong, as the rest of a sentence, or null. */
    static @Nullable String fault(String text) {
        return new Narrative(text).scan();
    }

    private @Nullable String scan() {
        at = skipXmlSpace(0);
        if (!text.startsWith("<div", at)) {
            return "must be one div element";
        }
        while (at < text.length()) {
            int next = text.indexOf('<', at);
            int end = next < 0 ? text.length() : next;
            content |= skipSpace(at) < end;
            String fault = characters(at, end);
            at = end;
            if (fault == null && next >= 0) {
                fault = text.startsWith("<!--", at) ? comment() : text.startsWith("</", at) ? endTag() : startTag();
            }
            if (fault != null) {
                return fault;
            }
            if (open.isEmpty()) {
                boolean trailing = skipXmlSpace(at) < text.length();
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

    private int skipXmlSpace(int from) {
        int i = from;
        while (i < text.length() && (text.charAt(i) == ' ' || text.charAt(i) == '\n' || text.charAt(i) == '\t' || text.charAt(i) == '\r')) {
            i++;
        }
        return i;
    }

    private @Nullable String characters(int from, int to) {
        ampersand = ampersand < from ? place("&", from) : ampersand;
        if (ampersand < to && !XmlReferences.areValid(text, ampersand, to)) {
            return "has a & that begins neither a character's number nor its name in HTML: write &amp; for the sign itself";
        }
        sectionEnd = sectionEnd < from ? place("]]>", from) : sectionEnd;
        return sectionEnd < to ? "has ]]> in its text: write ]]&gt;" : null;
    }

    private int place(String wanted, int from) {
        int found = text.indexOf(wanted, from);
        return found < 0 ? text.length() : found;
    }

    private @Nullable String comment() {
        int end = text.indexOf("--", at + 4);
        if (end < 0) {
            return "has a comment that is not closed";
        }
        at = end + 3;
        return text.startsWith("-->", end) ? null : "has a comment with -- in it";
    }

    private @Nullable String endTag() {
        String name = open.poll();
        int end = name != null && text.startsWith(name, at + 2) ? skipXmlSpace(at + 2 + name.length()) : text.length();
        if (!text.startsWith(">", end)) {
            return "has an end tag that does not match its start tag";
        }
        at = end + 1;
        return null;
    }

    private @Nullable String startTag() {
        int nameEnd = nameEnd(at + 1);
        String name = text.substring(at + 1, nameEnd);
        if (!ELEMENTS.contains(name)) {
            return "may hold only XHTML's formatting elements, in lower case: no scripts, forms, frames, objects or styles";
        }
        content |= name.equals("img");
        at = nameEnd;
        attributes.clear();
        while (true) {
            int next = skipXmlSpace(at);
            boolean apart = next > at;
            at = next;
            if (at >= text.length()) {
                return "has a tag that is not closed";
            }
            if (text.charAt(at) == '>') {
                at++;
                open.push(name);
                return open.size() > DEPTH ? "has more than " + DEPTH + " elements in one another" : null;
            }
            if (text.startsWith("/>", at)) {
                at += 2;
                return null;
            }
            String fault = apart ? attribute() : "has an attribute that no space sets apart from what is before it";
            if (fault != null) {
                return fault;
            }
        }
    }

    private int nameEnd(int from) {
        int end = from;
        while (end < text.length() && isNameCharacter(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private @Nullable String attribute() {
        int nameEnd = nameEnd(at);
        String name = text.substring(at, nameEnd);
        int quote = skipXmlSpace(nameEnd);
        boolean assigned = quote < text.length() && text.charAt(quote) == '=';
        quote = assigned ? skipXmlSpace(quote + 1) : quote;
        if (name.isEmpty() || !isNameStart(name.charAt(0)) || !assigned || quote >= text.length() || "\"'".indexOf(text.charAt(quote)) < 0) {
            return "has an attribute that is not written as name=\"value\"";
        }
        int end = text.indexOf(text.charAt(quote), quote + 1);
        if (end < 0) {
            return "has an attribute whose value is not closed";
        }
        String value = text.substring(quote + 1, end);
        at = end + 1;
        if (attributes.contains(name) || attributes.size() == MOST_ATTRIBUTES) {
            return "has an attribute twice, or more than " + MOST_ATTRIBUTES + " of them, in one tag";
        }
        attributes.add(name);
        if (value.indexOf('<') >= 0 || value.indexOf('&') >= 0 && !XmlReferences.areValid(value, 0, value.length())) {
            return "has a < or & in an attribute's value: write &lt; or &amp; for the sign itself";
        }
        return meaning(name, value);
    }

    private static @Nullable String meaning(String written, String value) {
        if (written.indexOf(':') >= 0 && !isBound(written, value)) {
            return "has an attribute with a prefix: leave it out; XHTML's attributes have none but xml:lang and its like";
        }
        String name = written.toLowerCase(Locale.ROOT);
        if (name.equals("xmlns") && !value.equals(XHTML)) {
            return "must be in the namespace of XHTML: write xmlns=\"" + XHTML + "\" on its div";
        }
        return active(name, value) ? "may not hold event handlers or addresses that run code" : null;
    }

    /** Declarations of other namespaces do no harm, but what they declare is lost on the way to XML: nothing may use it. */
    private static boolean isBound(String name, String value) {
        int colon = name.indexOf(':');
        String prefix = name.substring(0, colon);
        String local = name.substring(colon + 1);
        boolean named = !local.isEmpty() && isNameStart(local.charAt(0)) && local.indexOf(':') < 0;
        return named && (prefix.equals("xml") || prefix.equals("xmlns") && !value.isEmpty() && !local.startsWith("xml"));
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

    private static boolean isNameStart(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
    }

    private static boolean isNameCharacter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ':' || c == '-' || c == '_' || c == '.';
    }
}
