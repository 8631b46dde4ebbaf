package dev.portolan.fhir.structure;

/** Text as XML holds it, so that who reads it gets it back. */
final class XmlEscapes {

    private XmlEscapes() {}

    /** @param attribute whether it stands in one, between double quotes: white space but the blank is a blank there if it is not escaped (XML 1.0, section 3.3.3) */
    static void append(String text, boolean attribute, StringBuilder out) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append(attribute ? "&quot;" : "\"");
                case '\n', '\t' -> out.append(attribute ? "&#" + (int) c + ";" : String.valueOf(c));
                case '\r' -> out.append("&#13;"); // else it were a line feed for the next who reads it
                default -> out.append(c);
            }
        }
    }
}
