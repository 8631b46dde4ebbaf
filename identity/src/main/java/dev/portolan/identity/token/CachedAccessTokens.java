package dev.portolan.identity.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.key.Secrets;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.identity.scope.SmartScopes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.stereotype.Component;

/** Tokens from the database, kept in the process as long as {@link RevocationListener} vouches that nothing was revoked meanwhile. */
@Component
final class CachedAccessTokens implements AccessTokens {
    /** Older knowledge than this is not acted upon; with the listener's 200 ms it leaves room for a slow moment, and stays under a second. */
    static final Duration TRUSTED = Duration.ofMillis(800);
    private static final Duration LAST_USE_PRECISION = Duration.ofSeconds(30);
    private static final int LONGEST_TOKEN = 512;
    /** Of all tokens that are kept: what they take is mostly their scopes, of which a token may have hundreds. */
    private static final long MOST_SCOPES = 1_000_000;
    private static final String TOKEN = """
        select t.scopes, p.scopes as registered, t.issued_at, least(t.expires_at, r.valid_until) as expires_at, a.id, a.client_id, a.principal, a.grant_type, coalesce(m.survivor, a.patient) as patient, a.base,
               case when a.context ->> 'fhirUser' = 'Patient/' || m.merged then 'Patient/' || m.survivor else a.context ->> 'fhirUser' end as fhir_user, p.name, array(select jsonb_array_elements_text(coalesce(a.context -> 'withhold', '[]'))) as withhold,
               case when u.kind = 'STAFF' then 'staff' when u.id is null or a.patient is null or a.patient in (u.patient, own.survivor) then null else coalesce(r.relation, 'representative') end as relation
        from identity.access_token t
        join identity.app_authorization a on a.id = t.authorization_id
        join identity.app p on p.client_id = a.client_id
        left join identity.account u on u.id = a.principal
        -- Of a member whose sign-ins went to another: what the person acts for now, and what a token is for that was given out since.
        left join identity.moved_patient own on own.merged = u.patient
        left join identity.moved_patient m on m.merged = a.patient and m.moved_at <= t.issued_at
        left join lateral (
            select r.account_id, r.valid_until, r.relation from identity.representation r left join identity.moved_patient rm on rm.merged = r.patient
            where r.account_id = a.principal and a.patient in (r.patient, rm.survivor) order by r.valid_until desc nulls first limit 1) r
          on a.patient is distinct from u.patient and a.patient is distinct from own.survivor
        """;

    private final IdentityDatabase database;
    private final Clock clock;
    private final Cache<String, AccessToken> cache = Caffeine.newBuilder().maximumWeight(MOST_SCOPES).<String, AccessToken>weigher((id, token) -> 5 + token.scopes().values().size())
            .expireAfterWrite(LAST_USE_PRECISION).build();
    private final AtomicLong generation = new AtomicLong();
    private volatile long heardAt = System.nanoTime() - TRUSTED.toNanos() * 2;

    CachedAccessTokens(IdentityDatabase database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    @Override
    public Optional<AccessToken> resolve(String bearer) {
        if (bearer.isEmpty() || bearer.length() > LONGEST_TOKEN) {
            return Optional.empty();
        }
        String id = Secrets.hashText(bearer);
        AccessToken known = System.nanoTime() - heardAt < TRUSTED.toNanos() ? cache.getIfPresent(id) : null;
        if (known != null) {
            return clock.instant().isBefore(known.expiresAt()) ? Optional.of(known) : Optional.empty();
        }
        long before = generation.get();
        Optional<AccessToken> found = load(id);
        found.ifPresent(token -> {
            cache.put(id, token);
            if (generation.get() != before) {
                cache.invalidate(id); // something was revoked while we read: let the next call read again
            }
        });
        return found;
    }

    private Optional<AccessToken> load(String id) {
        byte[] hash = Base64.getUrlDecoder().decode(id);
        return database.sql("""
                with used as (
                  update identity.app_authorization set last_used_at = now()
                  where id = (select authorization_id from identity.access_token where hash = ?)
                    and (last_used_at is null or last_used_at < now() - interval '30 seconds'))
                """ + TOKEN + """
                where t.hash = ? and t.revoked_at is null and a.revoked_at is null and p.state = 'ACTIVE' and t.expires_at > ?
                  and (u.enabled or a.grant_type = 'client_credentials')
                  and (u.kind is distinct from 'MEMBER' or a.patient is null or a.patient in (u.patient, own.survivor)
                    or r.account_id is not null and (r.valid_until is null or r.valid_until > ?))""")
                .params(hash, hash, IdentityDatabase.at(clock.instant()), IdentityDatabase.at(clock.instant()))
                .query((row, n) -> token(id, row)).optional();
    }

    @Override
    public Optional<Ended> ended(String bearer) {
        if (bearer.isEmpty() || bearer.length() > LONGEST_TOKEN) {
            return Optional.empty();
        }
        String id = Secrets.hashText(bearer);
        return database.sql("""
                with ended as (""" + TOKEN + """
                where t.hash = :hash)
                select ended.*, case
                    when (select coalesce(t.revoked_at, a.revoked_at) from identity.access_token t join identity.app_authorization a on a.id = t.authorization_id where t.hash = :hash) is not null then 'revoked'
                    when (select state from identity.app where client_id = ended.client_id) <> 'ACTIVE' then 'suspended'
                    when expires_at <= :now then 'expired' else 'closed' end as why
                from ended""")
                .param("hash", Base64.getUrlDecoder().decode(id)).param("now", IdentityDatabase.at(clock.instant()))
                .query((row, n) -> new Ended(token(id, row), row.getString("why"))).optional();
    }

    private static AccessToken token(String id, ResultSet row) throws SQLException {
        boolean forItself = row.getString("grant_type").equals("client_credentials");
        return new AccessToken(id, row.getString("client_id"), row.getString("name"), forItself ? null : row.getString("principal"),
                row.getString("fhir_user"), row.getString("patient"), scopes(row),
                row.getString("base"), Objects.requireNonNull(IdentityDatabase.instant(row, "issued_at")),
                Objects.requireNonNull(IdentityDatabase.instant(row, "expires_at")), row.getString("id"), row.getString("relation"),
                SensitiveCategory.named(IdentityDatabase.texts(row, "withhold")));
    }

    /** What was granted, less what has gone from the app's registration since. Those of a sandbox's tokens for persons follow from no request of the app's. */
    private static SmartScopes scopes(ResultSet row) throws SQLException {
        SmartScopes granted = SmartScopes.parse(IdentityDatabase.texts(row, "scopes"));
        return row.getString("grant_type").equals(SandboxTokens.GRANT) ? granted : granted.within(SmartScopes.parse(IdentityDatabase.texts(row, "registered")));
    }

    void heardAt(long nanoTime) {
        heardAt = nanoTime;
    }

    void forgetAll() {
        generation.incrementAndGet();
        cache.invalidateAll();
    }

    /** @param payload {@code app:} or {@code authorization:} and its id */
    void forget(String payload) {
        generation.incrementAndGet();
        int colon = payload.indexOf(':');
        String id = payload.substring(colon + 1);
        if (payload.startsWith("app:")) {
            cache.asMap().values().removeIf(token -> token.clientId().equals(id));
        } else {
            cache.asMap().values().removeIf(token -> token.consentId().equals(id));
        }
    }
}
