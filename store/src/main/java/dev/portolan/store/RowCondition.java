package dev.portolan.store;

/**
 * A criterion as a condition on the row {@code r} of {@code store.resource}.
 *
 * @param sql an expression that is never null in SQL's sense; every row that fulfils the criterion fulfils it
 * @param exact false if rows that do not fulfil the criterion may pass too, and the content has to be looked at
 */
record RowCondition(Sql sql, boolean exact) {

    static RowCondition exactly(Sql sql) {
        return new RowCondition(sql, true);
    }

    static RowCondition atMost(Sql sql) {
        return new RowCondition(sql, false);
    }

    static RowCondition never() {
        return exactly(Sql.of("false"));
    }
}
