package dev.portolan.identity.authorization;

import static dev.portolan.identity.IdentityDatabase.instant;
import static dev.portolan.identity.IdentityDatabase.texts;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.authorization.StoredAuthorizations.StoredRequest;
import dev.portolan.identity.key.Secrets;
import dev.portolan.identity.scope.SmartScopes;
import java.security.MessageDigest;
import java.security.Principal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.stereotype.Component;

/**
 * Reads rows back into what the protocol endpoints work with. A revoked authorization and one of an app that is not active are not there;
 * a token that was not presented in this call has its hash for a value. What an app may no longer ask for is not granted to it any longer either.
 */
@Component
final class AuthorizationRows {
    private final IdentityDatabase database;
    private final AppRegisteredClients clients;
    private final Accounts accounts;

    AuthorizationRows(IdentityDatabase database, AppRegisteredClients clients, Accounts accounts) {
        this.database = database;
        this.clients = clients;
        this.accounts = accounts;
    }

    private record Row(String id, String clientId, String principal, String grantType, List<String> requested, List<String> scopes,
                       @Nullable String request, String context, byte @Nullable [] codeHash, @Nullable Instant codeIssued,
                       @Nullable Instant codeExpires, @Nullable Instant codeUsed, int version, @Nullable Instant grantedAt,
                       StoredAuthorizations.@Nullable Moved moved) {}

    private record TokenRow(byte[] hash, Instant issued, Instant expires, @Nullable Instant ended, List<String> scopes) {}

    /** @param presented the token that was presented in this call, if any */
    Optional<OAuth2Authorization> find(String condition, Object parameter, @Nullable String presented) {
        return database.sql("""
                select id, client_id, principal, grant_type, requested_scopes, scopes, request, context, code_hash, code_issued_at,
                  code_expires_at, code_used_at, version, granted_at, survivor, moved_at
                from identity.app_authorization left join identity.moved_patient on merged = patient
                where revoked_at is null and (granted_until is null or granted_until > now()) and\s""" + condition)
                .param(parameter).query(AuthorizationRows::row).optional().flatMap(row -> build(row, presented));
    }

    private static Row row(ResultSet r, int n) throws SQLException {
        return new Row(r.getString("id"), r.getString("client_id"), r.getString("principal"), r.getString("grant_type"),
                texts(r, "requested_scopes"), texts(r, "scopes"), r.getString("request"), r.getString("context"), r.getBytes("code_hash"),
                instant(r, "code_issued_at"), instant(r, "code_expires_at"), instant(r, "code_used_at"), r.getInt("version"), instant(r, "granted_at"),
                r.getString("survivor") == null ? null : new StoredAuthorizations.Moved(r.getString("survivor"), Objects.requireNonNull(instant(r, "moved_at"))));
    }

    private Optional<OAuth2Authorization> build(Row row, @Nullable String presented) {
        RegisteredClient client = clients.findById(row.clientId());
        if (client == null) {
            return Optional.empty();
        }
        OAuth2Authorization.Builder builder = OAuth2Authorization.withRegisteredClient(client).id(row.id()).principalName(row.principal())
                .authorizationGrantType(new AuthorizationGrantType(row.grantType())).authorizedScopes(new LinkedHashSet<>(SmartScopes.parse(row.scopes()).within(SmartScopes.parse(client.getScopes())).texts()))
                .attribute(StoredAuthorizations.VERSION, row.version())
                .attribute(StoredAuthorizations.CONTEXT, StoredAuthorizations.JSON.readValue(row.context(), SmartContext.class));
        if (row.grantedAt() != null) {
            builder.attribute(StoredAuthorizations.GRANTED_AT, row.grantedAt());
        }
        if (row.moved() != null) {
            builder.attribute(StoredAuthorizations.MOVED, row.moved());
        }
        if (row.request() != null) {
            builder.attribute(OAuth2AuthorizationRequest.class.getName(), request(row));
            Optional<Account> account = accounts.find(row.principal());
            if (account.isEmpty()) {
                return Optional.empty(); // the account was closed: its authorizations ended with it
            }
            Authentication person = UsernamePasswordAuthenticationToken.authenticated(account.get(), null, List.of());
            builder.attribute(Principal.class.getName(), person);
        }
        addTokens(builder, row, presented);
        return Optional.of(builder.build());
    }

    private static OAuth2AuthorizationRequest request(Row row) {
        StoredRequest stored = StoredAuthorizations.JSON.readValue(row.request(), StoredRequest.class);
        return OAuth2AuthorizationRequest.authorizationCode().authorizationUri(stored.authorizationUri()).clientId(row.clientId())
                .redirectUri(stored.redirectUri()).state(stored.state()).scopes(new LinkedHashSet<>(row.requested()))
                .additionalParameters(Map.copyOf(stored.parameters())).build();
    }

    private void addTokens(OAuth2Authorization.Builder builder, Row row, @Nullable String presented) {
        if (row.codeHash() != null) {
            OAuth2AuthorizationCode code = new OAuth2AuthorizationCode(value(row.codeHash(), presented), row.codeIssued(),
                    Objects.requireNonNull(row.codeExpires()));
            builder.token(code, metadata -> metadata.put(OAuth2Authorization.Token.INVALIDATED_METADATA_NAME, row.codeUsed() != null));
        }
        token("select hash, issued_at, expires_at, revoked_at, scopes from identity.access_token", row.id(), presented).ifPresent(t -> {
            Set<String> scopes = new LinkedHashSet<>(t.scopes());
            builder.token(new OAuth2AccessToken(OAuth2AccessToken.TokenType.BEARER, value(t.hash(), presented), t.issued(), t.expires(), scopes),
                    metadata -> metadata.put(OAuth2Authorization.Token.INVALIDATED_METADATA_NAME, t.ended() != null));
        });
        token("select hash, issued_at, expires_at, used_at, null::text[] from identity.refresh_token", row.id(), presented).ifPresent(t -> {
            String value = value(t.hash(), presented);
            // One that was used is worth nothing to whom it is shown to; its app may still revoke by it all that came of it.
            boolean over = t.ended() != null && value.equals(presented);
            builder.token(new OAuth2RefreshToken(value, t.issued(), t.expires()), metadata -> metadata.put(OAuth2Authorization.Token.INVALIDATED_METADATA_NAME, over));
        });
    }

    /** The token that was presented, or else the newest. */
    private Optional<TokenRow> token(String select, String id, @Nullable String presented) {
        byte[] wanted = presented == null ? new byte[0] : Secrets.hash(presented);
        return database.sql(select + " where authorization_id = ? order by hash = ? desc, issued_at desc limit 1").params(id, wanted)
                .query((r, n) -> new TokenRow(r.getBytes(1), Objects.requireNonNull(instant(r, "issued_at")),
                        Objects.requireNonNull(instant(r, "expires_at")), r.getTimestamp(4) == null ? null : r.getTimestamp(4).toInstant(),
                        r.getArray(5) == null ? List.of() : List.of((String[]) r.getArray(5).getArray())))
                .optional();
    }

    private static String value(byte[] hash, @Nullable String presented) {
        return presented != null && MessageDigest.isEqual(hash, Secrets.hash(presented)) ? presented
                : StoredAuthorizations.HASHED + HexFormat.of().formatHex(hash);
    }
}
