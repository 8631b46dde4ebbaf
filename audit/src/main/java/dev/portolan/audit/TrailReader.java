package dev.portolan.audit;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Questions to the trail (AUD-08). Newest first, paged by place: a page stays right while entries are added. Who may ask is for the caller to know, and that it was asked is for the caller to record. */
public final class TrailReader {

    private static final int BATCH = 1_000;

    private final DataSource database;

    public TrailReader(DataSource database) {
        this.database = database;
    }

    /** @param next where the following page begins, to be handed back; null on the last page */
    public record Page(List<RecordedEntry> entries, RecordedEntry.@Nullable Place next) {}

    /**
     * @param after the place that the page before ended with, or null
     * @param size most entries on the page
     */
    public Page find(TrailFilter filter, RecordedEntry.@Nullable Place after, int size) {
        List<RecordedEntry> found = read(TrailStatement.page(filter, after, size + 1));
        boolean more = found.size() > size;
        List<RecordedEntry> shown = more ? found.subList(0, size) : found;
        return new Page(List.copyOf(shown), more ? shown.get(size - 1).place() : null);
    }

    /** How many there are. Each is counted: it is asked for by who wants the number alone. */
    public long count(TrailFilter filter) {
        try (Connection connection = database.getConnection(); PreparedStatement statement = TrailStatement.count(filter).prepare(connection, ""); ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new AuditUnavailableException("the audit trail could not be read", e);
        }
    }

    public Optional<RecordedEntry> find(RecordedEntry.Name name) {
        return read(TrailStatement.one(name)).stream().findFirst();
    }

    /** Every entry, newest first, a few at a time; for exports. */
    public void each(TrailFilter filter, Consumer<RecordedEntry> to) {
        RecordedEntry.Place after = null;
        do {
            Page page = find(filter, after, BATCH);
            page.entries().forEach(to);
            after = page.next();
        } while (after != null);
    }

    private List<RecordedEntry> read(TrailStatement question) {
        List<RecordedEntry> found = new ArrayList<>();
        try (Connection connection = database.getConnection(); PreparedStatement statement = question.prepare(connection, ""); ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                RecordedEntry.Place place = new RecordedEntry.Place(rows.getObject(2, OffsetDateTime.class).toInstant(), rows.getObject(24, UUID.class), rows.getLong(1));
                found.add(new RecordedEntry(place, ChainVerifier.entry(rows)));
            }
        } catch (SQLException e) {
            throw new AuditUnavailableException("the audit trail could not be read", e);
        }
        return found;
    }
}
