package dev.portolan.server;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import dev.portolan.bulkdata.ExportAuthority;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.members.TokenGrants;
import dev.portolan.members.consent.ConsentedGrants;
import dev.portolan.members.consent.Exit;
import dev.portolan.store.Grant;

/**
 * The right of an app that acts for itself, as it is now: the app is active, may still ask for the scopes that its token held, and these are made a grant anew. The token itself may have expired meanwhile: it is for minutes, an
 * export may take hours. Who signed in as a person has no exports.
 */
final class AppStanding implements ExportAuthority {

    private static final String ANY_TOKEN = "";

    private final Apps apps;
    private final TokenGrants grants;
    private final ConsentedGrants consented;
    private final @Nullable Grant open;
    private final Map<String, Door> doors;

    /**
     * How rights are made at a base.
     *
     * @param narrowed by the base's own policy
     */
    record Door(Exit.Api api, UnaryOperator<Grant> narrowed) {}

    /**
     * @param open the right of whoever shows no token; null if there is none
     * @param doors by the name of the base; bases that are not named are the plan's own
     */
    AppStanding(Apps apps, TokenGrants grants, ConsentedGrants consented, @Nullable Grant open, Map<String, Door> doors) {
        this.apps = apps;
        this.grants = grants;
        this.consented = consented;
        this.open = open;
        this.doors = Map.copyOf(doors);
    }

    @Override
    public Optional<Grant> renew(Caller caller) {
        Door door = doors.getOrDefault(caller.base(), new Door(Exit.Api.PLAN, UnaryOperator.identity()));
        if (open != null && open.app().equals(caller.app())) {
            return Optional.of(door.narrowed().apply(open));
        }
        if (caller.person() != null) {
            return Optional.empty();
        }
        SmartScopes held = SmartScopes.parse(caller.scopes());
        return apps.find(caller.app()).filter(app -> app.state() == App.State.ACTIVE && held.values().stream().allMatch(app.scopes()::covers)).map(app -> {
            String consent = caller.consents().stream().findFirst().orElse(ANY_TOKEN);
            AccessToken token = new AccessToken(caller.grantId(), app.clientId(), app.name(), null, null, null, held, null, Instant.now(), Instant.now(), consent, null);
            return door.narrowed().apply(consented.of(grants.of(token, door.api()), token, door.api()));
        });
    }
}
