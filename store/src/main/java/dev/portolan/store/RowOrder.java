package dev.portolan.store;

import org.jspecify.annotations.Nullable;

/**
 * An order that a column gives. The place of a row in it never depends on other rows, so a page goes on right after the last row whatever was written in between.
 *
 * @param several the mark in {@code dates} of a main date that may have several values, of which the latest start counts and not the earliest that the column has; 0 where the column itself is the order
 */
record RowOrder(By by, boolean descending, long several) {

    enum By {
        /** Member, then rid: both stay as they are while the resource lives. */
        PLACE,
        MAIN_DATE,
        UPDATED,
        ID
    }

    static final RowOrder DEFAULT = new RowOrder(By.PLACE, false);
    static final RowOrder NEWEST_ROWS_FIRST = new RowOrder(By.PLACE, true);

    RowOrder(By by, boolean descending) {
        this(by, descending, 0);
    }

    /**
     * By main date. R4 search, section 3.1.1.5.1: of several values the one counts "that comes earliest in the specified sort order". Going up that is what the column has; going down the latest start is taken
     * out of the row, for which no index has the order: a member's rows are then all looked at, so that is done only for a parameter that may have several.
     *
     * @param dateKey the parameter's mark in {@code dates}
     */
    static RowOrder byMainDate(boolean descending, boolean mayRepeat, long dateKey) {
        return new RowOrder(By.MAIN_DATE, descending, descending && mayRepeat ? dateKey : 0);
    }

    /**
     * Where a row stands.
     *
     * @param segment see {@link RowOrder#segments}
     */
    record Place(int segment, long major, long rid, String id) {}

    Place placeOf(Hit hit, int segment) {
        return switch (by) {
            case PLACE -> new Place(segment, hit.member(), hit.rid(), "");
            case MAIN_DATE -> new Place(segment, hit.dateLow(), hit.rid(), "");
            case UPDATED -> new Place(segment, hit.resource().lastUpdated().toEpochMilli(), hit.rid(), "");
            case ID -> new Place(segment, 0, hit.rid(), hit.resource().key().id());
        };
    }

    /** What has no date stands last in both directions; the index has it first, so that ascending order takes two turns: with a date, then without. */
    int segments() {
        return by == By.MAIN_DATE && !descending ? 2 : 1;
    }

    /**
     * The rows {@code r}. Where the latest of several dates is the order, it stands in their {@code date_low}: a parameter's triples lie together in the order of their starts, so it is the one of the last.
     * Conditions on main dates do not read the column of a row with several.
     */
    Sql rows() {
        if (several == 0) {
            return Sql.of("store.resource r");
        }
        return Sql.of("(SELECT rid, member, type, self, id, version, updated, deleted, date_high, parameters, tokens, refs, dates, text_parameters, texts, content, coalesce(dates[array_position(dates, ")
            .bind(several).add(") + 3 * cardinality(array_positions(dates, ").bind(several).add(")) - 2], date_low) AS date_low FROM store.resource) r");
    }

    Sql segmentCondition(int segment) {
        if (segments() == 1) {
            return new Sql();
        }
        return Sql.of(segment == 0 ? " AND r.date_low > " : " AND r.date_low = ").bind(IndexRow.NO_DATE);
    }

    /**
     * @param oneMember true if all rows have the same member
     * @param member the column that the rows come in the order of
     * @param rid the same
     */
    String orderBy(boolean oneMember, String member, String rid) {
        String direction = descending ? " DESC" : "";
        return switch (by) {
            case PLACE -> oneMember ? " ORDER BY " + rid + direction : " ORDER BY " + member + direction + ", " + rid + direction;
            case MAIN_DATE -> " ORDER BY r.date_low" + direction + ", r.rid" + direction;
            case UPDATED -> " ORDER BY r.updated" + direction + ", r.rid" + direction;
            case ID -> " ORDER BY r.id" + direction;
        };
    }

    Sql after(@Nullable Place place, boolean oneMember) {
        if (place == null) {
            return new Sql();
        }
        String beyond = descending ? " < " : " > ";
        return switch (by) {
            case PLACE -> oneMember
                ? Sql.of(" AND r.rid").add(beyond).bind(place.rid())
                : Sql.of(" AND (r.member, r.rid)").add(beyond).add("(").bind(place.major()).add(", ").bind(place.rid()).add(")");
            case MAIN_DATE -> Sql.of(" AND (r.date_low, r.rid)").add(beyond).add("(").bind(place.major()).add(", ").bind(place.rid()).add(")");
            case UPDATED -> Sql.of(" AND (r.updated, r.rid)").add(beyond).add("(").bind(place.major()).add(", ").bind(place.rid()).add(")");
            case ID -> Sql.of(" AND r.id").add(beyond).bind(place.id());
        };
    }
}
