package dev.portolan.store;

import dev.portolan.fhir.search.Criterion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The search of one type as SQL: every chain and the like is resolved, the grant is in it.
 *
 * @param conditions on the row {@code r}: type, criteria, grant; without the member
 * @param scope members whose rows may be given; null for every member's and nobody's
 * @param unverified criteria that the conditions only narrow: the content has to be looked at
 * @param told one more column of each row, the last; null if there is none
 */
record TypePlan(String type, Driver driver, Sql conditions, long @Nullable [] scope, List<Criterion> unverified, @Nullable Sql told) {

    private static final String ROW = "r.rid, r.member, r.self, r.type, r.id, r.version, r.updated, r.deleted, r.date_low, r.refs, r.content";

    boolean exact() {
        return unverified.isEmpty();
    }

    /** The same with one more condition on the row {@code r}. */
    TypePlan and(Sql condition) {
        return new TypePlan(type, driver, new Sql().add(conditions).add(" AND ").add(condition), scope, unverified, told);
    }

    /** The same with one more column of each row. */
    TypePlan telling(Sql column) {
        return new TypePlan(type, driver, conditions, scope, unverified, column);
    }

    private boolean oneMember() {
        return driver instanceof Driver.OneMember;
    }

    /** @param columns a constant: a list of columns of {@code r} */
    Sql rows(String columns, RowOrder order, int segment, RowOrder.@Nullable Place after, int limit) {
        Sql filter = new Sql().add(conditions).add(order.segmentCondition(segment)).add(order.after(after, oneMember()));
        boolean inPlace = order.by() == RowOrder.By.PLACE;
        Sql sql = Sql.of("SELECT ").add(columns);
        if (told != null) {
            sql.add(", ").add(told);
        }
        sql.add(" FROM ");
        if (driver instanceof Driver.OneMember || driver instanceof Driver.Selves) {
            sql.add(order.rows()).add(" WHERE ").add(entry()).add(filter);
        } else if (driver instanceof Driver.Updated) {
            sql.add("(SELECT ").add(ROW).add(" FROM ").add(order.rows()).add(" WHERE ").add(entry()).add(filter).add(" OFFSET 0) r");
        } else {
            sql.add(leader(inPlace ? after : null)).add(" CROSS JOIN LATERAL (SELECT ").add(ROW).add(" FROM ").add(order.rows()).add(" WHERE ").add(entry()).add(filter)
                .add(inPlace && !ledByRow() ? " ORDER BY r.rid LIMIT " : " LIMIT ");
            // A limit inside keeps the join a loop in the leader's order.
            sql.bind(ledByRow() ? 1 : inPlace ? limit : Integer.MAX_VALUE).add(") r");
        }
        // Named by the leader where there is one, so that PostgreSQL sees that the rows come in this order and stops at the limit.
        return sql.add(order.orderBy(oneMember(), isLed() ? "d.member" : "r.member", ledByRow() ? "d.rid" : "r.rid")).add(" LIMIT ").bind(limit);
    }

    private boolean isLed() {
        return ledByRow() || driver instanceof Driver.SomeMembers || driver instanceof Driver.Panel || driver instanceof Driver.AllMembers;
    }

    Sql count() {
        return Sql.of("SELECT count(*) FROM ").add(everyRow(""));
    }

    /** What all the rows refer to, as the column {@code ref}: hashes as they stand in the rows, some of them many times. */
    Sql references() {
        return Sql.of("SELECT ref FROM ").add(everyRow("r.refs")).add(" CROSS JOIN unnest(r.refs) AS ref");
    }

    /** The table expression {@code r} of all rows, in no order. */
    private Sql everyRow(String columns) {
        if (driver instanceof Driver.OneMember || driver instanceof Driver.Selves || driver instanceof Driver.Updated) {
            return Sql.of("(SELECT ").add(columns).add(" FROM store.resource r WHERE ").add(entry()).add(conditions).add(") r");
        }
        return leader(null).add(" CROSS JOIN LATERAL (SELECT ").add(columns).add(" FROM store.resource r WHERE ").add(entry()).add(conditions).add(" OFFSET 0) r");
    }

    /** All of it as one condition on a row {@code r}, however that is reached. */
    Sql asCondition() {
        Sql sql = Sql.of("(true").add(conditions);
        if (driver instanceof Driver.Selves selves) {
            sql.add(" AND r.self = ANY(").bind(selves.hashes()).add(")");
        }
        return sql.add(scopeOf("r")).add(")");
    }

    private boolean ledByRow() {
        return driver instanceof Driver.Tokens || driver instanceof Driver.Texts;
    }

    /** How the row is reached; the conditions follow, each with its AND. */
    private Sql entry() {
        if (driver instanceof Driver.OneMember one) {
            return Sql.of("r.member = ").bind(one.key());
        } else if (driver instanceof Driver.Selves selves) {
            return Sql.of("r.self = ANY(").bind(selves.hashes()).add(")").add(scopeOf("r"));
        } else if (driver instanceof Driver.Updated) {
            return Sql.of("true").add(scopeOf("r"));
        } else if (ledByRow()) {
            return Sql.of("r.member = d.member AND r.rid = d.rid");
        }
        return Sql.of("r.member = d.member");
    }

    private Sql scopeOf(String alias) {
        if (scope == null) {
            return new Sql();
        }
        Sql sql = Sql.of(" AND ").add(alias);
        return scope.length == 1 ? sql.add(".member = ").bind(scope[0]) : sql.add(".member = ANY(").bind(scope).add(")");
    }

    /** The table expression {@code d} that leads to the rows, in the order of places. */
    private Sql leader(RowOrder.@Nullable Place after) {
        if (driver instanceof Driver.SomeMembers some) {
            return Sql.of("(SELECT k AS member FROM unnest(").bind(some.keys()).add(") AS k WHERE true").add(from("k", after)).add(" ORDER BY k) d");
        } else if (driver instanceof Driver.Tokens tokens) {
            Sql sql = Sql.of(tokens.hashes().length == 1 ? "(SELECT d.member, d.rid FROM store.value_token d WHERE d.hash = " : "(SELECT DISTINCT d.member, d.rid FROM store.value_token d WHERE d.hash = ANY(");
            sql = tokens.hashes().length == 1 ? sql.bind(tokens.hashes()[0]) : sql.bind(tokens.hashes()).add(")");
            return sql.add(scopeOf("d")).add(beyond(after)).add(" ORDER BY d.member, d.rid) d");
        } else if (driver instanceof Driver.Texts texts) {
            return texts(texts, after);
        } else if (driver instanceof Driver.Panel panel) {
            return Sql.of("(SELECT d.member FROM (SELECT ").bind(MemberKeys.NOBODY).add(" AS member UNION ALL SELECT member FROM store.panel_member WHERE panel = ").bind(panel.id())
                .add(") d WHERE true").add(from("d.member", after)).add(" ORDER BY d.member) d");
        }
        // Nobody's rows come first: there is no row for nobody among the members.
        return Sql.of("(SELECT d.member FROM (SELECT ").bind(MemberKeys.NOBODY).add(" AS member UNION ALL SELECT key FROM store.member) d WHERE true")
            .add(from("d.member", after)).add(" ORDER BY d.member) d");
    }

    private Sql texts(Driver.Texts texts, RowOrder.@Nullable Place after) {
        Sql sql = Sql.of("(SELECT DISTINCT d.member, d.rid FROM store.value_text d WHERE d.type = ").bind(texts.type()).add(" AND d.parameter = ").bind(texts.parameter()).add(" AND (false");
        for (String prefix : texts.prefixes()) {
            sql.add(" OR d.value >= ").bind(prefix);
            String end = TextRange.after(prefix);
            if (end != null) {
                sql.add(" AND d.value < ").bind(end);
            }
        }
        return sql.add(")").add(scopeOf("d")).add(beyond(after)).add(" ORDER BY d.member, d.rid) d");
    }

    private static Sql beyond(RowOrder.@Nullable Place after) {
        return after == null ? new Sql() : Sql.of(" AND (d.member, d.rid) > (").bind(after.major()).add(", ").bind(after.rid()).add(")");
    }

    private static Sql from(String column, RowOrder.@Nullable Place after) {
        return after == null ? new Sql() : Sql.of(" AND ").add(column).add(" >= ").bind(after.major());
    }
}
