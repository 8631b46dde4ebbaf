package dev.portolan.store;

import org.jspecify.annotations.Nullable;

/**
 * What a resource's row and its value rows hold of its search values. Arrays are sorted and without doubles, so that equal values make equal rows.
 *
 * <p>The row decides tokens, references, uris, strings and dates exactly (hashes of 64 bits are taken as exact). Numbers, quantities, composites, positions, {@code :text} and full
 * text are not in it: {@code parameters} says who has any, and the {@link dev.portolan.fhir.search.CriterionMatcher} decides on the content.
 *
 * @param dateLow start of the type's main date, {@link #NO_DATE} if it has none. With several values this is the earliest start, and all of them stand in {@code dates} too
 * @param dateHigh end of the main date, {@link #NO_DATE} if it has none; the latest end of several
 * @param parameters numbers of the parameters that have a value
 * @param tokens hashes of tokens, uris, exact strings and identifiers of references
 * @param refs hashes of references: {@code self ^ reference(type, parameter)} of local ones, {@code url(...)} of canonicals and of references to elsewhere
 * @param dates triples ({@link #dateKey(int)}, low, high), sorted by key and low, of all dates but a single main date
 * @param textParameters beside {@code texts}: whose value it is
 * @param texts normalized strings
 * @param valueHashes those of tokens and refs that have value rows
 * @param valueTextParameters beside {@code valueTexts}: whose value it is
 * @param valueTexts those of texts that have value rows, cut to {@link #VALUE_TEXT_LENGTH}
 * @param patientId the Patient whose record the resource belongs to by its own references, or null
 * @param through {@code self} hashes of the resources whose home it shares if there is no Patient, in order of precedence
 * @param about {@code self} hashes of what the resource is about and takes its security labels from ({@link LabelHeirs}), sorted
 */
record IndexRow(
    long dateLow,
    long dateHigh,
    short[] parameters,
    long[] tokens,
    long[] refs,
    long[] dates,
    short[] textParameters,
    String[] texts,
    long[] valueHashes,
    short[] valueTextParameters,
    String[] valueTexts,
    @Nullable String patientId,
    long[] through,
    long[] about) {

    /** Sorts before every date: descending order by the index puts what has no date last. Conditions with an upper bound must leave it out ({@code date_low > NO_DATE}). */
    static final long NO_DATE = Long.MIN_VALUE;

    /** Characters of a string in a value row: a btree entry has to fit into a page. Conditions on longer strings are cut alike and then decided on the row. */
    static final int VALUE_TEXT_LENGTH = 200;

    /** A deletion's: nothing finds it. */
    static final IndexRow TOMBSTONE = new IndexRow(NO_DATE, NO_DATE, new short[0], new long[0], new long[0], new long[0], new short[0], new String[0], new long[0], new short[0],
        new String[0], null, new long[0], new long[0]);

    /** The parameter's mark in {@code dates}: no millisecond is that far away, so {@code dateKey = ANY(dates)} tells whether the parameter has triples. */
    static long dateKey(int parameter) {
        return Long.MIN_VALUE + 1 + parameter;
    }

    static String cutToValueText(String normalized) {
        if (normalized.length() <= VALUE_TEXT_LENGTH) {
            return normalized;
        }
        int end = Character.isHighSurrogate(normalized.charAt(VALUE_TEXT_LENGTH - 1)) ? VALUE_TEXT_LENGTH - 1 : VALUE_TEXT_LENGTH;
        return normalized.substring(0, end);
    }
}
