package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.CriterionMatcher;
import dev.portolan.fhir.search.SearchParameters;
import dev.portolan.fhir.search.SearchValueExtractor;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.flywaydb.core.Flyway;

/** A database of its own in one PostgreSQL for all tests, with rows as the store writes them. */
final class RecordFixture implements AutoCloseable {

    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static EmbeddedPostgres postgres;

    private final String url;
    final Connection connection;
    final StoreContext context;
    final RecordSearch search;
    private long rid;

    RecordFixture(SearchParameters definitions, SearchValueExtractor extractor, CriterionMatcher matcher) {
        try {
            url = createDatabase();
            Flyway.configure().dataSource(url, "postgres", "").locations("classpath:db/migration/store").load().migrate();
            connection = connect();
            ValueHash hash = new ValueHash(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
            connection.setAutoCommit(false);
            Names names = Names.load(connection, definitions);
            connection.commit();
            connection.setAutoCommit(true);
            PatientHomes homes = new PatientHomes();
            StoreSettings settings = new StoreSettings(Set.of(), Duration.ofSeconds(30), false);
            context = new StoreContext(null, definitions, matcher, settings, hash, names, new MemberKeys(), homes, new ContentCodec(number -> null),
                new IndexRowBuilder(definitions, extractor, hash, names, homes, Set.of()), new byte[32]);
            search = new RecordSearch(context, extractor);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static synchronized String createDatabase() throws SQLException {
        try {
            if (postgres == null) {
                postgres = EmbeddedPostgres.builder().setServerConfig("fsync", "off").setServerConfig("shared_buffers", "256MB").start();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String name = "records" + DATABASES.incrementAndGet();
        try (Connection admin = postgres.getPostgresDatabase().getConnection(); Statement create = admin.createStatement()) {
            create.execute("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8'");
        }
        return "jdbc:postgresql://localhost:" + postgres.getPort() + "/" + name + "?prepareThreshold=1&options=-c%20plan_cache_mode=force_generic_plan";
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(url, "postgres", "");
    }

    void put(String json) {
        put(JsonDocument.parse(json));
    }

    void put(JsonDocument resource) {
        try {
            String type = resource.root().fieldText("resourceType");
            String id = resource.root().fieldText("id");
            IndexRow row = context.index().build(resource);
            long self = context.hash().self(context.names().type(type), id);
            long member = home(type, id, row);
            long at = ++rid;
            insert(resource, type, id, row, self, member, at);
            values(row, type, member, at);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private long home(String type, String id, IndexRow row) throws SQLException {
        String patient = type.equals("Patient") ? id : row.patientId();
        if (patient != null) {
            Map<String, Long> keys = context.members().findOrAdd(connection, List.of(patient));
            context.members().remember(keys);
            return keys.get(patient);
        }
        for (long through : row.through()) {
            try (PreparedStatement select = connection.prepareStatement("SELECT member FROM store.resource WHERE self = ?")) {
                select.setLong(1, through);
                try (ResultSet found = select.executeQuery()) {
                    if (found.next()) {
                        return found.getLong(1);
                    }
                }
            }
        }
        return MemberKeys.NOBODY;
    }

    private void insert(JsonDocument resource, String type, String id, IndexRow row, long self, long member, long at) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO store.resource VALUES (?,?,?,?,?,1,?,false,?,?,?,?,?,?,?,?,?)")) {
            int i = 1;
            insert.setLong(i++, at);
            insert.setLong(i++, member);
            insert.setShort(i++, context.names().type(type));
            insert.setLong(i++, self);
            insert.setString(i++, id);
            insert.setLong(i++, updated(at));
            insert.setLong(i++, row.dateLow());
            insert.setLong(i++, row.dateHigh());
            insert.setObject(i++, row.parameters());
            insert.setObject(i++, row.tokens());
            insert.setObject(i++, row.refs());
            insert.setObject(i++, row.dates());
            insert.setObject(i++, row.textParameters());
            insert.setObject(i++, row.texts());
            insert.setBytes(i, context.codec().encode(context.names().type(type), resource.bytes()));
            insert.executeUpdate();
        }
    }

    static long updated(long rid) {
        return 1_700_000_000_000L + rid * 1_000;
    }

    private void values(IndexRow row, String type, long member, long at) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO store.value_token SELECT h, ?, ? FROM unnest(?) h")) {
            insert.setLong(1, member);
            insert.setLong(2, at);
            insert.setObject(3, row.valueHashes());
            insert.executeUpdate();
        }
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO store.value_text SELECT ?, t.p, t.v, ?, ? FROM unnest(?, ?) t(p, v)")) {
            insert.setShort(1, context.names().type(type));
            insert.setLong(2, member);
            insert.setLong(3, at);
            insert.setObject(4, row.valueTextParameters());
            insert.setObject(5, row.valueTexts());
            insert.executeUpdate();
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
