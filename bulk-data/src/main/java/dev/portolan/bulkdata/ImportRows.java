package dev.portolan.bulkdata;

import java.net.URI;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The table of imports. */
final class ImportRows {

    private final Rows rows;

    ImportRows(Rows rows) {
        this.rows = rows;
    }

    /** False if the app has so many under way already. */
    boolean add(Import asked, int most) {
        return rows.transaction(connection -> {
            Rows.lockApp(connection, asked.caller().app());
            try (PreparedStatement insert = connection.prepareStatement("""
                INSERT INTO bulk_data.import (id, base, base_url, app, person, grant_id, scopes, consents, request_url, types, urls, state)
                SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'RUNNING' WHERE (SELECT count(*) FROM bulk_data.import WHERE app = ? AND state = 'RUNNING') < ?""")) {
                ExportAuthority.Caller caller = asked.caller();
                int i = 1;
                for (String text : new String[] {asked.id(), caller.base(), asked.baseUrl(), caller.app(), caller.person(), caller.grantId()}) {
                    insert.setString(i++, text);
                }
                insert.setArray(i++, connection.createArrayOf("text", caller.scopes().toArray()));
                insert.setArray(i++, connection.createArrayOf("text", caller.consents().toArray()));
                insert.setString(i++, asked.requestUrl());
                insert.setArray(i++, connection.createArrayOf("text", asked.inputs().stream().map(Import.Input::type).toArray()));
                insert.setArray(i++, connection.createArrayOf("text", asked.inputs().stream().map(input -> input.url().toString()).toArray()));
                insert.setString(i++, caller.app());
                insert.setInt(i, most);
                return insert.executeUpdate() == 1;
            }
        });
    }

    Optional<Import> find(String id) {
        return rows.transaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT * FROM bulk_data.import WHERE id = ?")) {
                select.setString(1, id);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(read(row)) : Optional.empty();
                }
            }
        });
    }

    private static Import read(ResultSet row) throws SQLException {
        List<Import.Input> inputs = new ArrayList<>();
        List<String> types = texts(row.getArray("types"));
        List<String> urls = texts(row.getArray("urls"));
        for (int i = 0; i < types.size(); i++) {
            inputs.add(new Import.Input(types.get(i), URI.create(urls.get(i))));
        }
        ExportAuthority.Caller caller = new ExportAuthority.Caller(row.getString("base"), row.getString("app"), row.getString("person"), row.getString("grant_id"), texts(row.getArray("scopes")),
            Set.copyOf(texts(row.getArray("consents"))));
        return new Import(row.getString("id"), row.getString("base_url"), caller, row.getString("request_url"), inputs, Import.State.valueOf(row.getString("state")), row.getObject("run", Long.class),
            row.getTimestamp("created").toInstant(), Rows.instant(row, "finished"), Rows.instant(row, "expires"), row.getString("failure"));
    }

    private static List<String> texts(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }

    void loading(String id, long run) {
        rows.change("UPDATE bulk_data.import SET run = ? WHERE id = ? AND run IS NULL", update -> {
            update.setLong(1, run);
            update.setString(2, id);
        });
    }

    void end(String id, Import.State state, @org.jspecify.annotations.Nullable String failure, Duration kept) {
        rows.change("UPDATE bulk_data.import SET state = ?, failure = ?, finished = now(), expires = now() + make_interval(secs => ?) WHERE id = ? AND state = 'RUNNING'", update -> {
            update.setString(1, state.name());
            update.setString(2, failure);
            update.setDouble(3, kept.toSeconds());
            update.setString(4, id);
        });
    }

    List<String> ids(String where) {
        return rows.transaction(connection -> {
            try (PreparedStatement select = connection.prepareStatement("SELECT id FROM bulk_data.import WHERE " + where + " ORDER BY created"); ResultSet row = select.executeQuery()) {
                List<String> ids = new ArrayList<>();
                while (row.next()) {
                    ids.add(row.getString(1));
                }
                return ids;
            }
        });
    }

    void delete(String id) {
        rows.change("DELETE FROM bulk_data.import WHERE id = ?", delete -> delete.setString(1, id));
    }
}
