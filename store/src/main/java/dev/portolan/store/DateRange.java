package dev.portolan.store;

import dev.portolan.fhir.search.CriterionValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** R4 search, section 3.1.1.4.5: the prefixes compare the stretch that the resource covers with the stretch that the caller names. */
final class DateRange {

    private DateRange() {}

    /**
     * @param low column of the resource's first millisecond, a constant
     * @param high column of its last
     */
    static Sql anyOf(String low, String high, List<CriterionValue.Date> alternatives) {
        Sql sql = Sql.of("(");
        String or = "";
        for (CriterionValue.Date date : alternatives) {
            sql.add(or).add("(").add(one(low, high, date)).add(")");
            or = " OR ";
        }
        return sql.add(")");
    }

    /** The earliest millisecond at which what fulfils one of these may end; null if it may have ended at any time. */
    static @Nullable Long earliestEnd(List<CriterionValue.Date> alternatives) {
        long earliest = Long.MAX_VALUE;
        for (CriterionValue.Date date : alternatives) {
            switch (date.prefix()) {
                case EQ, GE, AP -> earliest = Math.min(earliest, date.low());
                case GT, SA -> earliest = Math.min(earliest, date.high());
                case NE, LT, LE, EB -> {
                    return null;
                }
            }
        }
        return earliest;
    }

    private static Sql one(String low, String high, CriterionValue.Date date) {
        return switch (date.prefix()) {
            case EQ -> within(low, high, date);
            case NE -> Sql.of("NOT (").add(within(low, high, date)).add(")");
            case GT -> Sql.of(high).add(" > ").bind(date.high());
            case LT -> Sql.of(low).add(" < ").bind(date.low());
            case GE -> Sql.of(high).add(" > ").bind(date.high()).add(" OR ").add(within(low, high, date));
            case LE -> Sql.of(low).add(" < ").bind(date.low()).add(" OR ").add(within(low, high, date));
            case SA -> Sql.of(low).add(" > ").bind(date.high());
            case EB -> Sql.of(high).add(" < ").bind(date.low());
            case AP -> Sql.of(low).add(" <= ").bind(date.high()).add(" AND ").add(high).add(" >= ").bind(date.low());
        };
    }

    /** Both ends bound the start, so that an index on the start can be used. */
    private static Sql within(String low, String high, CriterionValue.Date date) {
        return Sql.of(low).add(" >= ").bind(date.low()).add(" AND ").add(low).add(" <= ").bind(date.high()).add(" AND ").add(high).add(" <= ").bind(date.high());
    }
}
