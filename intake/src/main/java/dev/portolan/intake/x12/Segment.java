package dev.portolan.intake.x12;

import java.util.Arrays;
import java.util.List;

/**
 * One segment.
 *
 * @param number its place in the file, counted from 1
 * @param tag as {@code CLM}
 * @param elements the elements after the tag; repetitions and components in them are held apart by {@link #REPETITION} and {@link #COMPONENT}, whatever the file's own delimiters are
 */
record Segment(long number, String tag, String[] elements) {

    static final char REPETITION = '\u001e';
    static final char COMPONENT = '\u001f';

    boolean is(String wanted) {
        return tag.equals(wanted);
    }

    /** Whether it is this segment with this qualifier in its first element, as {@code NM1*85}. */
    boolean is(String wanted, String qualifier) {
        return tag.equals(wanted) && at(1).equals(qualifier);
    }

    boolean isOneOf(String wanted, String... qualifiers) {
        return tag.equals(wanted) && Arrays.asList(qualifiers).contains(at(1));
    }

    /** Element by its number as the guides count (CLM01 is 1): its first component, or an empty string. */
    String at(int element) {
        return at(element, 1);
    }

    String at(int element, int component) {
        String whole = whole(element);
        int end = whole.indexOf(REPETITION);
        return component(end < 0 ? whole : whole.substring(0, end), component);
    }

    /** The element as it is, with its components and repetitions. */
    String whole(int element) {
        return element <= elements.length ? elements[element - 1] : "";
    }

    /** At least one. */
    List<String> repetitions(int element) {
        String whole = whole(element);
        return whole.indexOf(REPETITION) < 0 ? List.of(whole) : List.of(whole.split(String.valueOf(REPETITION), -1));
    }

    static String component(String repetition, int component) {
        int from = 0;
        for (int i = 1; i < component; i++) {
            from = repetition.indexOf(COMPONENT, from) + 1;
            if (from == 0) {
                return "";
            }
        }
        int end = repetition.indexOf(COMPONENT, from);
        return repetition.substring(from, end < 0 ? repetition.length() : end).strip();
    }

    int size() {
        return elements.length;
    }

    /** Characters, without what holds them apart. */
    long length() {
        long length = 0;
        for (String element : elements) {
            length += element.length();
        }
        return length;
    }

    /** Whether a character was lost on its way here, or is one that no text has: the database keeps no zero. */
    boolean isLost() {
        for (String element : elements) {
            if (element.indexOf('\uFFFD') >= 0 || element.indexOf('\0') >= 0) {
                return true;
            }
        }
        return false;
    }
}
