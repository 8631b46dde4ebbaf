package dev.portolan.bulkdata;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** How many exports there are. */
final class ExportFigures {

    private final Rows rows;

    ExportFigures(Rows rows) {
        this.rows = rows;
    }

    /** Of these, how many wait or run. */
    int open(Collection<String> ids) {
        return rows.transaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT count(*) FROM bulk_data.export WHERE id = ANY(?) AND state IN ('QUEUED', 'RUNNING')")) {
                select.setArray(1, connection.createArrayOf("text", ids.toArray()));
                try (ResultSet row = select.executeQuery()) {
                    row.next();
                    return row.getInt(1);
                }
            }
        });
    }

    /** By base and state. */
    List<Exports.Standing> standing() {
        return rows.transaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("""
                SELECT base, lower(state), count(*), extract(epoch FROM now() - min(created)) FROM bulk_data.export GROUP BY base, state ORDER BY base, state"""); ResultSet row = select.executeQuery()) {
                List<Exports.Standing> all = new ArrayList<>();
                while (row.next()) {
                    all.add(new Exports.Standing(row.getString(1), row.getString(2), row.getLong(3), Duration.ofMillis((long) (row.getDouble(4) * 1000))));
                }
                return all;
            }
        });
    }
}
