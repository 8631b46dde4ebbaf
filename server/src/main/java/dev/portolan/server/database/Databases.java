package dev.portolan.server.database;

import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

import org.jspecify.annotations.Nullable;

/** The server's connections, and the embedded PostgreSQL behind them if there is one; closed in the right order. */
public final class Databases implements AutoCloseable {

    private final @Nullable EmbeddedDatabase embedded;
    private final DatabaseAddress application;
    private final DatabaseAddress owner;
    private final KnownDatabase known = new KnownDatabase();
    private final HikariDataSource pool;
    private final HikariDataSource trail;

    private Databases(@Nullable EmbeddedDatabase embedded, DatabaseAddress application, DatabaseAddress owner, int poolSize) {
        this.embedded = embedded;
        this.application = application;
        this.owner = owner;
        this.pool = ConnectionPool.open(application, poolSize, known);
        try {
            this.trail = ConnectionPool.open(application, 1, known);
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    /** Starts PostgreSQL in the data directory. */
    public static Databases embeddedIn(DataDirectory directory, int poolSize) {
        EmbeddedDatabase embedded = EmbeddedDatabase.start(directory, poolSize + 20);
        try {
            return new Databases(embedded, embedded.address(), embedded.ownerAddress(), poolSize);
        } catch (RuntimeException e) {
            embedded.close();
            throw e;
        }
    }

    /** Connects to a PostgreSQL that somebody else runs. */
    public static Databases at(DatabaseAddress application, DatabaseAddress owner, int poolSize) {
        return new Databases(null, application, owner, poolSize);
    }

    /** The connections that serve calls. */
    public DataSource pool() {
        return pool;
    }

    /** The audit trail's one connection. It is not of the pool: writes that wait for their entries hold those, and the trail must not wait for a connection of theirs. */
    public DataSource trail() {
        return trail;
    }

    /** How the pool that serves calls is used, looked at when somebody asks: what is timed for each connection that is taken, every read would pay for. */
    public void measure(MeterRegistry registry) {
        HikariPoolMXBean use = pool.getHikariPoolMXBean();
        Gauge.builder("portolan.pool.connections", use, HikariPoolMXBean::getActiveConnections).tag("state", "active").description("Connections that serve calls").register(registry);
        Gauge.builder("portolan.pool.connections", use, HikariPoolMXBean::getIdleConnections).tag("state", "idle").description("Connections that serve calls").register(registry);
        Gauge.builder("portolan.pool.waiting", use, HikariPoolMXBean::getThreadsAwaitingConnection).description("Callers that wait for a connection").register(registry);
        Gauge.builder("portolan.pool.most", pool, HikariDataSource::getMaximumPoolSize).description("As many connections as there may be").register(registry);
    }

    /** The role that the server works as. */
    public String role() {
        return application.user();
    }

    /** A few connections as the role that owns what the server itself must not be able to alter; for migrations, closed afterwards. */
    public HikariDataSource ownerPool() {
        return ConnectionPool.open(owner, 2, known);
    }

    /** Completes, with a sentence, when another database has taken this one's place: then nothing can be done any more but to end. */
    public CompletableFuture<String> replaced() {
        return known.replaced();
    }

    public boolean isEmbedded() {
        return embedded != null;
    }

    @Override
    public void close() {
        pool.close();
        trail.close();
        if (embedded != null) {
            embedded.close();
        }
    }
}
