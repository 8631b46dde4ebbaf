package dev.portolan.intake.x12;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A record with its envelope and what stands above it, as {@link X12Items} cut it.
 *
 * @param segments between ST and SE
 */
record X12Record(Segment isa, Segment gs, Segment st, List<Segment> segments) {

    /**
     * @param raw as {@link X12Items} wrote it: one interchange whose ISA has its 106 characters
     * @param line of the record's first own segment in its file: problems are told by the file's own count
     */
    static X12Record parse(byte[] raw, long line) {
        String text = new String(raw, StandardCharsets.UTF_8);
        char element = text.charAt(3);
        // Before 00402 ISA11 says which standard it is (U), and many write that still: then nothing repeats.
        char repetition = Character.isLetterOrDigit(text.charAt(82)) ? Segment.REPETITION : text.charAt(82);
        char component = text.charAt(104);
        char terminator = text.charAt(105);
        List<Segment> all = new ArrayList<>();
        int start = -1;
        for (int at = 0; at < text.length();) {
            int end = text.indexOf(terminator, at);
            String segment = text.substring(at, end < 0 ? text.length() : end).strip();
            at = end < 0 ? text.length() : end + 1;
            if (!segment.isEmpty()) {
                all.add(segment(segment, element, repetition, component));
                String tag = all.get(all.size() - 1).tag();
                start = start < 0 && (tag.equals("INS") || tag.equals("CLM") || tag.equals("CLP")) ? all.size() - 1 : start;
            }
        }
        List<Segment> inside = new ArrayList<>();
        for (int i = 3; i < all.size() - 3; i++) {
            Segment segment = all.get(i);
            inside.add(new Segment(i >= start ? line + i - start : line, segment.tag(), segment.elements()));
        }
        return new X12Record(all.get(0), all.get(1), all.get(2), inside);
    }

    private static Segment segment(String text, char element, char repetition, char component) {
        List<String> parts = new ArrayList<>(16);
        int from = 0;
        for (int at = text.indexOf(element); at >= 0; at = text.indexOf(element, from)) {
            parts.add(text.substring(from, at));
            from = at + 1;
        }
        parts.add(text.substring(from));
        String tag = parts.remove(0);
        if (!tag.equals("ISA")) { // where the delimiters stand for themselves
            parts.replaceAll(part -> part.replace(repetition, Segment.REPETITION).replace(component, Segment.COMPONENT));
        }
        return new Segment(0, tag, parts.toArray(String[]::new));
    }

    String set() {
        return st.at(1);
    }

    /** When it was sent: the interchange's date and time, as {@code 20260131-1200}. */
    String sent() {
        return "20" + isa.at(9) + '-' + isa.at(10);
    }

    /** The day on which it was sent, as {@code 2026-01-31}. */
    String sentOn() {
        return Dates.day("20" + isa.at(9));
    }
}
