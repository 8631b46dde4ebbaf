package dev.portolan.identity.app;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.scope.SmartScopes;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;

/** Changes of apps that wait for a decision, one for each app at most: a later wish takes the place of an earlier one. What is decided is {@link AppLifecycle}'s. */
@Component
final class HeldChanges {
    private final IdentityDatabase database;

    HeldChanges(IdentityDatabase database) {
        this.database = database;
    }

    /**
     * @param wanted       the whole registration, under the names of RFC 7591
     * @param reviewBefore how far the app's review was when it was asked for
     */
    record Held(Map<String, Object> wanted, Instant askedAt, App.Review reviewBefore) {

        /** The app as it would be. */
        App of(App now) {
            AppRequest r = ClientMetadata.read(wanted);
            App.AuthMethod method = Arrays.stream(App.AuthMethod.values()).filter(each -> each.value().equals(r.authMethod())).findFirst().orElse(now.authMethod());
            return new App(now.clientId(), Objects.requireNonNullElse(r.name(), ""), now.kind(), now.environment(), now.state(), now.review(), method, Objects.requireNonNullElse(r.grantTypes(), List.of()),
                    SmartScopes.parse(Objects.requireNonNullElse(r.scope(), "")), Objects.requireNonNullElse(r.redirectUris(), List.of()), r.launchUri(), r.jwksUri(), r.jwks(),
                    Objects.requireNonNullElse(r.metadata(), App.Metadata.EMPTY), Objects.requireNonNullElse(r.attestation(), Map.of()), now.developerId(), now.createdAt(), now.submittedAt(), now.createdBy());
        }
    }

    Optional<Held> find(String clientId) {
        return database.sql("select wanted, asked_at, review_before from identity.app_change where client_id = ?").param(clientId)
                .query((row, n) -> new Held(ClientMetadata.JSON.readValue(row.getString("wanted"), new TypeReference<Map<String, Object>>() {}),
                        Objects.requireNonNull(IdentityDatabase.instant(row, "asked_at")), App.Review.valueOf(row.getString("review_before")))).optional();
    }

    void keep(App wanted, String askedBy, Instant now, App.Review before) {
        database.sql("""
                insert into identity.app_change (client_id, wanted, asked_at, asked_by, review_before) values (?, ?::jsonb, ?, ?, ?)
                on conflict (client_id) do update set wanted = excluded.wanted, asked_at = excluded.asked_at, asked_by = excluded.asked_by""")
                .params(wanted.clientId(), ClientMetadata.JSON.writeValueAsString(ClientMetadata.write(wanted)), IdentityDatabase.at(now), askedBy, before.name()).update();
    }

    void drop(String clientId) {
        database.sql("delete from identity.app_change where client_id = ?").param(clientId).update();
    }
}
