package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonLimits;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Closing brackets in attributes' values, where XML allows them. HAPI's reader of narratives takes them for the end of their tag: the rest of the value becomes text of the narrative. It reads them escaped; but what comes as XML was
 * unescaped before it gets to that reader, so there another character stands for them on the way.
 */
final class TagValues {

    private static final Pattern PLAIN = Pattern.compile(">");
    private static final Pattern ANY_FORM = Pattern.compile(">|&gt;|&#0*62;|&#x0*3[eE];");
    private static final String ESCAPED = "&gt;";
    /** The attributes of FHIR's elements that may hold brackets, some of them codes as {@code >=}; those of narratives are called otherwise. */
    private static final Set<String> OF_FHIR = Set.of("value", "url");
    private static final JsonName DIV = JsonName.of("div");
    /** The first of the characters that are none (Unicode, section 23.7), which XML can hold. */
    private static final char STAND_IN = '\uFDD0';

    private TagValues() {}

    /** A narrative with the brackets escaped. */
    static String escaped(String narrative) {
        return replaced(narrative, PLAIN, ESCAPED, Set.of());
    }

    /** XML with another character for the brackets in its narratives' attributes; the text itself if there are none. */
    static String hidden(String xml, char standIn) {
        return replaced(xml, ANY_FORM, String.valueOf(standIn), OF_FHIR);
    }

    /** A character that the text has not. */
    static char standIn(String xml) {
        char c = STAND_IN;
        while (xml.indexOf(c) >= 0) {
            c++;
        }
        return c;
    }

    /** JSON of what was hidden, with the brackets again. */
    static byte[] restored(byte[] json, char standIn) {
        String hidden = String.valueOf(standIn);
        JsonDocument document = JsonDocument.parse(json, JsonLimits.OWN);
        List<JsonEdit> edits = new ArrayList<>();
        for (JsonValue div : document.root().descendants(DIV)) {
            String text = div.isString() ? div.text() : "";
            if (text.contains(hidden)) {
                edits.add(new JsonEdit(div.start(), div.end(), new ByteBuilder(text.length() + 64).string(text.replace(hidden, ESCAPED)).toBytes()));
            }
        }
        return new String(document.splice(edits), StandardCharsets.UTF_8).replace(standIn, '>').getBytes(StandardCharsets.UTF_8);
    }

    /** @param but names of attributes that stay as they are */
    private static String replaced(String markup, Pattern bracket, String replacement, Set<String> but) {
        StringBuilder out = new StringBuilder();
        int copied = 0;
        int tag = markup.indexOf('<');
        while (tag >= 0) {
            int at = afterOther(markup, tag);
            boolean ended = at > tag;
            for (at = ended ? at : tag + 1; !ended && at < markup.length(); at++) {
                char c = markup.charAt(at);
                int close = c == '"' || c == '\'' ? markup.indexOf(c, at + 1) : -1;
                if (close >= 0) {
                    String value = markup.substring(at + 1, close);
                    String changed = bracket.matcher(value).replaceAll(replacement);
                    if (!changed.equals(value) && (but.isEmpty() || !but.contains(name(markup, at)))) {
                        out.append(markup, copied, at + 1).append(changed);
                        copied = close;
                    }
                    at = close;
                }
                ended = c == '>';
            }
            tag = markup.indexOf('<', at);
        }
        return copied == 0 ? markup : out.append(markup, copied, markup.length()).toString();
    }

    /** Of the attribute whose value begins at a quote. */
    private static String name(String markup, int quote) {
        int end = markup.lastIndexOf('=', quote);
        while (end > 0 && Character.isWhitespace(markup.charAt(end - 1))) {
            end--;
        }
        int start = end;
        while (start > 0 && !Character.isWhitespace(markup.charAt(start - 1)) && "\"'<".indexOf(markup.charAt(start - 1)) < 0) {
            start--;
        }
        return markup.substring(start, Math.max(start, end));
    }

    /** What begins at a bracket and is no tag: the place after it; of a tag the bracket itself. */
    private static int afterOther(String markup, int bracket) {
        String close = markup.startsWith("<!--", bracket) ? "-->" : markup.startsWith("<![CDATA[", bracket) ? "]]>" : markup.startsWith("<?", bracket) ? "?>" : "";
        int end = close.isEmpty() ? bracket : markup.indexOf(close, bracket + (close.equals("-->") ? 4 : 2));
        return end < 0 ? markup.length() : end;
    }
}
