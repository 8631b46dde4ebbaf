package dev.portolan.identity.token;

import static dev.portolan.identity.IdentityDatabase.array;
import static dev.portolan.identity.IdentityDatabase.at;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.key.Secrets;
import dev.portolan.identity.scope.SmartScopes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Tokens to try things with, without a sign-in: for a sandbox's first request, tests and measurements. A production server issues none. */
@Component
public final class SandboxTokens {
    /** By which a person's token was given out. */
    static final String GRANT = "sandbox";

    private final IdentityDatabase database;
    private final SecurityEvents events;
    private final Clock clock;
    private final boolean sandbox;

    SandboxTokens(IdentityDatabase database, SecurityEvents events, Clock clock, IdentityProperties properties) {
        this.database = database;
        this.events = events;
        this.clock = clock;
        this.sandbox = properties.environment() == IdentityProperties.Environment.SANDBOX;
    }

    /**
     * @param accountId the person; null for an app that acts for itself
     * @param patient   the member that {@code patient/} scopes are about
     * @param base      the path of the FHIR base; null for all
     * @throws IllegalStateException on a production server
     */
    public String issue(String clientId, @Nullable String accountId, @Nullable String patient, @Nullable String fhirUser, SmartScopes scopes,
                        @Nullable String base, Duration life) {
        if (!sandbox) {
            throw new IllegalStateException("tokens without a sign-in are for a sandbox only");
        }
        String token = Secrets.random();
        String id = Secrets.id();
        Instant now = clock.instant();
        database.inTransaction(() -> {
            database.sql("""
                    insert into identity.app_authorization (id, client_id, principal, grant_type, base, patient, requested_scopes, scopes, context, granted_at)
                    values (?, ?, ?, ?, ?, ?, ?, ?, jsonb_strip_nulls(jsonb_build_object('fhirUser', ?::text, 'patient', ?::text)), ?)""")
                    .params(Arrays.asList(id, clientId, accountId == null ? clientId : accountId, accountId == null ? "client_credentials" : GRANT,
                            base, patient, array(scopes.texts()), array(scopes.texts()), fhirUser, patient, at(now))).update();
            database.sql("insert into identity.access_token (hash, authorization_id, scopes, issued_at, expires_at) values (?, ?, ?, ?, ?)")
                    .params(Secrets.hash(token), id, array(scopes.texts()), at(now), at(now.plus(life))).update();
            events.record(SecurityEvent.Type.TOKEN_ISSUED, true, clientId, accountId, patient, id, Map.of("grant_type", "sandbox", "scope", scopes.text()));
        });
        return token;
    }
}
