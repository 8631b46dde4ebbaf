package dev.portolan.identity.app;

import static dev.portolan.identity.IdentityDatabase.array;
import static dev.portolan.identity.IdentityDatabase.atOrNull;
import static dev.portolan.identity.IdentityDatabase.instant;
import static dev.portolan.identity.IdentityDatabase.texts;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.NulCharacter;
import dev.portolan.identity.scope.SmartScopes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The apps in the database. What may be done to them, and what follows from it, is {@link AppLifecycle}'s. */
@Component
public class Apps {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final IdentityDatabase database;

    Apps(IdentityDatabase database) {
        this.database = database;
    }

    public Optional<App> find(String clientId) {
        return find(clientId, "");
    }

    /** The same, and nobody changes it until the transaction ends: what is written back is what it is. */
    Optional<App> locked(String clientId) {
        return find(clientId, " for update");
    }

    private Optional<App> find(String clientId, String how) {
        // An app's name in HTTP Basic is decoded long after the parameters were looked at.
        return NulCharacter.isIn(clientId) ? Optional.empty()
                : database.sql("select * from identity.app where client_id = ?" + how).param(clientId).query(Apps::app).optional();
    }

    public List<App> all() {
        return database.sql("select * from identity.app order by created_at desc").query(Apps::app).list();
    }

    public List<App> ofDeveloper(String accountId) {
        return database.sql("select * from identity.app where developer_id = ? order by created_at desc").param(accountId)
                .query(Apps::app).list();
    }

    /** False if there is one with its client id, also one that was made at the same moment. */
    boolean add(App app) {
        return write(app, "nothing") == 1;
    }

    /** Adds an app, or replaces what stands under its client id. */
    void save(App app) {
        write(app, """
                update set name = excluded.name, kind = excluded.kind, environment = excluded.environment,
                  state = excluded.state, review = excluded.review, auth_method = excluded.auth_method, grant_types = excluded.grant_types,
                  scopes = excluded.scopes, redirect_uris = excluded.redirect_uris, launch_uri = excluded.launch_uri,
                  jwks_uri = excluded.jwks_uri, jwks = excluded.jwks, metadata = excluded.metadata, attestation = excluded.attestation,
                  submitted_at = excluded.submitted_at""");
    }

    /** @param otherwise what is done if there is one: a constant of this class */
    private int write(App app, String otherwise) {
        return database.sql("""
                insert into identity.app (client_id, name, kind, environment, state, review, auth_method, grant_types, scopes, redirect_uris,
                  launch_uri, jwks_uri, jwks, metadata, attestation, developer_id, created_at, submitted_at, created_by)
                values (:id, :name, :kind, :environment, :state, :review, :method, :grants, :scopes, :redirects,
                  :launch, :jwksUri, :jwks::jsonb, :metadata::jsonb, :attestation::jsonb, :developer, :created, :submitted, :by)
                on conflict (client_id) do\s""" + otherwise)
                .param("id", app.clientId()).param("name", app.name()).param("kind", app.kind().name())
                .param("environment", app.environment().name()).param("state", app.state().name()).param("review", app.review().name())
                .param("method", app.authMethod().name()).param("grants", array(app.grantTypes()))
                .param("scopes", array(app.scopes().texts())).param("redirects", array(app.redirectUris()))
                .param("launch", app.launchUri()).param("jwksUri", app.jwksUri()).param("jwks", app.jwks())
                .param("metadata", JSON.writeValueAsString(app.metadata())).param("attestation", JSON.writeValueAsString(app.attestation()))
                .param("developer", app.developerId()).param("created", IdentityDatabase.at(app.createdAt()))
                .param("submitted", atOrNull(app.submittedAt())).param("by", app.createdBy())
                .update();
    }

    private static App app(ResultSet row, int n) throws SQLException {
        return new App(row.getString("client_id"), row.getString("name"), App.Kind.valueOf(row.getString("kind")),
                App.Environment.valueOf(row.getString("environment")), App.State.valueOf(row.getString("state")),
                App.Review.valueOf(row.getString("review")), App.AuthMethod.valueOf(row.getString("auth_method").toUpperCase(Locale.ROOT)),
                texts(row, "grant_types"), SmartScopes.parse(texts(row, "scopes")), texts(row, "redirect_uris"), row.getString("launch_uri"),
                row.getString("jwks_uri"), row.getString("jwks"), JSON.readValue(row.getString("metadata"), App.Metadata.class),
                JSON.readValue(row.getString("attestation"), new TypeReference<>() {}), row.getString("developer_id"),
                Objects.requireNonNull(instant(row, "created_at")), instant(row, "submitted_at"), row.getString("created_by"));
    }
}
