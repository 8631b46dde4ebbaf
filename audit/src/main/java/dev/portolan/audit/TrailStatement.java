package dev.portolan.audit;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A question to the trail as SQL, newest first. About members it is asked twice, once by each of the two indexes that know members, so that neither has to give way to a walk along the time: an entry
 * has one member in {@code member}, or several in {@code members}.
 */
final class TrailStatement {

    /** The columns that {@link ChainVerifier#entry} wants, then the chain. */
    static final String COLUMNS = """
        seq, recorded, api, operation, status, outcome, app, person, relation, member, members, types, resource, resources, withheld, categories, query,
            grant_id, scopes, purpose, consents, source, request, chain""";
    private static final String ORDER = " ORDER BY recorded DESC, chain DESC, seq DESC";

    private final StringBuilder sql = new StringBuilder(512);
    private final List<Object> values = new ArrayList<>();

    private TrailStatement() {}

    /** @param after the last entry of the page before, or null */
    static TrailStatement page(TrailFilter filter, RecordedEntry.@Nullable Place after, int limit) {
        TrailStatement statement = new TrailStatement();
        if (filter.members().isEmpty()) {
            statement.sql.append("SELECT ").append(COLUMNS).append(" FROM audit.entry WHERE true");
            statement.conditions(filter, after);
        } else {
            statement.sql.append("SELECT * FROM ((SELECT ").append(COLUMNS).append(" FROM audit.entry WHERE member = ANY(?)");
            statement.values.add(filter.members());
            statement.conditions(filter, after);
            statement.limited(limit);
            statement.sql.append(") UNION ALL (SELECT ").append(COLUMNS).append(" FROM audit.entry WHERE members && ?");
            statement.values.add(filter.members());
            statement.conditions(filter, after);
            statement.limited(limit);
            statement.sql.append(")) AS found");
        }
        statement.limited(limit);
        return statement;
    }

    /** An entry has one member or several, never both. */
    static TrailStatement count(TrailFilter filter) {
        TrailStatement statement = new TrailStatement();
        if (filter.members().isEmpty()) {
            statement.sql.append("SELECT count(*) FROM audit.entry WHERE true");
            statement.conditions(filter, null);
            return statement;
        }
        statement.sql.append("SELECT (SELECT count(*) FROM audit.entry WHERE member = ANY(?)");
        statement.values.add(filter.members());
        statement.conditions(filter, null);
        statement.sql.append(") + (SELECT count(*) FROM audit.entry WHERE members && ?");
        statement.values.add(filter.members());
        statement.conditions(filter, null);
        statement.sql.append(")");
        return statement;
    }

    static TrailStatement one(RecordedEntry.Name name) {
        TrailStatement statement = new TrailStatement();
        statement.sql.append("SELECT ").append(COLUMNS).append(" FROM audit.entry WHERE chain = ? AND seq = ?");
        statement.values.add(name.chain());
        statement.values.add(name.seq());
        return statement;
    }

    private void limited(int limit) {
        sql.append(ORDER).append(" LIMIT ?");
        values.add(limit);
    }

    private void conditions(TrailFilter filter, RecordedEntry.@Nullable Place after) {
        when(filter.from(), "recorded >= ?");
        when(filter.to(), "recorded < ?");
        when(filter.app(), "app = ?");
        when(filter.person(), "person = ?");
        if (filter.appOrPerson() != null) {
            when(filter.appOrPerson(), "(app = ?");
            sql.append(" OR person = ?)");
            values.add(filter.appOrPerson());
        }
        any(filter.apis(), "api = ANY(?)");
        any(filter.notApis(), "NOT api = ANY(?)");
        any(filter.operations(), "operation = ANY(?)");
        any(filter.notOperations(), "NOT operation = ANY(?)");
        when(filter.resource(), "resource = ?");
        when(filter.type(), "types @> ARRAY[?::text]");
        when(filter.grant(), "grant_id = ?");
        status(filter);
        if (filter.aboutMembers()) {
            sql.append(" AND (member IS NOT NULL OR members IS NOT NULL)");
        }
        if (after != null) {
            // The first bound is what indexes and partitions are found by.
            when(after.recorded(), "recorded <= ?");
            when(after.recorded(), "(recorded, chain, seq) < (?");
            sql.append(", ?, ?)");
            values.add(after.chain());
            values.add(after.seq());
        }
    }

    private void status(TrailFilter filter) {
        if (filter.status().isEmpty()) {
            return;
        }
        List<String> ranges = new ArrayList<>();
        filter.status().stream().sorted().forEach(each -> ranges.add(each == 2 ? "status < 400" : each == 4 ? "status >= 400 AND status < 500" : "status >= 500"));
        if (!filter.status().contains(2)) {
            sql.append(" AND status >= 400"); // the condition of the partial index
        }
        sql.append(" AND (").append(String.join(" OR ", ranges)).append(")");
    }

    private void when(@Nullable Object value, String condition) {
        if (value != null) {
            sql.append(" AND ").append(condition);
            values.add(value);
        }
    }

    private void any(Collection<String> wanted, String condition) {
        if (!wanted.isEmpty()) {
            when(wanted, condition);
        }
    }

    String text() {
        return sql.toString();
    }

    PreparedStatement prepare(Connection connection, String before) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(before + sql);
        try {
            for (int i = 0; i < values.size(); i++) {
                bind(connection, statement, i + 1, values.get(i));
            }
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
        return statement;
    }

    private static void bind(Connection connection, PreparedStatement statement, int place, Object value) throws SQLException {
        if (value instanceof Collection<?> texts) {
            statement.setArray(place, connection.createArrayOf("text", texts.toArray()));
        } else if (value instanceof Instant instant) {
            statement.setObject(place, instant.atOffset(ZoneOffset.UTC));
        } else {
            statement.setObject(place, value);
        }
    }
}
