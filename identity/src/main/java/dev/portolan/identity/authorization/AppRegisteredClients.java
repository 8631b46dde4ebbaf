package dev.portolan.identity.authorization;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppCredentials;
import dev.portolan.identity.app.Apps;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.stereotype.Component;

/** Apps as the protocol endpoints see them. An app that is not active does not exist here, so nothing can be had for it. */
@Component
final class AppRegisteredClients implements RegisteredClientRepository {
    /** RFC 6749, 4.1.2, recommends ten minutes at most; a minute is enough for a browser's redirect. */
    private static final Duration CODE_LIFE = Duration.ofSeconds(60);

    private final Apps apps;
    private final AppCredentials credentials;
    private final IdentityProperties properties;

    AppRegisteredClients(Apps apps, AppCredentials credentials, IdentityProperties properties) {
        this.apps = apps;
        this.credentials = credentials;
        this.properties = properties;
    }

    @Override
    public void save(RegisteredClient client) {
        throw new UnsupportedOperationException("apps are registered through AppLifecycle");
    }

    @Override
    public @Nullable RegisteredClient findById(String id) {
        return findByClientId(id);
    }

    @Override
    public @Nullable RegisteredClient findByClientId(String clientId) {
        return apps.find(clientId).filter(app -> app.state() == App.State.ACTIVE).map(this::client).orElse(null);
    }

    private RegisteredClient client(App app) {
        RegisteredClient.Builder builder = RegisteredClient.withId(app.clientId()).clientId(app.clientId()).clientName(app.name())
                .clientIdIssuedAt(app.createdAt())
                .redirectUris(uris -> uris.addAll(app.redirectUris()))
                .scopes(scopes -> scopes.addAll(app.scopes().texts()))
                .clientSettings(ClientSettings.builder().requireProofKey(true).requireAuthorizationConsent(true)
                        .tokenEndpointAuthenticationSigningAlgorithm(SignatureAlgorithm.RS384).build())
                .tokenSettings(TokenSettings.builder().authorizationCodeTimeToLive(CODE_LIFE).accessTokenTimeToLive(properties.accessTokenLife())
                        .refreshTokenTimeToLive(properties.refreshTokenLife()).reuseRefreshTokens(false).build());
        app.grantTypes().forEach(grant -> builder.authorizationGrantType(new AuthorizationGrantType(grant)));
        switch (app.authMethod()) {
            case NONE -> builder.clientAuthenticationMethod(ClientAuthenticationMethod.NONE);
            // Both ways of sending a secret are equally good, and libraries choose between them.
            case CLIENT_SECRET_BASIC, CLIENT_SECRET_POST -> builder.clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
                    .clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_POST)
                    .clientSecret(credentials.workingSecretHashes(app.clientId()));
            case PRIVATE_KEY_JWT -> builder.clientAuthenticationMethod(ClientAuthenticationMethod.PRIVATE_KEY_JWT);
        }
        return builder.build();
    }
}
