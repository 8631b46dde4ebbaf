package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.server.database.DataDirectory;
import dev.portolan.server.database.DatabaseAddress;
import dev.portolan.server.database.EmbeddedDatabase;
import dev.portolan.tables.RoomTables;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/**
 * The way of a database from the first version of every room's tables on, told anew with the rows that a server left: each script that has run brings tables, which get their rows before the next one runs. So every script meets what it
 * met at a plan that has used the server for long.
 */
final class EarlierTables implements AutoCloseable {

    private static final String LATER = "later_";
    private static final Pattern SCRIPT = Pattern.compile("([a-z_]+)/V(\\d+)__[a-z_]+\\.sql$");
    private static final List<String> ROOMS = List.of("store", "jobs", "audit", "identity", "members", "bulk_data", "provider_access", "intake");

    private final DataDirectory directory;
    private final EmbeddedDatabase database;
    private final Connection owner;
    /** By schema and table, the columns whose values were there when the table came. */
    private final Map<String, String> filled = new LinkedHashMap<>();

    /** @param data a data folder whose server has ended */
    EarlierTables(Path data) throws SQLException {
        directory = DataDirectory.open(data);
        database = EmbeddedDatabase.start(directory, 20);
        DatabaseAddress address = database.ownerAddress();
        owner = DriverManager.getConnection(address.url(), address.user(), address.password());
    }

    /** Scripts that a server which has been started on this database did not run: the room that has them names an earlier one as its newest. */
    List<String> neverRun() throws IOException, SQLException {
        List<String> never = new ArrayList<>();
        for (Resource script : new PathMatchingResourcePatternResolver().getResources("classpath*:db/migration/*/V*__*.sql")) {
            Matcher name = SCRIPT.matcher(script.getURL().getPath());
            assertThat(name.find()).isTrue();
            String ran = text("SELECT count(*) FROM " + name.group(1) + "." + name.group(1) + "_schema_history WHERE version = '" + name.group(2) + "'");
            if (ran.equals("0")) {
                never.add(name.group());
            }
        }
        return never;
    }

    void retell() throws SQLException {
        for (String room : ROOMS) {
            PGSimpleDataSource role = as(text("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = '" + room + "'"));
            run("ALTER SCHEMA " + room + " RENAME TO " + LATER + room);
            int newest = Integer.parseInt(text("SELECT max(version::int) FROM " + LATER + room + "." + room + "_schema_history"));
            for (int version = 1; version <= newest; version++) {
                new RoomTables(room, version).migrate(role);
                fillNewTables(room);
            }
        }
    }

    private PGSimpleDataSource as(String role) {
        DatabaseAddress address = role.equals(database.ownerAddress().user()) ? database.ownerAddress() : database.address();
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(address.url());
        source.setUser(address.user());
        source.setPassword(address.password());
        return source;
    }

    private void fillNewTables(String room) throws SQLException {
        for (String table : texts("SELECT c.relname FROM pg_class c WHERE c.relnamespace = '" + room + "'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT LIKE '%_schema_history'")) {
            if (filled.containsKey(room + "." + table)) {
                continue;
            }
            String columns = text("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '" + room + "." + table + "'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''");
            filled.put(room + "." + table, columns);
            if (table.equals("entry") && room.equals("audit")) {
                run("SELECT audit.ensure_month(month::date) FROM (SELECT DISTINCT date_trunc('month', recorded AT TIME ZONE 'UTC') AS month FROM later_audit.entry) AS months");
            }
            // As they were written: neither triggers nor the order of foreign keys come between.
            run("SET session_replication_role = replica; DELETE FROM " + room + "." + table + "; INSERT INTO " + room + "." + table + " (" + columns + ") OVERRIDING SYSTEM VALUE SELECT " + columns + " FROM " + LATER + room + "." + table
                + "; SET session_replication_role = DEFAULT");
        }
        for (String sequence : texts("SELECT relname FROM pg_class WHERE relnamespace = '" + room + "'::regnamespace AND relkind = 'S'")) {
            run("SELECT setval('" + room + "." + sequence + "', last_value, is_called) FROM " + LATER + room + "." + sequence);
        }
    }

    /** Tables whose rows are not, in the columns that were there when the table came, what the server left. */
    List<String> changed() throws SQLException {
        List<String> changed = new ArrayList<>();
        for (Map.Entry<String, String> table : filled.entrySet()) {
            String here = "SELECT ROW(" + table.getValue() + ")::text FROM " + table.getKey();
            String later = "SELECT ROW(" + table.getValue() + ")::text FROM " + LATER + table.getKey();
            if (!text("SELECT count(*) FROM ((" + here + " EXCEPT ALL " + later + ") UNION ALL (" + later + " EXCEPT ALL " + here + ")) AS differences").equals("0")) {
                changed.add(table.getKey());
            }
        }
        return changed;
    }

    /** Tables that have rows. */
    List<String> rows() throws SQLException {
        List<String> some = new ArrayList<>();
        for (String table : filled.keySet()) {
            if (text("SELECT EXISTS (SELECT FROM " + table + ")").equals("t")) {
                some.add(table);
            }
        }
        return some;
    }

    /** Every column of every table, with its type. */
    List<String> shapes() throws SQLException {
        return shapes("");
    }

    List<String> shapesOfTheOriginal() throws SQLException {
        return shapes(LATER);
    }

    private List<String> shapes(String prefix) throws SQLException {
        List<String> shapes = new ArrayList<>();
        for (String room : ROOMS) {
            shapes.addAll(texts("SELECT '" + room + ".' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
                + " AND NOT a.attisdropped WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = '" + prefix + room + "'::regnamespace ORDER BY 1"));
        }
        return shapes;
    }

    /** Leaves the database as a server of the newest version finds it. */
    void forgetTheOriginal() throws SQLException {
        for (String room : ROOMS) {
            run("DROP SCHEMA " + LATER + room + " CASCADE");
        }
    }

    private void run(String sql) throws SQLException {
        try (Statement statement = owner.createStatement()) {
            statement.execute(sql);
        }
    }

    private String text(String sql) throws SQLException {
        return texts(sql).get(0);
    }

    private List<String> texts(String sql) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Statement statement = owner.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }

    @Override
    public void close() throws SQLException {
        owner.close();
        database.close();
        directory.close();
    }
}
