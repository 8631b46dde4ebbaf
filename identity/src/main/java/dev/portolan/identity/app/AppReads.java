package dev.portolan.identity.app;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Tells who looked at apps, by an API or on a page, before they see anything (AUD-01). */
@Component
final class AppReads {
    private static final Pattern CLIENT_ID = Pattern.compile("[A-Za-z0-9._~-]{3,64}");

    private final SecurityEvents events;

    AppReads(SecurityEvents events) {
        this.events = events;
    }

    /** @param clientId the app, or null for several */
    void seen(Account who, @Nullable String clientId, String what) {
        events.record(SecurityEvent.Type.APP_READ, true, clientId, who.id(), null, null, Map.of("what", what));
    }

    /** Somebody asked for an app that is not theirs, or is not there. What else was asked for goes into no event. */
    void refused(Account who, String clientId) {
        events.record(SecurityEvent.Type.AUTHORIZATION_REFUSED, false, CLIENT_ID.matcher(clientId).matches() ? clientId : null, who.id(), null, null, Map.of("reason", "not this account's app"));
    }
}
