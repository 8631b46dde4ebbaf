package dev.portolan.identity.token;

import dev.portolan.identity.IdentityDatabase;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/** Removes what has expired, an hour at a time. What members agreed to stays; the tokens that came of it go. */
@Component
class Housekeeping implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
    /** In this order: authorizations go when nothing refers to them any more. */
    private static final List<String> EXPIRED = List.of(
            "delete from identity.access_token where expires_at < now() - interval '1 day'",
            "delete from identity.refresh_token where expires_at < now() - interval '1 day'",
            "delete from identity.launch_context where expires_at < now() - interval '1 day'",
            "delete from identity.assertion_used where expires_at < now()",
            "delete from identity.app_authorization where granted_at is null and created_at < now() - interval '1 day'",
            """
            delete from identity.app_authorization a where grant_type = 'client_credentials' and created_at < now() - interval '30 days'
              and not exists (select 1 from identity.access_token t where t.authorization_id = a.id)""");

    private final IdentityDatabase database;
    private final ScheduledExecutorService hourly = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "identity-housekeeping");
        thread.setDaemon(true);
        return thread;
    });
    private volatile boolean running;

    Housekeeping(IdentityDatabase database) {
        this.database = database;
    }

    @Override
    public void start() {
        running = true;
        hourly.scheduleWithFixedDelay(() -> {
            try {
                removeExpired();
            } catch (DataAccessException e) {
                LOG.warn("expired tokens could not be removed; tried again in an hour: {}", e.getMessage());
            }
        }, 5, 60, TimeUnit.MINUTES);
    }

    @Override
    public void stop() {
        running = false;
        hourly.shutdownNow();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    int removeExpired() {
        return EXPIRED.stream().mapToInt(sql -> database.sql(sql).update()).sum();
    }
}
