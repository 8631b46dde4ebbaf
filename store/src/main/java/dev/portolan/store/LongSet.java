package dev.portolan.store;

/** A growing set of hashes: they are spread already, so their low bits are their places. */
final class LongSet {

    private long[] places = new long[1 << 10];
    private boolean hasZero;
    private int size;

    /** True if it was not there. */
    boolean add(long value) {
        if (value == 0) {
            boolean fresh = !hasZero;
            hasZero = true;
            return fresh;
        }
        if (size * 2 >= places.length) {
            grow();
        }
        if (!place(value)) {
            return false;
        }
        size++;
        return true;
    }

    boolean contains(long value) {
        if (value == 0) {
            return hasZero;
        }
        int mask = places.length - 1;
        int at = (int) value & mask;
        while (places[at] != 0) {
            if (places[at] == value) {
                return true;
            }
            at = at + 1 & mask;
        }
        return false;
    }

    private boolean place(long value) {
        int mask = places.length - 1;
        int at = (int) value & mask;
        while (places[at] != 0) {
            if (places[at] == value) {
                return false;
            }
            at = at + 1 & mask;
        }
        places[at] = value;
        return true;
    }

    private void grow() {
        long[] old = places;
        places = new long[old.length * 2];
        for (long value : old) {
            if (value != 0) {
                place(value);
            }
        }
    }
}
