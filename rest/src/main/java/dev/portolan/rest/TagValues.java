package dev.portolan.rest;

import java.util.regex.Pattern;

/** Closing brackets in attributes' values, where XML allows them. HAPI's reader of narratives takes them for the end of their tag: the rest of the value becomes text of the narrative. It reads them escaped. */
final class TagValues {

    private static final Pattern PLAIN = Pattern.compile(">");
    private static final String ESCAPED = "&gt;";

    private TagValues() {}

    /** A narrative with the brackets escaped. */
    static String escaped(String markup) {
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
                    String changed = PLAIN.matcher(value).replaceAll(ESCAPED);
                    if (!changed.equals(value)) {
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

    /** What begins at a bracket and is no tag: the place after it; of a tag the bracket itself. */
    private static int afterOther(String markup, int bracket) {
        String close = markup.startsWith("<!--", bracket) ? "-->" : markup.startsWith("<![CDATA[", bracket) ? "]]>" : markup.startsWith("<?", bracket) ? "?>" : "";
        int end = close.isEmpty() ? bracket : markup.indexOf(close, bracket + (close.equals("-->") ? 4 : 2));
        return end < 0 ? markup.length() : end;
    }
}
