package dev.portolan.store;

import java.util.Arrays;

/** A growing array of longs, without a box for each. */
final class LongList {

    private static final long[] EMPTY = new long[0];
    private static final int TRIPLE = 3;
    private static final int MANY = 64 * TRIPLE;

    private long[] values;
    private int size;

    LongList(int capacity) {
        values = new long[capacity];
    }

    void add(long value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, size * 2);
        }
        values[size++] = value;
    }

    int size() {
        return size;
    }

    long get(int index) {
        return values[index];
    }

    long[] toArray() {
        return size == 0 ? EMPTY : Arrays.copyOf(values, size);
    }

    /** Sorted, each value once. */
    long[] toSortedSet() {
        if (size == 0) {
            return EMPTY;
        }
        Arrays.sort(values, 0, size);
        int kept = 1;
        for (int i = 1; i < size; i++) {
            if (values[i] != values[kept - 1]) {
                values[kept++] = values[i];
            }
        }
        return Arrays.copyOf(values, kept);
    }

    /** Taken as triples: sorted by their values in turn, each triple once. There are few, so by insertion; of many, which a megabyte can hold, that takes minutes. */
    long[] toSortedTriples() {
        if (size > MANY) {
            return manySortedTriples();
        }
        long[] out = new long[size];
        int length = 0;
        for (int i = 0; i < size; i += TRIPLE) {
            int place = 0;
            int order = 1;
            while (place < length && (order = Arrays.compare(out, place, place + TRIPLE, values, i, i + TRIPLE)) < 0) {
                place += TRIPLE;
            }
            if (place < length && order == 0) {
                continue;
            }
            System.arraycopy(out, place, out, place + TRIPLE, length - place);
            System.arraycopy(values, i, out, place, TRIPLE);
            length += TRIPLE;
        }
        return Arrays.copyOf(out, length);
    }

    private long[] manySortedTriples() {
        long[][] triples = new long[size / TRIPLE][];
        for (int i = 0; i < triples.length; i++) {
            triples[i] = Arrays.copyOfRange(values, i * TRIPLE, (i + 1) * TRIPLE);
        }
        Arrays.sort(triples, Arrays::compare);
        long[] out = new long[size];
        int length = 0;
        for (int i = 0; i < triples.length; i++) {
            if (i == 0 || !Arrays.equals(triples[i], triples[i - 1])) {
                System.arraycopy(triples[i], 0, out, length, TRIPLE);
                length += TRIPLE;
            }
        }
        return Arrays.copyOf(out, length);
    }
}
