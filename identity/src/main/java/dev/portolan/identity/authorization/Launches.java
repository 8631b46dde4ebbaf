package dev.portolan.identity.authorization;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.app.App;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.key.Secrets;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.util.UriComponentsBuilder;
import org.springframework.web.util.UriUtils;

/** Launch contexts of an EHR launch: opaque, short-lived, used once. */
@Component
class Launches {
    static final Duration LIFE = Duration.ofMinutes(5);

    private final IdentityDatabase database;
    private final SecurityEvents events;
    private final Clock clock;

    Launches(IdentityDatabase database, SecurityEvents events, Clock clock) {
        this.database = database;
        this.events = events;
        this.clock = clock;
    }

    /** @param clientId the only app that may use it; null: any */
    String create(SmartContext context, @Nullable String clientId, String createdBy) {
        String launch = Secrets.random();
        database.sql("insert into identity.launch_context (hash, client_id, created_by, context, expires_at) values (?, ?, ?, ?::jsonb, ?)")
                .params(Arrays.asList(Secrets.hash(launch), clientId, createdBy, StoredAuthorizations.JSON.writeValueAsString(context),
                        IdentityDatabase.at(clock.instant().plus(LIFE)))).update();
        events.record(SecurityEvent.Type.LAUNCH_CREATED, true, clientId, createdBy, context.patient(), null, Map.of());
        return launch;
    }

    /** Where the app is started, with {@code iss} and {@code launch}; empty if it has no launch address. */
    static Optional<String> address(App app, String iss, String launch) {
        return Optional.ofNullable(app.launchUri()).map(uri -> UriComponentsBuilder.fromUriString(URI.create(uri).toASCIIString())
                .queryParam("iss", UriUtils.encode(iss, StandardCharsets.UTF_8)).queryParam("launch", UriUtils.encode(launch, StandardCharsets.UTF_8)).build(true).toUriString());
    }

    Optional<SmartContext> peek(String launch, String clientId) {
        return read("select context from identity.launch_context", launch, clientId);
    }

    /** Uses a launch up. Empty if it was used meanwhile. */
    Optional<SmartContext> use(String launch, String clientId) {
        return read("update identity.launch_context set used_at = now()", launch, clientId);
    }

    private Optional<SmartContext> read(String verb, String launch, String clientId) {
        String condition = " where hash = ? and used_at is null and expires_at > ? and (client_id is null or client_id = ?)";
        return database.sql(verb + condition + (verb.startsWith("update") ? " returning context" : ""))
                .params(Secrets.hash(launch), IdentityDatabase.at(clock.instant()), clientId)
                .query(String.class).optional().map(json -> StoredAuthorizations.JSON.readValue(json, SmartContext.class));
    }
}
