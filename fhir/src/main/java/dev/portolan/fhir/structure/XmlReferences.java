package dev.portolan.fhir.structure;

import dev.portolan.fhir.json.XmlCharacters;

/** References to characters in XML: {@code &amp;}, {@code &#160;}, {@code &#xA0;}. */
final class XmlReferences {

    private static final int LONGEST = 12;

    private XmlReferences() {}

    /** Whether every ampersand of a stretch of text begins one. */
    static boolean areValid(String text, int from, int to) {
        for (int at = text.indexOf('&', from); at >= 0 && at < to; at = text.indexOf('&', at + 1)) {
            int end = text.indexOf(';', at);
            if (end < 0 || end >= to || end - at > LONGEST || !isValid(text.substring(at + 1, end))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isValid(String name) {
        if (!name.startsWith("#")) {
            return HtmlEntities.contains(name);
        }
        boolean hexadecimal = name.startsWith("#x");
        String digits = name.substring(hexadecimal ? 2 : 1);
        int radix = hexadecimal ? 16 : 10;
        return !digits.isEmpty() && digits.length() <= 8 && digits.chars().allMatch(c -> c < 128 && Character.digit(c, radix) >= 0) && XmlCharacters.isOne((int) Math.min(Long.parseLong(digits, radix), Integer.MAX_VALUE));
    }
}
