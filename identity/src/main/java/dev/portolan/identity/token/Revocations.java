package dev.portolan.identity.token;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Ends tokens: in the database, and with the same commit on every node (PostgreSQL's NOTIFY). */
@Component
public final class Revocations {
    static final String CHANNEL = "identity_revoked";

    private final IdentityDatabase database;
    private final SecurityEvents events;
    private final CachedAccessTokens cache;

    Revocations(IdentityDatabase database, SecurityEvents events, CachedAccessTokens cache) {
        this.database = database;
        this.events = events;
        this.cache = cache;
    }

    /** Ends one authorization: its code, its refresh tokens, its access tokens. */
    public void authorization(String id, String actor, String reason) {
        database.inTransaction(() -> {
            List<String[]> ended = database.sql("""
                    update identity.app_authorization set revoked_at = now(), revoked_by = ?, revoked_reason = ?
                    where id = ? and revoked_at is null returning client_id, patient""")
                    .params(actor, reason, id)
                    .query((row, n) -> new String[] {row.getString(1), row.getString(2)}).list();
            notifyNodes("authorization:" + id);
            for (String[] row : ended) {
                events.record(SecurityEvent.Type.TOKEN_REVOKED, true, row[0], actor, row[1], id, Map.of("reason", reason));
            }
        });
    }

    /** Ends every authorization that {@code principal} gave to an app for a member. */
    public void consent(String clientId, String principal, String patient, String actor) {
        database.inTransaction(() -> {
            List<String> ids = database.sql("""
                    select id from identity.app_authorization
                    where client_id = ? and principal = ? and coalesce(patient, '') = ? and revoked_at is null""")
                    .params(clientId, principal, patient).query(String.class).list();
            ids.forEach(id -> authorization(id, actor, "taken back by the member"));
            events.record(SecurityEvent.Type.CONSENT_REVOKED, true, clientId, actor, patient, ids.isEmpty() ? null : ids.get(0), Map.of());
        });
    }

    /** What a person may do for a member changed: every node looks again. */
    public void reconsider(String accountId, String patient) {
        database.inTransaction(() -> database.sql("select id from identity.app_authorization where principal = ? and patient = ? and revoked_at is null")
                .params(accountId, patient).query(String.class).list().forEach(id -> notifyNodes("authorization:" + id)));
    }

    /** What an app may ask for changed: every node looks again at what its tokens allow. */
    public void reconsider(String clientId) {
        database.inTransaction(() -> notifyNodes("app:" + clientId));
    }

    /** Ends everything that a person let in for one member. */
    public void representation(String accountId, String patient, String actor) {
        database.inTransaction(() -> database.sql("select id from identity.app_authorization where principal = ? and patient = ? and revoked_at is null")
                .params(accountId, patient).query(String.class).list().forEach(id -> authorization(id, actor, "the representation ended")));
    }

    /**
     * Two members who were one are two again: what the merged one's people let in meanwhile for the survivor's record ends, and so does every token since that was for it.
     *
     * @param since when the sign-ins of the merged one went to the survivor
     */
    public void parted(String merged, String survivor, Instant since, String actor) {
        database.inTransaction(() -> {
            database.sql("""
                    select a.id from identity.app_authorization a left join identity.account u on u.id = a.principal
                    where a.patient = :survivor and a.revoked_at is null and a.created_at >= :since
                      and (u.patient = :merged or exists (select 1 from identity.representation r where r.account_id = a.principal and r.patient = :merged))
                      and not exists (select 1 from identity.representation r where r.account_id = a.principal and r.patient = :survivor)""")
                    .param("survivor", survivor).param("merged", merged).param("since", IdentityDatabase.at(since))
                    .query(String.class).list().forEach(id -> authorization(id, actor, "the two members were parted"));
            database.sql("""
                    update identity.access_token t set revoked_at = now() from identity.app_authorization a
                    where a.id = t.authorization_id and a.patient = ? and t.issued_at >= ? and t.revoked_at is null returning a.id""")
                    .params(merged, IdentityDatabase.at(since)).query(String.class).list().forEach(id -> notifyNodes("authorization:" + id));
        });
    }

    /** Ends everything that a person let in. */
    public void principal(String accountId, String actor, String reason) {
        database.inTransaction(() -> database.sql("select id from identity.app_authorization where principal = ? and revoked_at is null")
                .param(accountId).query(String.class).list().forEach(id -> authorization(id, actor, reason)));
    }

    /** Ends every token of an app. */
    public void app(String clientId, String actor, String reason) {
        database.inTransaction(() -> {
            int ended = database.sql("""
                    update identity.app_authorization set revoked_at = now(), revoked_by = ?, revoked_reason = ?
                    where client_id = ? and revoked_at is null""").params(actor, reason, clientId).update();
            notifyNodes("app:" + clientId);
            events.record(SecurityEvent.Type.TOKEN_REVOKED, true, clientId, actor, null, null,
                    Map.of("reason", reason, "authorizations", String.valueOf(ended)));
        });
    }

    /** Ends one access token and leaves its authorization alive. */
    public void accessToken(byte[] hash, String authorizationId) {
        database.inTransaction(() -> {
            database.sql("update identity.access_token set revoked_at = now() where hash = ? and revoked_at is null").param(hash).update();
            notifyNodes("authorization:" + authorizationId);
        });
    }

    private void notifyNodes(String payload) {
        database.sql("select pg_notify(?, ?)").params(CHANNEL, payload).query().singleRow();
        // This node need not wait for its own message.
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                cache.forget(payload);
            }
        });
    }
}
