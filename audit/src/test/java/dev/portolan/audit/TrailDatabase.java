package dev.portolan.audit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import javax.sql.DataSource;

/** A PostgreSQL with an empty trail, its owner and the server's role. */
final class TrailDatabase implements AutoCloseable {

    private final EmbeddedPostgres postgres;
    final DataSource owner;
    final DataSource server;

    TrailDatabase() throws IOException, SQLException {
        postgres = EmbeddedPostgres.builder().setPGStartupWait(Duration.ofMinutes(2)).start();
        owner = postgres.getPostgresDatabase();
        execute("CREATE ROLE portolan_server LOGIN PASSWORD 'test'");
        server = postgres.getDatabase("portolan_server", "postgres");
        empty();
    }

    void empty() throws SQLException {
        execute("DROP SCHEMA IF EXISTS audit CASCADE");
        AuditSchema.migrate(owner, "portolan_server");
    }

    /** As the owner, whom nothing stops. */
    void execute(String sql) throws SQLException {
        execute(owner, sql);
    }

    static void execute(DataSource database, String sql) throws SQLException {
        try (Connection connection = database.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    long count(String query) throws SQLException {
        try (Connection connection = owner.getConnection(); Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    String text(String query) throws SQLException {
        StringBuilder text = new StringBuilder();
        try (Connection connection = owner.getConnection(); Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(query)) {
            while (row.next()) {
                text.append(row.getString(1)).append('\n');
            }
        }
        return text.toString();
    }

    /** Writes entries through the trail, all at one time. */
    void write(Instant at, AuditEntry... entries) {
        try (GroupCommitTrail trail = new GroupCommitTrail(server, Clock.fixed(at, ZoneOffset.UTC), 10_000)) {
            for (AuditEntry entry : entries) {
                trail.appendAndWait(entry);
            }
        }
    }

    static AuditEntry access(String app, String operation, int status, List<String> members, int resources) {
        return new AuditEntry("patient-access", operation, new AuditEntry.Outcome(status, status < 400 ? null : "forbidden"), new AuditEntry.Caller(app, "person-1", "parent"),
            new AuditEntry.Subject(members, List.of("Observation"), operation.equals("read") ? "Observation/o1" : null, resources, 2, List.of("laboratory", "sensitive"), "code,patient"),
            new AuditEntry.Authority("grant-1", List.of("patient/Observation.rs"), "MEMBER_REQUEST", List.of("consent-1")), new AuditEntry.Origin("192.0.2.7", "request-1"));
    }

    static AuditEntry event(String operation, int status, String person, String source) {
        return new AuditEntry(AuditEntry.IDENTITY, operation, new AuditEntry.Outcome(status, status < 400 ? null : "wrong password"), new AuditEntry.Caller("portolan", person, null),
            new AuditEntry.Subject(List.of(), List.of(), null, 0, 0, List.of(), null), new AuditEntry.Authority("none", List.of(), "OPERATIONS", List.of()), new AuditEntry.Origin(source, "request-2"));
    }

    @Override
    public void close() throws IOException {
        postgres.close();
    }
}
