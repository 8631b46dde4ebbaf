package dev.portolan.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A scan under a grant. Members are read some dozens at a time, each dozen by statements of its own that carry the grant. */
final class GrantedScan implements RecordScan {

    private static final int MEMBERS_AT_ONCE = 64;
    private static final int SHARED_AT_ONCE = 5_000;

    private final Grant grant;
    private final StoreContext context;
    private final ScanRequest request;
    private final OutwardReferences.ReferenceHashes hashes;

    GrantedScan(Grant grant, StoreContext context, ScanRequest request) {
        this.grant = grant;
        this.context = context;
        this.request = request;
        this.hashes = new OutwardReferences.ReferenceHashes(context);
    }

    private interface Work<T> {
        T run(Connection connection) throws SQLException, IOException;
    }

    private <T> T inTransaction(Work<T> work) throws IOException {
        try (Connection connection = context.dataSource().getConnection()) {
            return Snapshot.of(connection, () -> work.run(connection));
        } catch (SQLException e) {
            throw new StoreFailureException("The database could not complete a scan.", e);
        }
    }

    private <T> T quietly(Work<T> work) {
        try {
            return inTransaction(work);
        } catch (IOException e) {
            throw new IllegalStateException("nothing is written here", e);
        }
    }

    private GrantPredicate predicate(Connection connection) throws SQLException {
        return GrantPredicate.of(grant, context, connection);
    }

    private ScanFilters filters(Connection connection, GrantPredicate predicate) throws SQLException {
        return ScanFilters.of(new SearchRun(context, connection, predicate, new Deadline(context.settings().searchTimeout())), request.filters());
    }

    @Override
    public void check() {
        quietly(connection -> filters(connection, predicate(connection)));
    }

    /** Members {@code m} that are reached. */
    private Sql reach(GrantPredicate predicate) {
        Sql sql = Sql.of("true");
        if (predicate.members() != null) {
            sql.add(" AND m.key = ANY(").bind(predicate.members()).add(")");
        } else if (predicate.panel() != null) {
            sql.add(" AND ").add(Panels.holds(predicate.panel(), "m.key"));
        }
        return request.panel() == null ? sql : sql.add(" AND ").add(Panels.holds(request.panel(), "m.key"));
    }

    @Override
    public List<ScanRange> ranges(int membersInEach) {
        return quietly(connection -> {
            Sql sql = Sql.of("SELECT key, place FROM (SELECT m.key, row_number() OVER (ORDER BY m.key) AS place, count(*) OVER () AS total FROM store.member m WHERE ")
                .add(reach(predicate(connection))).add(") s WHERE place % ").bind(membersInEach).add(" = 0 OR place = total ORDER BY key");
            List<ScanRange> ranges = new ArrayList<>();
            try (PreparedStatement select = sql.prepare(connection, 0);
                ResultSet rows = select.executeQuery()) {
                long after = MemberKeys.NOBODY;
                long place = 0;
                while (rows.next()) {
                    ranges.add(new ScanRange(after, rows.getLong(1), (int) (rows.getLong(2) - place)));
                    after = rows.getLong(1);
                    place = rows.getLong(2);
                }
            }
            return ranges;
        });
    }

    @Override
    public Set<String> reached(Collection<String> patientIds) {
        return quietly(connection -> {
            Sql sql = Sql.of("SELECT m.patient_id FROM store.member m WHERE m.patient_id = ANY(").bind(patientIds.toArray(String[]::new)).add(") AND ").add(reach(predicate(connection)));
            Set<String> reached = new HashSet<>();
            try (PreparedStatement select = sql.prepare(connection, 0);
                ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    reached.add(rows.getString(1));
                }
            }
            return reached;
        });
    }

    @Override
    public byte[] read(ScanRange range, ScanSink sink) throws IOException {
        LongSet found = new LongSet();
        LongList shared = new LongList(64);
        long after = range.after();
        while (after < range.upTo()) {
            long from = after;
            after = inTransaction(connection -> readSome(connection, from, range.upTo(), sink, found, shared));
        }
        long[] selves = shared.toSortedSet();
        ByteBuffer bytes = ByteBuffer.allocate(selves.length * Long.BYTES);
        bytes.asLongBuffer().put(selves);
        return bytes.array();
    }

    /** Returns the last member read. */
    private long readSome(Connection connection, long after, long upTo, ScanSink sink, LongSet found, LongList shared) throws SQLException, IOException {
        GrantPredicate predicate = predicate(connection);
        Map<Long, String> members = members(connection, predicate, after, upTo);
        if (members.isEmpty()) {
            return upTo;
        }
        sink.expect(members.values());
        long[] keys = members.keySet().stream().mapToLong(Long::longValue).toArray();
        ScanReading reading = new ScanReading(connection, predicate, context, request, filters(connection, predicate), sink);
        boolean everyone = grant.members() instanceof Grant.Members.Everyone;
        Set<String> types = new TreeSet<>(context.names().typeNames());
        types.removeIf(type -> !everyone && context.homes().isShared(type));
        boolean follows = request.shared() == ScanRequest.Shared.REFERENCED && reading.wanted().stream().anyMatch(context.homes()::isShared);
        LongList candidates = new LongList(256);
        Sql from = Sql.of("(SELECT m.key AS member FROM store.member m WHERE m.key = ANY(").bind(keys).add(") AND ").add(reach(predicate)).add(" ORDER BY m.key) d");
        Records records = new Records(members, sink, hashes, candidates);
        reading.read(from, Sql.of("r.member = d.member"), types, follows ? records::refer : null, records);
        reading.readMoved(keys, records);
        addShared(connection, candidates.toSortedSet(), found, shared);
        return keys.length < MEMBERS_AT_ONCE ? upTo : keys[keys.length - 1];
    }

    /** The members as they come: who is asked about, and what each refers to. */
    private static final class Records implements ScanReading.Boundary {

        private final Map<Long, String> members;
        private final ScanSink sink;
        private final OutwardReferences.ReferenceHashes hashes;
        private final LongList candidates;
        private OutwardReferences references;
        private long told = MemberKeys.NOBODY;
        private boolean given;

        Records(Map<Long, String> members, ScanSink sink, OutwardReferences.ReferenceHashes hashes, LongList candidates) {
            this.members = members;
            this.sink = sink;
            this.hashes = hashes;
            this.candidates = candidates;
            this.references = new OutwardReferences(hashes);
        }

        @Override
        public boolean begins(long member) throws IOException {
            references = new OutwardReferences(hashes);
            if (member != told) { // what was moved comes after everybody's rows: whoever takes it has to know again whose it was
                given = sink.member(String.valueOf(members.get(member)));
                told = member;
            }
            return given;
        }

        void refer(long member, short type, long self, long[] refs) {
            if (given) {
                references.add(type, self, refs);
            }
        }

        @Override
        public void ends(long member) {
            for (long candidate : references.outside()) {
                candidates.add(candidate);
            }
        }
    }

    private static void addShared(Connection connection, long[] candidates, LongSet found, LongList shared) throws SQLException {
        long[] fresh = Arrays.stream(candidates).filter(candidate -> !found.contains(candidate)).toArray();
        if (fresh.length == 0) {
            return;
        }
        Sql sql = Sql.of("SELECT r.self FROM store.resource r WHERE r.self = ANY(").bind(fresh).add(") AND r.member = ").bind(MemberKeys.NOBODY);
        try (PreparedStatement select = sql.prepare(connection, 0);
            ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                if (found.add(rows.getLong(1))) {
                    shared.add(rows.getLong(1));
                }
            }
        }
    }

    private Map<Long, String> members(Connection connection, GrantPredicate predicate, long after, long upTo) throws SQLException {
        Sql sql = Sql.of("SELECT m.key, m.patient_id FROM store.member m WHERE m.key > ").bind(after).add(" AND m.key <= ").bind(upTo).add(" AND ").add(reach(predicate))
            .add(" ORDER BY m.key LIMIT ").bind(MEMBERS_AT_ONCE);
        Map<Long, String> members = new LinkedHashMap<>();
        try (PreparedStatement select = sql.prepare(connection, 0);
            ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                members.put(rows.getLong(1), rows.getString(2));
            }
        }
        return members;
    }

    @Override
    public void readShared(Collection<byte[]> referenced, ScanSink sink) throws IOException {
        if (request.shared() == ScanRequest.Shared.ALL) {
            inTransaction(connection -> {
                nobodys(connection, sink, null, null);
                return null;
            });
            return;
        }
        LongSet found = new LongSet();
        LongList ofMembers = new LongList(256);
        for (byte[] part : referenced) {
            for (ByteBuffer in = ByteBuffer.wrap(part); in.hasRemaining();) {
                long self = in.getLong();
                if (found.add(self)) {
                    ofMembers.add(self);
                }
            }
        }
        LongList ofShared = new LongList(256);
        eachSome(ofMembers, (connection, some) -> {
            OutwardReferences references = new OutwardReferences(hashes);
            nobodys(connection, sink, some, (member, type, self, refs) -> references.add(type, self, refs));
            addShared(connection, references.outside(), found, ofShared);
        });
        eachSome(ofShared, (connection, some) -> nobodys(connection, sink, some, null));
    }

    private interface Some {
        void read(Connection connection, long[] selves) throws SQLException, IOException;
    }

    private void eachSome(LongList selves, Some reader) throws IOException {
        long[] all = selves.toSortedSet();
        for (int from = 0; from < all.length; from += SHARED_AT_ONCE) {
            long[] some = Arrays.copyOfRange(all, from, Math.min(all.length, from + SHARED_AT_ONCE));
            inTransaction(connection -> {
                reader.read(connection, some);
                return null;
            });
        }
    }

    /** @param selves null for all of them */
    private void nobodys(Connection connection, ScanSink sink, long @Nullable [] selves, ScanReading.@Nullable References references) throws SQLException, IOException {
        GrantPredicate predicate = predicate(connection);
        ScanReading reading = new ScanReading(connection, predicate, context, request, filters(connection, predicate), sink);
        Sql entry = Sql.of("r.member = d.member");
        if (selves != null) {
            entry.add(" AND r.self = ANY(").bind(selves).add(")");
        }
        Set<String> types = new TreeSet<>(context.names().typeNames());
        types.removeIf(type -> !(grant.members() instanceof Grant.Members.Everyone) && !context.homes().isShared(type));
        ScanReading.Boundary nobody = new ScanReading.Boundary() {
            @Override
            public boolean begins(long member) {
                return true;
            }

            @Override
            public void ends(long member) {
                // nobody's rows have no end to wait for
            }
        };
        reading.read(Sql.of("(SELECT ").bind(MemberKeys.NOBODY).add(" AS member) d"), entry, types, references, nobody);
        if (selves == null) {
            reading.readMoved(new long[] {MemberKeys.NOBODY}, nobody);
        }
    }
}
