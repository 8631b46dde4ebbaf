package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.ChainVerifier;
import dev.portolan.server.AuditedServer.Reply;
import dev.portolan.server.database.Databases;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** AUD-09: what a whole server does while its trail cannot be written. For a trail in transactions of the database, and for one that is durable in a journal first. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AuditOutage {

    private final boolean journal;
    private AuditedServer audited;
    private String patientAccess;
    private String system;

    AuditOutage(boolean journal) {
        this.journal = journal;
    }

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        audited = new AuditedServer(data, Map.of("portolan.audit.journal", String.valueOf(journal), "portolan.audit.longest-wait-seconds", "3"));
        patientAccess = audited.base("patient-access");
        system = audited.base("system");
    }

    @AfterAll
    void stop() {
        audited.close();
    }

    private AuditEntry only(Reply reply) {
        List<AuditEntry> entries = audited.entries(reply);
        assertThat(entries).as("entries of %s, answered %d %s", reply.request(), reply.status(), reply.body()).hasSize(1);
        return entries.get(0);
    }

    private ChainVerifier.Report verify() throws SQLException {
        return new ChainVerifier(audited.trail()).verify(List.of());
    }

    @Test
    void aud09_when_the_trail_cannot_be_written_nothing_leaves_and_nobody_signs_in() throws Exception {
        audited.asOwner("REVOKE INSERT ON audit.entry FROM " + audited.server.part(Databases.class).role());
        try {
            audited.untilRefused();
            Reply read = audited.get(patientAccess + "/Patient/p1", audited.memberToken(1));
            assertThat(read.status()).isEqualTo(503);
            assertThat(read.body()).doesNotContain("Quibbleton").contains("OperationOutcome");
            assertThat(read.response().headers().firstValue("Retry-After")).isPresent();
            assertThat(audited.get(patientAccess + "/Observation?patient=p1", audited.memberToken(1)).status()).isEqualTo(503);
            assertThat(audited.get(patientAccess + "/Patient/p1", "no-such-token").status()).isEqualTo(503);
            assertThat(audited.get(audited.server.url() + "/api/my-access", AuditedServer.basic("member1")).status()).isEqualTo(503);
            assertThatThrownBy(() -> audited.token(audited.account("member1"), "p1", "patient/*.rs")).hasMessageContaining("audit");
        } finally {
            audited.asOwner("GRANT INSERT ON audit.entry TO " + audited.server.part(Databases.class).role());
            audited.untilTaken();
        }
        Reply read = audited.get(patientAccess + "/Patient/p1", audited.memberToken(1));
        assertThat(read.status()).isEqualTo(200);
        assertThat(only(read).subject().members()).containsExactly("p1");
        assertThat(verify().faults()).isEmpty();
    }

    @Test
    void aud09_when_the_trail_cannot_be_written_no_write_is_committed() throws Exception {
        String held = system + "/Observation/held-of-3";
        assertThat(audited.send("PUT", held, audited.operator(), AuditedServer.observation("held-of-3", 3, "laboratory")).status()).isEqualTo(201);
        String made = AuditedServer.observation("unmade-of-3", 3, "laboratory");
        String entry = "{\"request\":{\"method\":\"PUT\",\"url\":\"Observation/unmade-of-3\"},\"resource\":" + made + "}";
        String bundle = "{\"resourceType\":\"Bundle\",\"type\":\"%s\",\"entry\":[" + entry + "]}";
        String patch = "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"amended\"}]";
        String operator = audited.operator(); // a token is an entry too
        String before = versions();
        Map<String, Reply> refused = new HashMap<>();
        audited.asOwner("REVOKE INSERT ON audit.entry FROM " + audited.server.part(Databases.class).role());
        try {
            audited.untilRefused();
            refused.put("create", audited.send("POST", system + "/Observation", operator, made));
            refused.put("conditional create", audited.send("POST", system + "/Observation", operator, made, "If-None-Exist", "_id=unmade-of-3", "Content-Type", "application/fhir+json"));
            refused.put("update", audited.send("PUT", held, operator, AuditedServer.observation("held-of-3", 3, "vital-signs")));
            refused.put("update of a free id", audited.send("PUT", system + "/Observation/unmade-of-3", operator, made));
            refused.put("conditional update", audited.send("PUT", system + "/Observation?_id=held-of-3", operator, AuditedServer.observation("held-of-3", 3, "vital-signs")));
            refused.put("patch", audited.send("PATCH", held, operator, patch, "Content-Type", "application/json-patch+json"));
            refused.put("conditional patch", audited.send("PATCH", system + "/Observation?_id=held-of-3", operator, patch, "Content-Type", "application/json-patch+json"));
            refused.put("delete", audited.send("DELETE", held, operator, null));
            refused.put("conditional delete", audited.send("DELETE", system + "/Observation?_id=held-of-3", operator, null));
            refused.put("transaction", audited.send("POST", system, operator, bundle.formatted("transaction")));
            refused.put("batch", audited.send("POST", system, operator, bundle.formatted("batch")));
        } finally {
            audited.asOwner("GRANT INSERT ON audit.entry TO " + audited.server.part(Databases.class).role());
            audited.untilTaken();
        }
        refused.forEach((write, reply) -> assertThat(reply.status()).as("%s, answered %s", write, reply.body()).isEqualTo(503));
        assertThat(versions()).isEqualTo(before);
        assertThat(audited.send("PUT", held, operator, AuditedServer.observation("held-of-3", 3, "vital-signs")).status()).isEqualTo(200);
        assertThat(audited.send("DELETE", held, operator, null).status()).isEqualTo(204);
        assertThat(verify().faults()).isEmpty();
    }

    /** The trail neither takes entries nor refuses them, as when its disk hangs. */
    @Test
    void aud09_when_the_trail_hangs_calls_end_and_hold_no_connection_meanwhile() throws Exception {
        String operator = audited.operator();
        String before = versions();
        HikariDataSource pool = (HikariDataSource) audited.server.part(Databases.class).pool();
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger errors = (Logger) LoggerFactory.getLogger("dev.portolan.rest.ErrorTranslator");
        log.start();
        errors.addAppender(log);
        ExecutorService clients = Executors.newFixedThreadPool(3 * pool.getMaximumPoolSize());
        List<Future<Reply>> reads = new ArrayList<>();
        List<Future<Reply>> writes = new ArrayList<>();
        int idle = fewestBusy(pool, 500);
        int busy;
        long began = System.nanoTime();
        try (var owner = audited.server.part(Databases.class).ownerPool(); Connection connection = owner.getConnection(); Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE audit.entry IN ACCESS EXCLUSIVE MODE");
            audited.untilRefused();
            for (int i = 0; i < 2 * pool.getMaximumPoolSize(); i++) {
                String path = i % 2 == 0 ? "/Observation/lab1" : "/Observation?patient=p1";
                reads.add(clients.submit(() -> audited.get(patientAccess + path, audited.memberToken(1))));
            }
            reads.add(clients.submit(() -> audited.get(patientAccess + "/Observation/lab1", "no-such-token")));
            writes.add(clients.submit(() -> audited.send("PUT", system + "/Observation/hung", operator, AuditedServer.observation("hung", 3, "laboratory"))));
            busy = fewestBusy(pool, 2_000);
            for (Future<Reply> each : reads) {
                Reply reply = each.get();
                assertThat(reply.status()).as(reply.body()).isEqualTo(503);
                assertThat(reply.body()).contains("OperationOutcome", "transient").doesNotContain("glucose");
                assertThat(reply.response().headers().firstValue("Retry-After")).isPresent();
                assertThat(reply.response().headers().firstValue("X-Request-Id")).hasValue(reply.request());
            }
            assertThat(writes.get(0).get().status()).isEqualTo(503);
            connection.rollback();
        } finally {
            clients.shutdown();
            errors.detachAppender(log);
        }
        assertThat((System.nanoTime() - began) / 1_000_000_000.0).as("seconds, of which three are waited for the trail").isBetween(2.5, 60.0);
        assertThat(busy).as("connections that %d reads hold while they wait, beside the write's own", reads.size()).isLessThanOrEqualTo(idle + 1);
        assertThat(log.list).hasSizeGreaterThanOrEqualTo(reads.size()).allSatisfy(event -> assertThat(event.getMDCPropertyMap().get("request")).startsWith("t-"));
        assertThat(versions()).as("what the hung write left").isEqualTo(before);
        audited.untilTaken();
        Reply after = audited.get(patientAccess + "/Observation/lab1", audited.memberToken(1));
        assertThat(after.status()).isEqualTo(200);
        assertThat(only(after).subject().members()).containsExactly("p1");
        assertThat(verify().faults()).isEmpty();
    }

    /** Something of the server's own takes a connection now and then. */
    private static int fewestBusy(HikariDataSource pool, long millis) throws InterruptedException {
        int fewest = Integer.MAX_VALUE;
        for (long end = System.nanoTime() + millis * 1_000_000; System.nanoTime() < end; Thread.sleep(20)) {
            fewest = Math.min(fewest, pool.getHikariPoolMXBean().getActiveConnections());
        }
        return fewest;
    }

    /** Every version that is stored, as the database has it. */
    private String versions() throws SQLException {
        try (Connection connection = audited.server.part(Databases.class).pool().getConnection(); Statement statement = connection.createStatement();
            java.sql.ResultSet row = statement.executeQuery("SELECT (SELECT sum(version) || ' in ' || count(*) FROM store.resource) || ', ' || (SELECT count(*) FROM store.history)")) {
            row.next();
            return row.getString(1);
        }
    }
}
