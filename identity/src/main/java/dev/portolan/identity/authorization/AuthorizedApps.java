package dev.portolan.identity.authorization;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.Revocations;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** The apps that somebody let in, and how they are put out again. */
@Component
public class AuthorizedApps {
    private final IdentityDatabase database;
    private final Apps apps;
    private final Revocations revocations;

    AuthorizedApps(IdentityDatabase database, Apps apps, Revocations revocations) {
        this.database = database;
        this.apps = apps;
        this.revocations = revocations;
    }

    /**
     * One app that may see one member's data by one person's permission.
     *
     * @param principal  the account that let it in
     * @param grantedBy  that account's name
     * @param patientName whose data it may see, by name
     * @param lasting    whether it may look while the person is away
     * @param lastUsed   when it last used a token; within half a minute
     */
    public record Authorized(String clientId, String appName, String organization, String principal, String grantedBy, @Nullable String patient,
                             @Nullable String patientName, SmartScopes scopes, Instant since, @Nullable Instant until, @Nullable Instant lastUsed, boolean lasting) {

        /** What it may see, in the member's words. */
        public List<String> sees() {
            return ConsentChoice.asked(scopes).stream().map(kind -> kind.types().stream().anyMatch(this::seesSome) ? kind.label() + " (some of it)" : kind.label()).toList();
        }

        private boolean seesSome(String type) {
            return scopes.resources().anyMatch(scope -> scope.resourceType().equals(type))
                && scopes.resources().filter(scope -> scope.resourceType().equals(type) || scope.resourceType().equals("*")).noneMatch(scope -> scope.conditions().isEmpty());
        }
    }

    /** What a person let in, and what others let in for the person's own data: a caregiver's choice is the member's to see and to end. */
    public List<Authorized> visibleTo(String accountId, @Nullable String patient) {
        return database.sql("""
                select a.client_id, a.principal, a.patient, min(a.granted_at) as since, max(a.last_used_at) as used,
                  max(a.granted_until) as until, bool_or('offline_access' = any(a.scopes)) as lasting, p.display_name,
                  (array_agg(array_to_string(a.scopes, ' ') order by a.granted_at desc)) as scopes,
                  coalesce((select r.display_name from identity.representation r where r.account_id = a.principal and r.patient = a.patient),
                    (select m.display_name from identity.account m where m.patient = a.patient limit 1), 'member ' || a.patient) as patient_name
                from identity.app_authorization a join identity.account p on p.id = a.principal
                where a.granted_at is not null and a.revoked_at is null and (a.granted_until is null or a.granted_until > now())
                  and (a.principal = ? or a.patient = ? or a.patient in (select merged from identity.moved_patient where survivor = ?))
                  and (exists (select 1 from identity.access_token t where t.authorization_id = a.id and t.expires_at > now() and t.revoked_at is null)
                    or exists (select 1 from identity.refresh_token r where r.authorization_id = a.id and r.expires_at > now() and r.used_at is null))
                group by a.client_id, a.principal, a.patient, p.display_name order by since desc""")
                .params(accountId, Objects.requireNonNullElse(patient, ""), Objects.requireNonNullElse(patient, ""))
                .query(this::authorized).list().stream().flatMap(Optional::stream).toList();
    }

    private Optional<Authorized> authorized(ResultSet row, int n) throws SQLException {
        Optional<App> app = apps.find(row.getString("client_id"));
        Set<String> scopes = IdentityDatabase.texts(row, "scopes").stream().flatMap(s -> Set.of(s.split(" ")).stream())
                .collect(Collectors.toCollection(TreeSet::new));
        String principal = row.getString("principal");
        String name = row.getString("display_name");
        String patient = row.getString("patient");
        String patientName = row.getString("patient_name");
        Instant since = Objects.requireNonNull(IdentityDatabase.instant(row, "since"));
        Instant until = IdentityDatabase.instant(row, "until");
        Instant used = IdentityDatabase.instant(row, "used");
        boolean lasting = row.getBoolean("lasting");
        return app.map(a -> new Authorized(a.clientId(), a.name(), a.metadata().organization(), principal, name, patient,
                patientName, SmartScopes.parse(scopes).within(a.scopes()), since, until, used, lasting && a.scopes().has("offline_access")));
    }

    /** Puts an app out. Only what {@code accountId} may see can be ended; returns whether there was something to end. */
    public boolean end(String accountId, @Nullable String ownPatient, String clientId, String principal, @Nullable String patient) {
        boolean mine = visibleTo(accountId, ownPatient).stream()
                .anyMatch(a -> a.clientId().equals(clientId) && a.principal().equals(principal) && Objects.equals(a.patient(), patient));
        if (mine) {
            revocations.consent(clientId, principal, Objects.requireNonNullElse(patient, ""), accountId);
        }
        return mine;
    }
}
