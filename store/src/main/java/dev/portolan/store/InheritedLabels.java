package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Passes the labels of what one transaction writes on to what is about it ({@link LabelHeirs}), and the other way round: whichever of the two comes later. Labels are added and never taken away: what was withheld
 * yesterday would be told by what was written about it then.
 *
 * <p>Two transactions, of which one labels and the other writes about the same resource, cannot pass each other: the one that writes about it holds the row (FOR SHARE), and where there is none yet its place
 * ({@link LabelPlaces}).
 */
final class InheritedLabels {

    private static final String SERIALIZATION_FAILURE = "40001";
    private static final long[] NOTHING = {};

    /** Of what was deleted the labels count that it had: that it was there is not told either. */
    private static final String LOOK = """
        SELECT r.self, CASE WHEN r.deleted THEN (SELECT h.content FROM store.history h WHERE h.self = r.self AND h.content IS NOT NULL ORDER BY h.version DESC LIMIT 1)
                            WHEN ? = ANY(r.parameters) THEN r.content END
        FROM store.resource r WHERE r.self = ANY(?) ORDER BY r.self FOR SHARE OF r""";
    /** Heirs share the home of what they are about, or have none because it came later than they. */
    private static final String FIND_HEIRS = """
        SELECT r.self, r.type, r.id, r.refs, r.member, CASE WHEN r.type = ANY(?) THEN r.content END FROM store.resource r
        WHERE r.member = ANY(?) AND r.type = ANY(?) AND NOT r.deleted AND (r.refs && ? OR r.type = ANY(?))""";

    private final Connection connection;
    private final StoreContext context;
    private final LabelPlaces places;
    /** Labels of what was written or looked at, by {@code self}. */
    private final Map<Long, Set<String>> known = new HashMap<>();
    /** What something is about that is not there. */
    private final SortedSet<Long> absent = new TreeSet<>();
    /** What the writes are about whose labels have not been asked for yet. */
    private final Map<ResourceKey, Later> later = new LinkedHashMap<>();
    /** What got labels that no heir has yet. What is about it is in its record, as it is now or was, or nobody's. */
    private final Map<Long, Grown> grown = new TreeMap<>();

    /** @param labels that it has taken on already */
    private record Later(long[] about, Set<String> labels) {}

    private record Grown(ResourceKey key, Set<String> labels, Set<Long> members) {}

    /** What has to take labels on. */
    record Heir(ResourceKey key, Set<String> labels) {}

    InheritedLabels(Connection connection, StoreContext context, LabelPlaces places) {
        this.connection = connection;
        this.context = context;
        this.places = places;
    }

    /** Labels of what the resource is about; the rows are held until the end of the transaction. */
    Set<String> of(String type, JsonDocument body, IndexRow index) throws SQLException {
        Set<String> labels = SecurityLabels.ofEntries(type, body);
        Set<Long> unknown = new TreeSet<>();
        for (long self : about(type, body, index)) {
            Set<String> there = known.get(self);
            if (there == null) {
                unknown.add(self);
            } else {
                labels.addAll(there);
            }
        }
        if (!unknown.isEmpty()) {
            look(unknown);
            unknown.forEach(self -> labels.addAll(known.getOrDefault(self, Set.of())));
        }
        return labels;
    }

    /** The same as far as it is known without asking; {@link #asked} tells what is missing. */
    Set<String> ofKnown(ResourceKey key, JsonDocument body, IndexRow index) {
        Set<String> labels = new TreeSet<>();
        long[] about = about(key.type(), body, index);
        Arrays.stream(about).forEach(self -> labels.addAll(known.getOrDefault(self, Set.of())));
        if (about.length > 0) {
            later.put(key, new Later(about, labels));
        }
        return labels;
    }

    boolean isAsked() {
        return !later.isEmpty();
    }

    /** Those that were noted since the last call and are about something with more labels than was known then; one question for all. */
    List<Heir> asked() throws SQLException {
        Set<Long> unknown = new TreeSet<>();
        later.values().forEach(noted -> Arrays.stream(noted.about()).filter(self -> !known.containsKey(self)).forEach(unknown::add));
        if (!unknown.isEmpty()) {
            look(unknown);
        }
        List<Heir> heirs = new ArrayList<>();
        later.forEach((key, noted) -> {
            Set<String> labels = new TreeSet<>();
            Arrays.stream(noted.about()).forEach(self -> labels.addAll(known.getOrDefault(self, Set.of())));
            if (!noted.labels().containsAll(labels)) {
                heirs.add(new Heir(key, labels));
            }
        });
        later.clear();
        return heirs;
    }

    private long[] about(PendingRow row) {
        if (row.content == null || !LabelHeirs.WITH_ABOUT.contains(row.key.type())) {
            return row.index.about();
        }
        return about(row.key.type(), JsonDocument.parse(context.codec().decode(row.content)), row.index);
    }

    private long[] about(String type, JsonDocument body, IndexRow index) {
        JsonValue about = LabelHeirs.WITH_ABOUT.contains(type) ? body.root().field("about") : null;
        if (about == null) {
            return index.about();
        }
        LongList selves = new LongList(8);
        for (long self : index.about()) {
            selves.add(self);
        }
        for (JsonValue reference : about.each()) {
            String[] parts = context.settings().local(String.valueOf(reference.fieldText("reference"))).split("/", -1);
            if (parts.length >= 2 && context.names().isType(parts[0])) {
                selves.add(context.hash().self(context.names().type(parts[0]), parts[1]));
            }
        }
        return selves.toSortedSet();
    }

    private void look(Set<Long> selves) throws SQLException {
        absent.addAll(selves);
        try (PreparedStatement select = connection.prepareStatement(LOOK)) {
            select.setShort(1, context.names().parameter(ValueRows.LABELS));
            select.setObject(2, longs(selves));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    byte[] content = rows.getBytes(2);
                    known.put(rows.getLong(1), content == null ? Set.of() : SecurityLabels.inheritable(JsonDocument.parse(context.codec().decode(content))));
                    absent.remove(rows.getLong(1));
                }
            }
        }
    }

    /** Hears of what was to be written and stands there already. */
    void stands(long self, Set<String> labels) {
        known.put(self, labels);
    }

    /** Hears of what is written. */
    void written(ResourceKey key, long self, Set<String> before, Set<String> after) {
        known.put(self, after);
        absent.remove(self);
        if (!before.containsAll(after)) {
            grown.put(self, new Grown(key, after, new TreeSet<>(Set.of(MemberKeys.NOBODY))));
        }
    }

    /**
     * Holds the places of what was labelled and of what is written about something that is not there, and those that are wanted already. At once and in one order, so that two who do both do not wait for each other.
     *
     * @param pending with their members, all that is yet to be sent
     */
    void hold(Collection<PendingRow> pending) throws SQLException {
        long[] sorted = longs(absent);
        for (PendingRow row : grown.isEmpty() && absent.isEmpty() ? List.<PendingRow>of() : pending) {
            if (grown.containsKey(row.self)) {
                places.labels(row);
            }
            long[] missing = sorted.length == 0 ? NOTHING : Arrays.stream(about(row)).filter(self -> Arrays.binarySearch(sorted, self) >= 0).toArray();
            if (missing.length > 0) {
                places.writesAbout(row, missing);
            }
        }
        places.lock();
    }

    boolean hasGrown() {
        return !grown.isEmpty();
    }

    /**
     * What is about those that got labels since the last call, in the database and among what is yet to be sent.
     *
     * @param pending with their members, all that is yet to be sent
     */
    Collection<Heir> heirs(Collection<PendingRow> pending) throws SQLException {
        hold(pending);
        Map<Long, Grown> labelled = Map.copyOf(grown);
        grown.clear();
        Map<ResourceKey, Set<String>> heirs = new TreeMap<>(java.util.Comparator.comparing(ResourceKey::toString));
        Set<ResourceKey> waiting = new HashSet<>();
        for (PendingRow row : pending) {
            waiting.add(row.key);
            if (labelled.containsKey(row.self)) {
                labelled.get(row.self).members().addAll(List.of(row.member, row.previousMember));
            }
            add(heirs, row.key, known.getOrDefault(row.self, Set.of()), about(row), labelled);
        }
        stored(labelled, waiting, heirs);
        return heirs.entrySet().stream().map(heir -> new Heir(heir.getKey(), heir.getValue())).toList();
    }

    /** @param has labels that it is known to have */
    private static void add(Map<ResourceKey, Set<String>> heirs, ResourceKey key, Set<String> has, long[] about, Map<Long, Grown> labelled) {
        for (long self : about) {
            Grown source = labelled.get(self);
            if (source != null && !source.key().equals(key) && !has.containsAll(source.labels())) {
                heirs.computeIfAbsent(key, k -> new TreeSet<>()).addAll(source.labels());
            }
        }
    }

    private void stored(Map<Long, Grown> labelled, Set<ResourceKey> waiting, Map<ResourceKey, Set<String>> heirs) throws SQLException {
        Map<Long, Grown> byReference = new HashMap<>();
        List<String> types = new ArrayList<>();
        LabelHeirs.ABOUT.forEach((type, parameters) -> {
            if (context.names().isType(type)) {
                types.add(type);
                parameters.stream().filter(parameter -> context.definitions().find(type, parameter).isPresent()).forEach(parameter -> labelled.forEach((self, source) -> byReference
                    .put(self ^ context.hash().reference(context.names().type(type), context.names().parameter(parameter)), source)));
            }
        });
        Short[] withAbout = LabelHeirs.WITH_ABOUT.stream().filter(context.names()::isType).map(context.names()::type).toArray(Short[]::new);
        try (PreparedStatement select = connection.prepareStatement(FIND_HEIRS)) {
            select.setArray(1, connection.createArrayOf("int2", withAbout));
            select.setObject(2, labelled.values().stream().flatMap(source -> source.members().stream()).distinct().mapToLong(Long::longValue).toArray());
            select.setArray(3, connection.createArrayOf("int2", types.stream().map(context.names()::type).toArray(Short[]::new)));
            select.setObject(4, longs(byReference.keySet()));
            select.setArray(5, connection.createArrayOf("int2", withAbout));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ResourceKey key = new ResourceKey(context.names().typeName(rows.getShort(2)), rows.getString(3));
                    long member = rows.getLong(5);
                    if (waiting.contains(key)) {
                        continue;
                    }
                    for (Object reference : (Object[]) rows.getArray(4).getArray()) {
                        Grown source = byReference.get((Long) reference);
                        if (source != null && source.members().contains(member)) {
                            heirs.computeIfAbsent(key, k -> new TreeSet<>()).addAll(source.labels());
                        }
                    }
                    byte[] content = rows.getBytes(6);
                    if (content != null) {
                        add(heirs, key, Set.of(), about(key.type(), JsonDocument.parse(context.codec().decode(content)), IndexRow.TOMBSTONE), labelled);
                    }
                }
            }
        }
    }

    /** Before the transaction's rows are sent: what was not there when something about it was written must not have come meanwhile with labels. The whole work runs again if it has. */
    void requireStillAbsent(Collection<PendingRow> pending) throws SQLException {
        if (absent.isEmpty()) {
            return;
        }
        hold(pending);
        try (PreparedStatement select = connection.prepareStatement("SELECT FROM store.resource r WHERE r.self = ANY(?) AND ? = ANY(r.parameters) LIMIT 1")) {
            select.setObject(1, longs(absent));
            select.setShort(2, context.names().parameter(ValueRows.LABELS));
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    throw new SQLException("what this write is about has got labels meanwhile", SERIALIZATION_FAILURE);
                }
            }
        }
        absent.clear();
    }

    static long[] longs(Collection<Long> values) {
        return values.stream().mapToLong(Long::longValue).toArray();
    }
}
