package dev.portolan.store;

import dev.portolan.fhir.search.InvalidSearchException;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * History of a resource, a type or everything, newest first, in pages by key: the order is (updated, rid, version), which never changes for a version that is there, so a page link
 * stays right while new versions arrive.
 *
 * <p>A past version is given only if the grant reaches the resource as it is now, and as it was then.
 */
final class RecordHistory {

    private static final String KIND = "history";
    private static final String CANCELLED = "57014";
    private static final String AT_FIRST = "_at";
    private static final String AT_LAST = "_at-last";

    private final StoreContext context;
    private final SignedCursors cursors;

    /** The request with what its cursor says; after is null on the first page. */
    private record Scope(@Nullable String type, @Nullable String id, @Nullable Long since, HistoryRequest.@Nullable Period at, int pageSize, long @Nullable [] after) {

        /** The history of one resource goes with reading it, that of a type or of everything with searching (SMART App Launch 2.2, scopes for requesting FHIR resources). */
        Interaction interaction() {
            return id != null ? Interaction.READ : Interaction.SEARCH;
        }
    }

    RecordHistory(StoreContext context, SignedCursors cursors) {
        this.context = context;
        this.cursors = cursors;
    }

    HistoryPage page(Connection connection, GrantPredicate predicate, HistoryRequest request) throws SQLException {
        Scope scope = scope(request, predicate.grant());
        requireAllowed(predicate, scope);
        Sql sql = Sql.of("SELECT * FROM (").add(current(predicate, scope)).add(") AS present UNION ALL SELECT * FROM (").add(past(predicate, scope))
            .add(") AS past ORDER BY updated DESC, rid DESC, version DESC LIMIT ").bind(scope.pageSize() + 1L);
        List<StoredResource> versions = new ArrayList<>();
        long[] last = null;
        boolean more = false;
        try (PreparedStatement select = sql.prepare(connection, (int) context.settings().searchTimeout().toSeconds());
            ResultSet rows = select.executeQuery()) {
            long bytes = 0;
            for (int i = 0; rows.next(); i++) {
                StoredResource version = StoredRows.read(rows, 1, context, connection);
                bytes += version.content().size();
                if (i == scope.pageSize() || bytes > PageBytes.MOST && i > 0) {
                    more = true;
                    break;
                }
                last = new long[] {version.lastUpdated().toEpochMilli(), rows.getLong(StoredRows.COLUMN_COUNT + 1), version.version()};
                if (RecordReads.admits(predicate, version, scope.interaction())) {
                    PageBytes.keep(version);
                    versions.add(version);
                }
            }
        } catch (SQLException e) {
            throw tooCostlyOr(e);
        }
        return new HistoryPage(versions, more ? cursors.seal(cursor(scope, last), predicate.grant()) : null, total(connection, predicate, scope));
    }

    private void requireAllowed(GrantPredicate predicate, Scope scope) throws SQLException {
        if (scope.type() != null) {
            predicate.require(scope.type(), scope.interaction());
            if (scope.id() != null) {
                predicate.requirePatient(scope.type(), scope.id());
            }
        } else if (context.definitions().resourceTypes().stream().noneMatch(type -> predicate.allows(type, Interaction.SEARCH))) {
            throw new GrantRefusedException("This access does not include search on any type.");
        }
    }

    /** For one resource only, and not where past versions are decided on their content. */
    private OptionalLong total(Connection connection, GrantPredicate predicate, Scope scope) throws SQLException {
        if (scope.type() == null || scope.id() == null || !predicate.isPlain(scope.type(), scope.interaction())) {
            return OptionalLong.empty();
        }
        Scope whole = new Scope(scope.type(), scope.id(), scope.since(), scope.at(), scope.pageSize(), null);
        Sql sql = Sql.of("SELECT (SELECT count(*) FROM (").add(versions(predicate, whole, true)).add(") AS present) + (SELECT count(*) FROM (")
            .add(versions(predicate, whole, false)).add(") AS past)");
        try (PreparedStatement select = sql.prepare(connection, 0);
            ResultSet row = select.executeQuery()) {
            row.next();
            return OptionalLong.of(row.getLong(1));
        }
    }

    private Sql current(GrantPredicate predicate, Scope scope) {
        return versions(predicate, scope, true).add(" ORDER BY r.updated DESC, r.rid DESC LIMIT ").bind(scope.pageSize() + 1L);
    }

    private Sql past(GrantPredicate predicate, Scope scope) {
        return versions(predicate, scope, false).add(" ORDER BY h.updated DESC, h.rid DESC, h.version DESC LIMIT ").bind(scope.pageSize() + 1L);
    }

    /** @param present the present versions, in {@code r}; else the past ones, in {@code h}, joined with the present in {@code r} */
    private Sql versions(GrantPredicate predicate, Scope scope, boolean present) {
        Sql sql = Sql.of(present
            ? "SELECT " + StoredRows.columns("r") + ", r.rid FROM store.resource r WHERE "
            : "SELECT " + StoredRows.columns("h") + ", h.rid FROM store.history h JOIN store.resource r ON r.self = h.self WHERE ");
        Collection<String> types = scope.type() == null ? context.definitions().resourceTypes() : List.of(scope.type());
        sql.add(predicate.rows(types, scope.interaction()));
        if (scope.id() != null) {
            long self = context.hash().self(context.names().type(scope.type()), scope.id());
            sql.add(present ? " AND r.self = " : " AND h.self = ").bind(self).add(" AND r.id = ").bind(scope.id());
        }
        if (scope.since() != null) {
            sql.add(present ? " AND r.updated >= " : " AND h.updated >= ").bind(scope.since());
        }
        if (scope.at() != null) {
            sql.add(present ? " AND r.updated <= " : " AND h.updated <= ").bind(scope.at().last().toEpochMilli());
        }
        if (!present) {
            addPast(sql, predicate, scope);
        }
        if (scope.after() != null) {
            addAfter(sql, present ? "r" : "h", scope.after());
        }
        return sql;
    }

    private static void addPast(Sql sql, GrantPredicate predicate, Scope scope) {
        if (predicate.members() != null) {
            sql.add(" AND (h.member = r.member OR h.member = ANY(").bind(predicate.members()).add("))");
        } else if (predicate.panel() != null) {
            sql.add(" AND (h.member = r.member OR ").add(predicate.inPanel("h.member")).add(")");
        }
        if (scope.at() != null) {
            // A past version was current until its successor came.
            sql.add(" AND coalesce((SELECT n.updated FROM store.history n WHERE n.self = h.self AND n.version = h.version + 1), r.updated) > ").bind(scope.at().first().toEpochMilli());
        }
    }

    /** The row comparison of two columns is what the index can seek; the third decides between versions of one resource in the same millisecond. */
    private static void addAfter(Sql sql, String alias, long[] after) {
        sql.add(" AND (" + alias + ".updated, " + alias + ".rid) <= (").bind(after[0]).add(", ").bind(after[1]).add(") AND (" + alias + ".updated, " + alias + ".rid, " + alias
            + ".version) < (").bind(after[0]).add(", ").bind(after[1]).add(", ").bind(after[2]).add(")");
    }

    private Scope scope(HistoryRequest request, Grant grant) {
        if (request.type() == null && request.id() != null) {
            throw new IllegalArgumentException("an id needs its type");
        }
        if (request.cursor() == null) {
            return new Scope(request.type(), request.id(), millis(request.since()), request.at(), Math.max(1, request.pageSize()), null);
        }
        SignedCursors.Cursor cursor = cursors.unseal(request.cursor(), grant);
        if (!cursor.kind().equals(KIND)) {
            throw ofAnother();
        }
        Scope scope = new Scope(cursor.types().isEmpty() ? null : cursor.types().get(0), cursor.mark().isEmpty() ? null : cursor.mark(), number(cursor, "_since"),
            period(cursor), cursor.pageSize(), cursor.position());
        if (!Objects.equals(scope.type(), request.type()) || !Objects.equals(scope.id(), request.id())) {
            throw ofAnother();
        }
        return scope;
    }

    private static InvalidSearchException ofAnother() {
        return new InvalidSearchException("page", "This page link belongs to another request. Start again from the first page.", false);
    }

    private static SignedCursors.Cursor cursor(Scope scope, long[] last) {
        List<RawParameter> parameters = new ArrayList<>();
        if (scope.since() != null) {
            parameters.add(new RawParameter("_since", scope.since().toString()));
        }
        if (scope.at() != null) {
            parameters.add(new RawParameter(AT_FIRST, String.valueOf(scope.at().first().toEpochMilli())));
            parameters.add(new RawParameter(AT_LAST, String.valueOf(scope.at().last().toEpochMilli())));
        }
        return new SignedCursors.Cursor(KIND, scope.type() == null ? List.of() : List.of(scope.type()), parameters, scope.pageSize(), last, scope.id() == null ? "" : scope.id());
    }

    private static HistoryRequest.@Nullable Period period(SignedCursors.Cursor cursor) {
        Long first = number(cursor, AT_FIRST);
        Long last = number(cursor, AT_LAST);
        return first == null || last == null ? null : new HistoryRequest.Period(Instant.ofEpochMilli(first), Instant.ofEpochMilli(last));
    }

    private static @Nullable Long number(SignedCursors.Cursor cursor, String name) {
        return cursor.parameters().stream().filter(parameter -> parameter.name().equals(name)).map(parameter -> Long.valueOf(parameter.value())).findFirst().orElse(null);
    }

    private static @Nullable Long millis(@Nullable Instant instant) {
        return instant == null ? null : instant.toEpochMilli();
    }

    private static SQLException tooCostlyOr(SQLException e) {
        if (CANCELLED.equals(e.getSQLState())) {
            throw new SearchTooCostlyException("The history took too long to read. Narrow it to one resource, or with _since.");
        }
        return e;
    }
}
