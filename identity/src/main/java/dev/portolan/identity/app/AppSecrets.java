package dev.portolan.identity.app;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.key.Secrets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Client secrets: shown once, kept as hashes, several at a time so that one can follow another without an interruption. */
@Component
public class AppSecrets {
    /** How long a new secret works. */
    public static final Duration LIFE = Duration.ofDays(365);
    /** How many may work at a time. */
    static final int AT_MOST = 3;

    private final IdentityDatabase database;
    private final Clock clock;

    AppSecrets(IdentityDatabase database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** What may be told of a secret after it was issued; {@code hint} is its last four characters. */
    public record Listed(String id, String hint, Instant createdAt, Instant expiresAt, @Nullable Instant revokedAt) {}

    /** A new secret: the only time that it can be read. */
    public record Issued(String id, String secret, Instant expiresAt) {}

    /** Issues a secret beside those that work already. */
    Issued issue(String clientId, Duration life) {
        String secret = Secrets.random();
        String id = Secrets.id();
        Instant expires = clock.instant().plus(life);
        if (working(clientId).size() >= AT_MOST) {
            throw new AppRejected("invalid_request", "This app has " + AT_MOST + " secrets that work; revoke one first.");
        }
        database.sql("insert into identity.app_secret (id, client_id, hash, hint, expires_at) values (?, ?, ?, ?, ?)")
                .params(id, clientId, Secrets.hashText(secret), secret.substring(secret.length() - 4), IdentityDatabase.at(expires)).update();
        return new Issued(id, secret, expires);
    }

    boolean revoke(String clientId, String id) {
        return database.sql("update identity.app_secret set revoked_at = now() where client_id = ? and id = ? and revoked_at is null")
                .params(clientId, id).update() == 1;
    }

    /** The hashes of the secrets that work now. */
    List<String> working(String clientId) {
        return database.sql("select hash from identity.app_secret where client_id = ? and revoked_at is null and expires_at > ?")
                .params(clientId, IdentityDatabase.at(clock.instant())).query(String.class).list();
    }

    public List<Listed> list(String clientId) {
        return database.sql("""
                select id, hint, created_at, expires_at, revoked_at from identity.app_secret where client_id = ? order by created_at desc""")
                .param(clientId)
                .query((row, n) -> new Listed(row.getString(1), row.getString(2), Objects.requireNonNull(IdentityDatabase.instant(row, "created_at")),
                        Objects.requireNonNull(IdentityDatabase.instant(row, "expires_at")), IdentityDatabase.instant(row, "revoked_at")))
                .list();
    }
}
