package dev.portolan.intake.x12;

/** What holds elements, components, repetitions and segments apart; each interchange has its own (ISA, X12.5). */
record Delimiters(char element, char component, char repetition, char segment) {

    /** The segment as it stands in a file, with a line feed behind it for whoever reads it. */
    void write(Segment segment, StringBuilder out) {
        out.append(segment.tag());
        for (String value : segment.elements()) {
            out.append(element).append(value.replace(Segment.REPETITION, repetition).replace(Segment.COMPONENT, component));
        }
        if (out.charAt(out.length() - 1) == element) {
            trim(out);
        }
        out.append(this.segment);
        if (this.segment != '\n') {
            out.append('\n');
        }
    }

    /** Trailing empty elements are left out (X12.6, 3.6). */
    private void trim(StringBuilder out) {
        while (out.charAt(out.length() - 1) == element) {
            out.setLength(out.length() - 1);
        }
    }
}
