package dev.portolan.server;

import java.time.Instant;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.portolan.bulkdata.ExportAuthority;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.members.TokenGrants;
import dev.portolan.store.Grant;

/**
 * The right of an app that acts for itself, as it is now: the app is active, and the scopes that its token held are made a grant anew. The token itself may have expired meanwhile: it is for minutes, an
 * export may take hours. Who signed in as a person has no exports.
 */
final class AppStanding implements ExportAuthority {

    private static final String ANY_TOKEN = "";

    private final Apps apps;
    private final TokenGrants grants;
    private final @Nullable Grant open;

    /** @param open the right of whoever shows no token; null if there is none */
    AppStanding(Apps apps, TokenGrants grants, @Nullable Grant open) {
        this.apps = apps;
        this.grants = grants;
        this.open = open;
    }

    @Override
    public Optional<Grant> renew(Caller caller) {
        if (open != null && open.app().equals(caller.app())) {
            return Optional.of(open);
        }
        if (caller.person() != null) {
            return Optional.empty();
        }
        return apps.find(caller.app()).filter(app -> app.state() == App.State.ACTIVE).map(app -> {
            String consent = caller.consents().stream().findFirst().orElse(ANY_TOKEN);
            AccessToken token = new AccessToken(caller.grantId(), app.clientId(), app.name(), null, null, null, SmartScopes.parse(caller.scopes()), null, Instant.now(), Instant.now(), consent, null);
            return grants.of(token);
        });
    }
}
