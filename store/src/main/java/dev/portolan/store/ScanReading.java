package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads rows as they stood at an instant: the present row if it was there then, else the version that was current then. Rows come through a cursor, so that no more than a few hundred are in memory.
 */
final class ScanReading {

    private static final int FETCHED = 500;
    private static final int PAST_AT_ONCE = 500;
    /** Versions of the past are read with their content, whatever that is long. */
    private static final int PAST_FETCHED = 2;
    /** Bytes as stored: content that is longer is not fetched with the other rows, hundreds of which come at once, but by itself. */
    private static final int LARGE = 64 << 10;

    private final Connection connection;
    private final GrantPredicate predicate;
    private final StoreContext context;
    private final ScanRequest request;
    private final ScanFilters filters;
    private final ScanSink sink;
    private final long asOf;
    private final long since;
    private final long until;
    private final Set<String> wanted = new HashSet<>();
    private final List<Changed> changed = new ArrayList<>();

    /** A row that was changed after the instant. */
    private record Changed(long self, long member, int number) {}

    /** What a row refers to. */
    interface References {
        void add(long member, short type, long self, long[] refs) throws SQLException;
    }

    /** @param connection in a transaction, as cursors need it */
    ScanReading(Connection connection, GrantPredicate predicate, StoreContext context, ScanRequest request, ScanFilters filters, ScanSink sink) {
        this.connection = connection;
        this.predicate = predicate;
        this.context = context;
        this.request = request;
        this.filters = filters;
        this.sink = sink;
        this.asOf = request.asOf().toEpochMilli();
        this.since = request.since() == null ? Long.MIN_VALUE : request.since().toEpochMilli();
        this.until = request.until() == null ? Long.MAX_VALUE : request.until().toEpochMilli();
        for (String type : request.types()) {
            if (context.names().isType(type) && predicate.allows(type, Interaction.READ)) {
                wanted.add(type);
            }
        }
    }

    Set<String> wanted() {
        return wanted;
    }

    /** Told of each member before its rows, and after them. */
    interface Boundary {
        boolean begins(long member) throws IOException;

        void ends(long member) throws SQLException;
    }

    /**
     * @param from a table expression {@code d} that leads to the rows, with the column {@code member}; constant text and bound values
     * @param entry how it leads to a row {@code r}
     * @param references null if nobody asks: then only rows that may be given are read
     */
    void read(Sql from, Sql entry, Set<String> types, @org.jspecify.annotations.Nullable References references, Boundary boundary) throws SQLException, IOException {
        Set<String> scanned = new TreeSet<>(types);
        scanned.removeIf(type -> !predicate.allows(type, Interaction.READ) || references == null && !wanted.contains(type));
        if (scanned.isEmpty()) {
            return;
        }
        Sql sql = Sql.of("SELECT d.member, r.* FROM ").add(from).add(" CROSS JOIN LATERAL (SELECT r.type, r.self, r.version, r.updated, r.deleted, CASE WHEN r.deleted THEN r.id END AS id, ")
            .add(content(references != null)).add(" AS content, ").add(references != null ? "r.refs" : "NULL::bigint[]").add(" AS refs, ").add(filters.number(asOf)).add(" AS number")
            .add(" FROM store.resource r WHERE ").add(entry).add(" AND ").add(rows(scanned, references != null)).add(" OFFSET 0) r");
        try (PreparedStatement select = sql.prepare(connection, 0)) {
            select.setFetchSize(FETCHED);
            try (ResultSet rows = select.executeQuery()) {
                through(rows, references, boundary);
            }
        }
    }

    /**
     * What stood in these members' records at the instant and was moved to others since. What was moved out of a record is not to be read there any more, so only a grant for everyone gives it.
     */
    void readMoved(long[] members, Boundary boundary) throws SQLException, IOException {
        if (!(predicate.grant().members() instanceof Grant.Members.Everyone)) {
            return;
        }
        Sql sql = Sql.of("SELECT DISTINCT v.from_member, r.self, ").add(filters.number(asOf)).add(" FROM store.moved v JOIN store.resource r ON r.self = v.self WHERE v.from_member = ANY(").bind(members)
            .add(") AND v.moved > ").bind(asOf).add(" AND r.member <> v.from_member ORDER BY v.from_member");
        List<Changed> moved = new ArrayList<>();
        try (PreparedStatement select = sql.prepare(connection, 0);
            ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                moved.add(new Changed(rows.getLong(2), rows.getLong(1), rows.getInt(3)));
            }
        }
        for (Changed row : moved) {
            changed.add(row);
            past(boundary.begins(row.member()), null);
        }
    }

    private Sql content(boolean withReferences) {
        Sql small = Sql.of("CASE WHEN octet_length(r.content) <= ").bind(LARGE);
        if (!withReferences) {
            return small.add(" THEN r.content END");
        }
        return small.add(" AND r.type = ANY(").bind(predicate.numbers(wanted)).add(") AND r.updated > ").bind(since).add(" AND r.updated <= ").bind(asOf).add(" THEN r.content END");
    }

    /** What the grant lets read, and of it what may be given. A row that was changed later is looked at whatever it is now, for what it was. */
    private Sql rows(Set<String> types, boolean withReferences) {
        List<String> plain = new ArrayList<>();
        Sql sql = Sql.of("(false");
        for (String type : types) {
            if (predicate.isPlain(type, Interaction.READ) && (withReferences || !filters.has(type))) {
                plain.add(type);
            } else {
                sql.add(" OR r.type = ").bind(context.names().type(type)).add(" AND (r.deleted OR ").add(predicate.content(type, Interaction.READ)).add(")");
                if (!withReferences && filters.has(type)) {
                    sql.add(" AND (r.updated > ").bind(asOf).add(" OR r.deleted OR ").add(filters.number(asOf)).add(" <> 0)");
                }
            }
        }
        sql.add(" OR r.type = ANY(").bind(predicate.numbers(plain)).add(")) AND (NOT r.deleted OR r.updated > ").bind(Math.max(since, request.since() == null ? asOf : since)).add(")");
        return withReferences ? sql : sql.add(" AND r.updated > ").bind(since);
    }

    private void through(ResultSet rows, @org.jspecify.annotations.Nullable References references, Boundary boundary) throws SQLException, IOException {
        long member = Long.MIN_VALUE;
        boolean given = true;
        while (rows.next()) {
            if (rows.getLong(1) != member) {
                end(member, given, references, boundary);
                member = rows.getLong(1);
                given = boundary.begins(member);
            }
            short typeNumber = rows.getShort(2);
            long self = rows.getLong(3);
            long updated = rows.getLong(5);
            if (updated > asOf) {
                if (rows.getLong(4) > 1) {
                    changed.add(new Changed(self, member, rows.getInt(10)));
                    if (changed.size() == PAST_AT_ONCE) {
                        past(given, references);
                    }
                }
                continue;
            }
            if (references != null) {
                references.add(member, typeNumber, self, Hit.longs(rows, 9));
            }
            if (given && updated > since && updated < until) {
                give(rows, context.names().typeName(typeNumber));
            }
        }
        end(member, given, references, boundary);
    }

    private void end(long member, boolean given, @org.jspecify.annotations.Nullable References references, Boundary boundary) throws SQLException, IOException {
        if (member != Long.MIN_VALUE) {
            past(given, references);
            boundary.ends(member);
        }
    }

    private void give(ResultSet row, String type) throws SQLException, IOException {
        if (!wanted.contains(type)) {
            return;
        }
        if (row.getBoolean(6)) {
            tellDeleted(type, row.getString(7));
            return;
        }
        byte[] small = row.getBytes(8);
        StoredResource.Content content = context.codec().content(small == null ? large(row.getLong(3)) : small);
        if (filters.present(type, row.getInt(10), content)) {
            sink.resource(type, content);
            if (small == null) {
                sink.settle();
            }
        }
    }

    /** Of the same state of the database: the rows are read in one snapshot. */
    private byte[] large(long self) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT content FROM store.resource WHERE self = ?")) {
            select.setLong(1, self);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getBytes(1);
            }
        }
    }

    private void tellDeleted(String type, String id) throws IOException {
        if (request.since() != null && predicate.isPlain(type, Interaction.READ)) {
            sink.deleted(new ResourceKey(type, id));
        }
    }

    private void past(boolean given, @org.jspecify.annotations.Nullable References references) throws SQLException, IOException {
        if (changed.isEmpty()) {
            return;
        }
        Map<Long, Changed> bySelf = new HashMap<>();
        changed.forEach(row -> bySelf.put(row.self(), row));
        changed.clear();
        Sql sql = Sql.of("SELECT DISTINCT ON (r.self) " + StoredRows.COLUMNS + ", r.self, r.member FROM store.history r WHERE r.self = ANY(")
            .bind(bySelf.keySet().stream().mapToLong(Long::longValue).toArray()).add(") AND r.updated <= ").bind(asOf).add(" ORDER BY r.self, r.version DESC");
        try (PreparedStatement select = sql.prepare(connection, 0)) {
            select.setFetchSize(PAST_FETCHED);
            past(select, bySelf, given, references);
        }
    }

    private void past(PreparedStatement select, Map<Long, Changed> bySelf, boolean given, @org.jspecify.annotations.Nullable References references) throws SQLException, IOException {
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                Changed row = bySelf.get(rows.getLong(StoredRows.COLUMN_COUNT + 1));
                // Where it was then: what came into this record later is read with the record that it was in.
                if (rows.getLong(StoredRows.COLUMN_COUNT + 2) == row.member()) {
                    past(StoredRows.read(rows, 1, context), row, given, references);
                }
            }
        }
    }

    private void past(StoredResource version, Changed row, boolean given, @org.jspecify.annotations.Nullable References references) throws SQLException, IOException {
        String type = version.key().type();
        boolean inTime = version.lastUpdated().toEpochMilli() > since && version.lastUpdated().toEpochMilli() < until;
        if (version.deleted()) {
            if (given && inTime && wanted.contains(type)) {
                tellDeleted(type, version.key().id());
            }
            return;
        }
        boolean give = given && inTime && wanted.contains(type);
        boolean judged = !predicate.isPlain(type, Interaction.READ) || filters.has(type) || references != null;
        if (!give && references == null) {
            return;
        }
        byte[] json = version.content().json();
        JsonDocument resource = judged ? JsonDocument.parse(json) : null;
        if (resource != null && !predicate.isPlain(type, Interaction.READ) && !predicate.admits(type, resource, Interaction.READ, row.member())) {
            return;
        }
        if (references != null && resource != null) {
            references.add(row.member(), context.names().type(type), row.self(), context.index().build(resource).refs());
        }
        Instant updated = version.lastUpdated();
        if (give && (resource == null || filters.past(type, row.number(), resource, updated))) {
            sink.resource(type, () -> json);
            if (json.length > LARGE) {
                sink.settle();
            }
        }
    }
}
