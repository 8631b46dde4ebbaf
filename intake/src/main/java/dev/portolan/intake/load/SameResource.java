package dev.portolan.intake.load;

import dev.portolan.intake.mapping.Problem;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.StoredResource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds records that make the same resource, each another one, of which only the last would be left. Mostly the mapping's key is too short (a claim's lines without {@code group-by}, a coverage that is named by
 * its member alone), and whoever loads has to hear of it.
 */
record SameResource(String feed, String part, long file) {

    /** The records, with a warning at those of which something was replaced by another record of the file, or which replaced it. */
    List<FileLoad.Mapped> told(LoadLedger ledger, List<FileLoad.Mapped> records, List<StoredResource> changed) {
        Map<ResourceKey, Integer> makers = new HashMap<>();
        Map<ResourceKey, FileLoad.Body> last = new HashMap<>();
        Set<Integer> repeating = new HashSet<>();
        for (int i = 0; i < records.size(); i++) {
            if (!records.get(i).rejected()) {
                for (FileLoad.Body body : records.get(i).bodies()) {
                    if (body.onlyIfAbsent()) {
                        continue; // replaces nothing
                    }
                    FileLoad.Body before = last.put(body.key(), body);
                    if (before != null && !Arrays.equals(before.json().bytes(), body.json().bytes())) {
                        repeating.add(makers.get(body.key()));
                    }
                    makers.put(body.key(), i);
                }
            }
        }
        List<ResourceKey> updated = changed.stream().filter(resource -> resource.version() > 1).map(StoredResource::key).filter(last::containsKey).toList();
        if (!updated.isEmpty()) {
            List<Made> made = updated.stream().map(key -> new Made(key, records.get(makers.get(key)).item().line())).toList();
            ledger.inTransaction(connection -> ofOthers(connection, made, "o.file = ? AND o.line <> made.line")).forEach(key -> repeating.add(makers.get(key)));
        }
        if (repeating.isEmpty()) {
            return records;
        }
        List<FileLoad.Mapped> told = new ArrayList<>(records);
        repeating.forEach(place -> told.set(place, warned(records.get(place))));
        return told;
    }

    private static FileLoad.Mapped warned(FileLoad.Mapped record) {
        List<Problem> problems = new ArrayList<>(record.problems());
        problems.add(new Problem(false, "same-key", "", record.item().line(), "another record of the file makes the same resource with other content, and only the later one's is left; is the id long enough, or is 'group-by' missing?"));
        return new FileLoad.Mapped(record.item(), record.bodies(), problems);
    }

    /**
     * Quarantined records that may not be taken again, since they would replace what is newer or more than they are: a later file brought the resource, or, if rows are grouped, other rows of the same file did.
     */
    List<FileLoad.Mapped> withoutOutdated(Connection connection, List<FileLoad.Mapped> records, boolean isGrouped) throws SQLException {
        List<FileLoad.Mapped> told = new ArrayList<>();
        for (FileLoad.Mapped record : records) {
            List<Made> made = record.bodies().stream().filter(body -> !body.onlyIfAbsent()).map(body -> new Made(body.key(), record.item().line())).toList();
            List<Problem> problems = new ArrayList<>(record.problems());
            if (!ofOthers(connection, made, "o.file > ?").isEmpty()) {
                problems.add(new Problem(true, "outdated", "", record.item().line(), "a later file has brought what this record makes; dismiss it, or load a corrected file"));
            }
            if (isGrouped && !ofOthers(connection, made, "o.file = ? AND o.line <> made.line").isEmpty()) {
                problems.add(new Problem(true, "part-of-record", "", record.item().line(), "other rows of this record are loaded, and these alone would replace them; correct the file and load it again"));
            }
            told.add(new FileLoad.Mapped(record.item(), record.bodies(), problems));
        }
        return told;
    }

    private record Made(ResourceKey key, long line) {}

    /** @param which what is asked of an origin {@code o}, with one parameter for this file */
    private Set<ResourceKey> ofOthers(Connection connection, Collection<Made> made, String which) throws SQLException {
        Set<ResourceKey> found = new HashSet<>();
        try (PreparedStatement select = connection.prepareStatement(
            "SELECT o.type, o.id FROM unnest(?::text[], ?::text[], ?::bigint[]) AS made (type, id, line) JOIN intake.origin o ON o.type = made.type AND o.id = made.id WHERE o.feed = ? AND o.part = ? AND " + which)) {
            select.setArray(1, connection.createArrayOf("text", made.stream().map(one -> one.key().type()).toArray()));
            select.setArray(2, connection.createArrayOf("text", made.stream().map(one -> one.key().id()).toArray()));
            select.setArray(3, connection.createArrayOf("bigint", made.stream().map(Made::line).toArray()));
            select.setString(4, feed);
            select.setString(5, part);
            select.setLong(6, file);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    found.add(new ResourceKey(rows.getString(1), rows.getString(2)));
                }
            }
        }
        return found;
    }
}
