package dev.portolan.identity.account;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.token.Revocations;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Whoever signs in as a member whose record was merged acts for the survivor, if staff confirmed that it is the same person, and for the merged member again when the two are parted. The plan's OpenID provider goes
 * on to name the merged member, and apps hold what they were let in to: nothing of that is rewritten, it is looked at through {@code identity.moved_patient}.
 */
@Component
public class MovedSignIns {

    private final IdentityDatabase database;
    private final Revocations revocations;
    private final SecurityEvents events;
    private final Clock clock;

    MovedSignIns(IdentityDatabase database, Revocations revocations, SecurityEvents events, Clock clock) {
        this.database = database;
        this.revocations = revocations;
        this.events = events;
        this.clock = clock;
    }

    /**
     * Somebody who can sign in for a member.
     *
     * @param account  the account's id
     * @param username what the person signs in with; of an account by the plan's provider a made name that begins with {@code plan:}
     * @param relation how the person stands to the member; null for the member
     * @param apps     how many apps the person let in to this member's data, and has not put out
     */
    public record SignIn(String account, String username, String displayName, @Nullable String relation, int apps) {}

    /** Who can sign in for the member, apart from any merge: the member first. */
    public List<SignIn> of(String patient) {
        return database.sql("""
                select a.id, a.username, a.display_name, s.relation,
                  (select count(distinct p.client_id) from identity.app_authorization p where p.principal = a.id and p.patient = :patient and p.revoked_at is null and p.granted_at is not null
                    and (p.granted_until is null or p.granted_until > now())) as apps
                from (select id as account, null as relation from identity.account where kind = 'MEMBER' and patient = :patient
                  union all select account_id, relation from identity.representation where patient = :patient and (valid_until is null or valid_until > now())) s
                join identity.account a on a.id = s.account where a.enabled order by s.relation nulls first, a.display_name, a.id""")
                .param("patient", patient)
                .query((row, n) -> new SignIn(row.getString(1), row.getString(2), row.getString(3), row.getString(4), row.getInt(5))).list();
    }

    /**
     * From now on. A token that an app holds goes on to be for the merged member, as the app was told; the next one, by its refresh token too, is for the survivor and says so.
     *
     * @param actor the account of the member of staff who confirmed it
     */
    public void move(String merged, String survivor, String actor) {
        database.inTransaction(() -> {
            database.sql("insert into identity.moved_patient (merged, survivor, moved_at, moved_by) values (?, ?, ?, ?)")
                    .params(merged, survivor, IdentityDatabase.at(clock.instant().truncatedTo(ChronoUnit.MICROS)), actor).update();
            of(merged).forEach(signIn -> told("sign-in-moved", signIn, merged, survivor, actor));
        });
    }

    /** Takes it back, if it was so. What was let in meanwhile for the other one's record ends; so do tokens that were given out for it. */
    public void giveBack(String merged, String actor) {
        database.inTransaction(() -> {
            record Moved(String survivor, Instant at) {}
            Optional<Moved> moved = database.sql("delete from identity.moved_patient where merged = ? returning survivor, moved_at").param(merged)
                    .query((row, n) -> new Moved(row.getString(1), Objects.requireNonNull(IdentityDatabase.instant(row, "moved_at")))).optional();
            moved.ifPresent(it -> {
                revocations.parted(merged, it.survivor(), it.at(), actor);
                of(merged).forEach(signIn -> told("sign-in-given-back", signIn, it.survivor(), merged, actor));
            });
        });
    }

    private void told(String action, SignIn signIn, String from, String to, String actor) {
        events.record(SecurityEvent.Type.ACCOUNT_CHANGED, true, null, actor, to, null, Map.of("action", action, "account", signIn.account(), "from", from, "to", to, "members", from + " " + to));
    }
}
