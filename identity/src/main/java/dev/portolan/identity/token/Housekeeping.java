package dev.portolan.identity.token;

import dev.portolan.identity.HourlyTask;
import dev.portolan.identity.IdentityDatabase;
import java.time.Instant;
import java.util.List;
import org.springframework.stereotype.Component;

/** Removes what has expired, an hour at a time. What members agreed to stays; the tokens that came of it go. */
@Component
class Housekeeping implements HourlyTask {
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

    Housekeeping(IdentityDatabase database) {
        this.database = database;
    }

    @Override
    public String name() {
        return "the removal of what has expired";
    }

    @Override
    public void run(Instant now) {
        removeExpired();
    }

    int removeExpired() {
        return EXPIRED.stream().mapToInt(sql -> database.sql(sql).update()).sum();
    }
}
