package dev.portolan.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where those who label a resource and those who write about it before it is there meet. What is about a resource is in the same member's record, or in nobody's since it came first ({@link InheritedLabels}): so they meet at the member
 * if what is written about it has one, else at the resource itself. Writes to different members' records do not wait for each other.
 *
 * <p>Who labels shares a place with others who label; who writes about what is not there has it alone. Loads label much, and seldom write about what is not there.
 */
final class LabelPlaces {

    /** Of each kind: a large transaction cannot exhaust the database's table of locks. */
    private static final int STRIPES = 1024;
    private static final int RESOURCES = 0x4c41424c;
    private static final int MEMBERS = 0x4c41424d;
    private static final String LOCK = """
        SELECT CASE WHEN alone THEN pg_advisory_xact_lock(space, stripe)::text ELSE pg_advisory_xact_lock_shared(space, stripe)::text END
        FROM unnest(?::int[], ?::int[], ?::boolean[]) AS place (space, stripe, alone)""";

    private record Place(int space, int stripe) implements Comparable<Place> {

        @Override
        public int compareTo(Place other) {
            return space == other.space ? Integer.compare(stripe, other.stripe) : Integer.compare(space, other.space);
        }
    }

    private final Connection connection;
    /** Alone or not. */
    private final Map<Place, Boolean> wanted = new TreeMap<>();
    private final Map<Place, Boolean> held = new TreeMap<>();

    LabelPlaces(Connection connection) {
        this.connection = connection;
    }

    /** @param row with its member, and the one that it had */
    void labels(PendingRow row) {
        want(RESOURCES, row.self, false);
        want(MEMBERS, row.member, false);
        want(MEMBERS, row.previousMember, false);
    }

    /** @param missing what it is about that is not there */
    void writesAbout(PendingRow row, long[] missing) {
        if (row.member != MemberKeys.NOBODY) {
            want(MEMBERS, row.member, true);
            return;
        }
        for (long self : missing) {
            want(RESOURCES, self, true);
        }
    }

    /** @param row a Binary with its member: what has it for a document may be labelled meanwhile */
    void writesDocument(PendingRow row) {
        want(MEMBERS, row.member, true);
    }

    private void want(int space, long key, boolean alone) {
        Place place = new Place(space, (int) Long.remainderUnsigned(key, STRIPES));
        Boolean has = held.get(place);
        if (has == null || alone && !has) {
            wanted.merge(place, alone, Boolean::logicalOr);
        }
    }

    /** Waits for what is wanted and not held yet. It is held until the end of the transaction. */
    void lock() throws SQLException {
        if (wanted.isEmpty()) {
            return;
        }
        try (PreparedStatement lock = connection.prepareStatement(LOCK)) {
            lock.setObject(1, wanted.keySet().stream().mapToInt(Place::space).toArray());
            lock.setObject(2, wanted.keySet().stream().mapToInt(Place::stripe).toArray());
            lock.setArray(3, connection.createArrayOf("bool", wanted.values().toArray()));
            lock.execute();
        }
        held.putAll(wanted);
        wanted.clear();
    }
}
