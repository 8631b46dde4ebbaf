package dev.portolan.identity.token;

import dev.portolan.identity.IdentityDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Hears of revocations on every node. Besides listening it asks the database for a sign of life five times a second, so that the cache knows
 * how old its knowledge is: without a fresh sign it is not used, and a lost connection costs speed, not safety. Listening alone would not do:
 * nothing arrives over a connection that died unseen, and nothing arrives when nothing is revoked.
 */
@Component
final class RevocationListener implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(RevocationListener.class);
    private static final int WAIT_MILLIS = 200;

    private final IdentityDatabase database;
    private final CachedAccessTokens cache;
    private volatile boolean running;
    private volatile Thread thread;

    RevocationListener(IdentityDatabase database, CachedAccessTokens cache) {
        this.database = database;
        this.cache = cache;
    }

    @Override
    public void start() {
        running = true;
        thread = new Thread(this::listenUntilStopped, "identity-revocations");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void stop() {
        running = false;
        thread.interrupt();
        try {
            thread.join(2_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    private void listenUntilStopped() {
        while (running) {
            try (Connection connection = database.dataSource().getConnection()) {
                connection.setAutoCommit(true);
                listen(connection);
            } catch (SQLException e) {
                if (running) {
                    LOG.warn("lost the database while listening for revoked tokens; tokens are looked up one by one until it is back: {}",
                            e.getMessage());
                    pause();
                }
            }
        }
    }

    private void listen(Connection connection) throws SQLException {
        PGConnection pg = connection.unwrap(PGConnection.class);
        try (Statement statement = connection.createStatement(); PreparedStatement life = connection.prepareStatement("select 1")) {
            statement.setQueryTimeout(1);
            life.setQueryTimeout(1);
            statement.execute("listen " + Revocations.CHANNEL);
            cache.forgetAll(); // what was revoked while nobody listened
            try {
                while (running) {
                    long asked = System.nanoTime();
                    life.execute();
                    hear(pg.getNotifications());
                    cache.heardAt(asked);
                    hear(pg.getNotifications(WAIT_MILLIS));
                }
            } finally {
                statement.execute("unlisten *"); // the connection goes back to the pool
            }
        }
    }

    private void hear(PGNotification[] notifications) {
        if (notifications != null) {
            for (PGNotification notification : notifications) {
                cache.forget(notification.getParameter());
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(500);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
