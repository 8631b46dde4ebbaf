package dev.portolan.identity.key;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The keys that identity tokens are signed with, shared by all nodes through the database. A rotated key stays published for a day, so that
 * tokens signed with it can still be checked (requirement: overlap of at least 24 hours).
 */
@Component
public final class SigningKeys implements JWKSource<SecurityContext> {
    /** How long a retired key is still published. */
    public static final Duration OVERLAP = Duration.ofHours(24);
    /** How long a node may go without looking for keys that another node made, and signs with: whoever got a token of that one may ask this one for its key. */
    private static final Duration REREAD = Duration.ofSeconds(1);

    private record Snapshot(List<JWK> active, List<JWK> published, Instant readAt) {}

    private final IdentityDatabase database;
    private final Vault vault;
    private final SecurityEvents events;
    private final Clock clock;
    private volatile @Nullable Snapshot snapshot;

    SigningKeys(IdentityDatabase database, Vault vault, SecurityEvents events, Clock clock) {
        this.database = database;
        this.vault = vault;
        this.events = events;
        this.clock = clock;
        if (keys().active().isEmpty()) {
            rotate("server start");
        }
    }

    /** Makes a new key; from now on it signs. */
    public String rotate(String actor) {
        try {
            JWK key = newRsa();
            database.inTransaction(() -> {
                // One node at a time: two that start together on an empty database make one key, not two.
                database.sql("select pg_advisory_xact_lock(hashtext('identity.signing_key'))").query().singleRow();
                boolean first = actor.equals("server start");
                if (first && database.sql("select count(*) from identity.signing_key where retired_at is null").query(Long.class).single() > 0) {
                    return;
                }
                database.sql("update identity.signing_key set retired_at = now() where retired_at is null").update();
                database.sql("insert into identity.signing_key (kid, algorithm, private_jwk) values (?, ?, ?)")
                        .params(key.getKeyID(), key.getAlgorithm().getName(), vault.seal(key.toJSONString().getBytes(StandardCharsets.UTF_8)))
                        .update();
                events.record(SecurityEvent.Type.KEY_CHANGED, true, null, actor, null, null, Map.of("kid", key.getKeyID(), "action", "rotate"));
            });
            snapshot = null;
            return key.getKeyID();
        } catch (JOSEException e) {
            throw new IllegalStateException("no signing key could be made", e);
        }
    }

    private static JWK newRsa() throws JOSEException {
        return new com.nimbusds.jose.jwk.gen.RSAKeyGenerator(2048).keyUse(KeyUse.SIGNATURE).algorithm(JWSAlgorithm.RS256)
                .keyID(Secrets.id()).generate();
    }

    /** The key that signs now. */
    public RSAKey current() {
        return keys().active().get(0).toRSAKey();
    }

    /** What is published: keys that sign, and those that signed within the overlap. */
    public JWKSet published() {
        return new JWKSet(keys().published()).toPublicJWKSet();
    }

    @Override
    public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context) {
        return selector.select(new JWKSet(keys().published()));
    }

    private Snapshot keys() {
        Snapshot current = snapshot;
        Instant now = clock.instant();
        if (current == null || current.readAt().plus(REREAD).isBefore(now)) {
            List<JWK> active = read("retired_at is null", null);
            List<JWK> published = read("retired_at is null or retired_at > ?", now.minus(OVERLAP));
            current = new Snapshot(active, published, now);
            snapshot = active.isEmpty() ? null : current;
        }
        return current;
    }

    private List<JWK> read(String condition, @Nullable Instant since) {
        var query = database.sql("select private_jwk from identity.signing_key where " + condition + " order by created_at desc");
        return (since == null ? query : query.param(IdentityDatabase.at(since))).query((row, n) -> {
            try {
                return JWK.parse(new String(vault.open(row.getBytes(1)), StandardCharsets.UTF_8));
            } catch (ParseException e) {
                throw new IllegalStateException("a signing key in the database cannot be read; was the encryption key changed?", e);
            }
        }).list();
    }
}
