package dev.portolan.identity.authorization;

import static dev.portolan.identity.IdentityDatabase.array;
import static dev.portolan.identity.IdentityDatabase.atOrNull;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.key.Secrets;
import dev.portolan.identity.token.Revocations;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.OAuth2Token;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * Authorizations in the database. Tokens and codes are kept as hashes; one that was used twice ends everything that came of it
 * (RFC 6749, 4.1.2 and 10.4; OAuth 2.0 Security Best Current Practice, 4.14).
 */
@Component
final class StoredAuthorizations implements OAuth2AuthorizationService {
    /** Attribute: the row's version when it was read; a row that changed meanwhile is not written. */
    static final String VERSION = "dev.portolan.version";
    /** Attribute: the {@link SmartContext}. */
    static final String CONTEXT = "dev.portolan.context";
    /** Attribute, if the member was merged: the {@link Moved}. The context itself stays as it was given. */
    static final String MOVED = "dev.portolan.moved";
    /** Attribute: when the member agreed. */
    static final String GRANTED_AT = "dev.portolan.granted-at";
    /** What stands for a token whose value nobody knows any more. */
    static final String HASHED = "hash:";
    static final JsonMapper JSON = JsonMapper.builder().build();

    private final IdentityDatabase database;
    private final AuthorizationRows rows;
    private final Revocations revocations;
    private final SecurityEvents events;

    StoredAuthorizations(IdentityDatabase database, AuthorizationRows rows, Revocations revocations, SecurityEvents events) {
        this.database = database;
        this.rows = rows;
        this.revocations = revocations;
        this.events = events;
    }

    /** Whom the sign-ins of an authorization's member act for, and since when. */
    record Moved(String survivor, Instant at) {}

    /** An authorization request as it is stored. */
    record StoredRequest(String authorizationUri, @Nullable String redirectUri, @Nullable String state, Map<String, String> parameters) {}

    @Override
    public void save(OAuth2Authorization authorization) {
        database.inTransaction(() -> {
            Integer version = authorization.getAttribute(VERSION);
            if (version == null) {
                insert(authorization);
            } else if (update(authorization, version) == 0) {
                // Somebody else used the same code or refresh token at the same moment: one of the two is not the app.
                throw new OAuth2AuthenticationException(new OAuth2Error(OAuth2ErrorCodes.INVALID_GRANT, "The grant was used already.", null));
            }
            saveTokens(authorization);
        });
    }

    private void insert(OAuth2Authorization a) {
        OAuth2AuthorizationRequest request = a.getAttribute(OAuth2AuthorizationRequest.class.getName());
        bind("""
                insert into identity.app_authorization (id, client_id, principal, grant_type, base, patient, requested_scopes, scopes, request,
                  context, state_hash, code_hash, code_issued_at, code_expires_at, code_used_at, granted_until, granted_at)
                values (:id, :client, :principal, :grant, :base, :patient, :requested, :scopes, :request::jsonb,
                  :context::jsonb, :state, :code, :codeIssued, :codeExpires, :codeUsed, :until, :granted)""", a)
                .param("client", a.getRegisteredClientId()).param("principal", a.getPrincipalName())
                .param("grant", a.getAuthorizationGrantType().getValue())
                .param("base", request == null ? null : AudienceRule.base(request))
                .param("requested", array(request == null ? a.getAuthorizedScopes() : request.getScopes()))
                .param("request", request == null ? null : JSON.writeValueAsString(stored(request)))
                .update();
    }

    private int update(OAuth2Authorization a, int version) {
        return bind("""
                update identity.app_authorization set scopes = :scopes, patient = :patient, context = :context::jsonb, state_hash = :state,
                  code_hash = :code, code_issued_at = :codeIssued, code_expires_at = :codeExpires, code_used_at = coalesce(code_used_at, :codeUsed),
                  granted_until = :until, granted_at = coalesce(granted_at, :granted), version = version + 1
                where id = :id and version = :version and revoked_at is null""", a).param("version", version).update();
    }

    private org.springframework.jdbc.core.simple.JdbcClient.StatementSpec bind(String sql, OAuth2Authorization a) {
        SmartContext context = Objects.requireNonNullElse(a.getAttribute(CONTEXT), SmartContext.EMPTY);
        String state = a.getAttribute("state");
        OAuth2Authorization.Token<OAuth2AuthorizationCode> code = a.getToken(OAuth2AuthorizationCode.class);
        boolean granted = code != null || a.getAccessToken() != null;
        return database.sql(sql).param("id", a.getId()).param("scopes", array(a.getAuthorizedScopes())).param("patient", context.patient())
                .param("context", JSON.writeValueAsString(context)).param("state", state == null ? null : Secrets.hash(state))
                .param("code", code == null ? null : hash(code.getToken()))
                .param("codeIssued", code == null ? null : atOrNull(code.getToken().getIssuedAt()))
                .param("codeExpires", code == null ? null : atOrNull(code.getToken().getExpiresAt()))
                .param("codeUsed", code != null && code.isInvalidated() ? IdentityDatabase.at(Instant.now()) : null)
                .param("until", atOrNull(context.grantedUntil()))
                .param("granted", granted ? IdentityDatabase.at(Instant.now()) : null);
    }

    private static StoredRequest stored(OAuth2AuthorizationRequest request) {
        Map<String, String> parameters = new HashMap<>();
        request.getAdditionalParameters().forEach((name, value) -> {
            if (value instanceof String text) {
                parameters.put(name, text);
            }
        });
        return new StoredRequest(request.getAuthorizationUri(), request.getRedirectUri(), request.getState(), parameters);
    }

    private void saveTokens(OAuth2Authorization a) {
        OAuth2Authorization.Token<OAuth2RefreshToken> refresh = a.getRefreshToken();
        if (refresh != null && refresh.isInvalidated()) {
            revocations.authorization(a.getId(), a.getRegisteredClientId(), "revoked by the app, or a code was used twice");
            return;
        }
        if (refresh != null && !refresh.getToken().getTokenValue().startsWith(HASHED)) {
            saveRefresh(a.getId(), refresh.getToken());
        }
        OAuth2Authorization.Token<OAuth2AccessToken> access = a.getAccessToken();
        if (access != null && access.isInvalidated()) {
            revocations.accessToken(hash(access.getToken()), a.getId());
        } else if (access != null && !access.getToken().getTokenValue().startsWith(HASHED)) {
            database.sql("""
                    insert into identity.access_token (hash, authorization_id, scopes, issued_at, expires_at) values (?, ?, ?, ?, ?)
                    on conflict do nothing""")
                    .params(hash(access.getToken()), a.getId(), array(access.getToken().getScopes()), atOrNull(access.getToken().getIssuedAt()),
                            atOrNull(access.getToken().getExpiresAt())).update();
        }
    }

    private void saveRefresh(String id, OAuth2RefreshToken token) {
        int isNew = database.sql("""
                insert into identity.refresh_token (hash, authorization_id, issued_at, expires_at) values (?, ?, ?, ?) on conflict do nothing""")
                .params(hash(token), id, atOrNull(token.getIssuedAt()), atOrNull(token.getExpiresAt())).update();
        if (isNew == 1) {
            database.sql("update identity.refresh_token set used_at = now() where authorization_id = ? and hash <> ? and used_at is null")
                    .params(id, hash(token)).update();
        }
    }

    private static byte[] hash(OAuth2Token token) {
        String value = token.getTokenValue();
        return value.startsWith(HASHED) ? java.util.HexFormat.of().parseHex(value.substring(HASHED.length())) : Secrets.hash(value);
    }

    @Override
    public void remove(OAuth2Authorization authorization) {
        revocations.authorization(authorization.getId(), authorization.getPrincipalName(), "declined");
    }

    @Override
    public @Nullable OAuth2Authorization findById(String id) {
        return rows.find("id = ?", id, null).orElse(null);
    }

    @Override
    public @Nullable OAuth2Authorization findByToken(String token, @Nullable OAuth2TokenType type) {
        byte[] hash = Secrets.hash(token);
        Optional<OAuth2Authorization> found = Optional.empty();
        if (type != null && type.getValue().equals("state")) {
            return rows.find("state_hash = ? and created_at > now() - interval '1 hour'", hash, null).orElse(null);
        }
        if (type != null && type.getValue().equals("code")) {
            return rows.find("code_hash = ?", hash, token).orElse(null);
        }
        if (type == null || OAuth2TokenType.REFRESH_TOKEN.equals(type)) {
            found = byRefreshToken(hash, token, type != null);
        }
        if (found.isEmpty() && (type == null || OAuth2TokenType.ACCESS_TOKEN.equals(type))) {
            found = rows.find("""
                    id = (select authorization_id from identity.access_token where hash = ? and revoked_at is null)""", hash, token);
        }
        return found.orElse(null);
    }

    /** @param redeemed whether it is used at the token endpoint: who asks about a token, or revokes it, does not use it, and may be anybody */
    private Optional<OAuth2Authorization> byRefreshToken(byte[] hash, String token, boolean redeemed) {
        record Found(String id, boolean used, @Nullable String clientId) {}
        Optional<Found> known = database.sql("""
                select r.authorization_id, r.used_at is not null, a.client_id from identity.refresh_token r
                join identity.app_authorization a on a.id = r.authorization_id where r.hash = ?""").param(hash)
                .query((row, n) -> new Found(row.getString(1), row.getBoolean(2), row.getString(3))).optional();
        if (redeemed && known.isPresent() && known.get().used()) {
            // Used twice: either the app or a thief holds a copy, and nobody can tell which. Both lose.
            events.record(SecurityEvent.Type.TOKEN_REUSED, false, known.get().clientId(), null, null, known.get().id(), Map.of());
            revocations.authorization(known.get().id(), "server", "a refresh token was used twice");
            return Optional.empty();
        }
        // An app that may not look while nobody is there any more has nothing to refresh.
        return known.flatMap(f -> rows.find("id = ?", f.id(), token)).filter(a -> !redeemed || a.getAuthorizedScopes().contains("offline_access") || a.getAuthorizedScopes().contains("online_access"));
    }
}
