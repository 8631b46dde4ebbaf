package dev.portolan.intake.load;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Closes what a full feed had before and has no more. Nothing is deleted (US Core, General Guidance: a resource becomes entered-in-error): who and what simply ended becomes inactive or cancelled; what a feed withdraws, as a claim,
 * becomes entered-in-error ({@link ClosingRules}).
 */
final class Closing {

    private static final int PAGE = 500;
    /** More than this part of what was there is rather a broken extract than a change. */
    private static final double MOST_CLOSED = 0.2;

    private final LoadLedger ledger;
    private final LoadLedger.Open run;

    Closing(LoadLedger ledger, LoadLedger.Open run) {
        this.ledger = ledger;
        this.run = run;
    }

    /**
     * Closes all of a part that the run's files do not have. If records of the part were rejected, nothing is closed unless that is asked for: what was refused cannot be told from what is gone, and a member must not lose coverage for a
     * mistyped date.
     *
     * @param file the part's last file in this run, which the count is noted with
     * @throws LoadException if that is more than a fifth and was not asked for
     */
    void close(String part, LoadLedger.OpenFile file, RecordView view) {
        long[] counts = counts(part);
        long rejected = rejected(part);
        if (rejected > 0 && counts[0] > 0 && !run.options().closeMany()) {
            ledger.fileState(file.id(), "loaded", "nothing was closed, although " + counts[0] + " resources are missing: " + rejected
                + " records were rejected, and what was refused cannot be told from what is gone; correct them in the source, or load it again with --close-many");
            return;
        }
        if (counts[0] > Math.max(1, MOST_CLOSED * counts[1]) && !run.options().closeMany()) {
            throw new LoadException("the full feed lacks " + counts[0] + " of the " + counts[1] + " resources of '" + part + "' that were there; if that is meant, load it again with --close-many");
        }
        Map<String, Integer> left = new TreeMap<>();
        for (List<Missing> page = missing(part); !page.isEmpty(); page = missing(part)) {
            List<ResourceKey> closing = page.stream().filter(gone -> !gone.elsewhere()).map(Missing::key).filter(key -> ClosingRules.has(key.type())).toList();
            view.write(transaction -> {
                Map<ResourceKey, ReadResult> present = transaction.lock(closing);
                for (ResourceKey key : closing) {
                    if (present.get(key) instanceof ReadResult.Found found) {
                        transaction.put(key, ClosingRules.closed(key.type(), JsonDocument.parse(found.resource().content().json())));
                    }
                }
                return null;
            });
            noteClosed(part, page.stream().map(Missing::key).toList(), closing.size(), file);
            page.stream().filter(gone -> !ClosingRules.has(gone.key().type())).forEach(gone -> left.merge(gone.key().type(), 1, Integer::sum));
        }
        if (!left.isEmpty()) {
            ledger.fileState(file.id(), "loaded", "resources that are missing stay as they are, since their types have no status for it: " + left);
        }
    }

    private static final String MISSING = "o.feed = ? AND o.part = ? AND NOT o.closed AND o.file NOT IN (SELECT id FROM intake.file WHERE run = ?)";

    private long[] counts(String part) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT count(*) FILTER (WHERE " + MISSING + "), count(*) FROM intake.origin o WHERE o.feed = ? AND o.part = ? AND NOT o.closed")) {
                bind(select, part);
                select.setString(4, run.feed());
                select.setString(5, part);
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return new long[] {row.getLong(1), row.getLong(2)};
                }
            }
        });
    }

    private long rejected(String part) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT count(*) FROM intake.quarantine q JOIN intake.file f ON f.id = q.file WHERE f.run = ? AND f.part = ?")) {
                select.setLong(1, run.id());
                select.setString(2, part);
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return row.getLong(1);
                }
            }
        });
    }

    /** @param elsewhere whether another feed, or another part of this one, still delivers it: it is not gone then */
    private record Missing(ResourceKey key, boolean elsewhere) {}

    private List<Missing> missing(String part) {
        return ledger.inTransaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT o.type, o.id, EXISTS (SELECT FROM intake.origin e WHERE e.id = o.id AND e.type = o.type AND NOT e.closed AND (e.feed, e.part) <> (o.feed, o.part)) "
                + "FROM intake.origin o WHERE " + MISSING + " ORDER BY o.id, o.type LIMIT " + PAGE)) {
                bind(select, part);
                List<Missing> missing = new ArrayList<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        missing.add(new Missing(new ResourceKey(rows.getString(1), rows.getString(2)), rows.getBoolean(3)));
                    }
                }
                return missing;
            }
        });
    }

    private void bind(PreparedStatement select, String part) throws java.sql.SQLException {
        select.setString(1, run.feed());
        select.setString(2, part);
        select.setLong(3, run.id());
    }

    private void noteClosed(String part, List<ResourceKey> keys, int closed, LoadLedger.OpenFile file) {
        ledger.inTransaction(connection -> {
            try (PreparedStatement update = connection.prepareStatement("""
                UPDATE intake.origin o SET closed = true FROM unnest(?::text[], ?::text[]) AS gone (type, id)
                WHERE o.type = gone.type AND o.id = gone.id AND o.feed = ? AND o.part = ? AND NOT o.closed""")) {
                update.setArray(1, connection.createArrayOf("text", keys.stream().map(ResourceKey::type).toArray()));
                update.setArray(2, connection.createArrayOf("text", keys.stream().map(ResourceKey::id).toArray()));
                update.setString(3, run.feed());
                update.setString(4, part);
                update.executeUpdate();
            }
            try (PreparedStatement update = connection.prepareStatement("UPDATE intake.file SET closed = closed + ? WHERE id = ?")) {
                update.setInt(1, closed);
                update.setLong(2, file.id());
                return update.executeUpdate();
            }
        });
    }
}
