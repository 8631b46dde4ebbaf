package dev.portolan.identity.event;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One event. It carries no secret, no token and no member data beyond ids.
 *
 * @param clientId the app, if one was involved
 * @param actor    who did it: an account's id, a client id, or {@code anonymous}
 * @param patient  the member's Patient id, if one was involved
 * @param consent  the id of the authorization that it is about
 * @param details  what else an auditor needs: scopes, reason, address; {@code members} are the ids of several Patients, with spaces between
 */
public record SecurityEvent(Type type, Instant at, boolean succeeded, @Nullable String clientId, String actor, @Nullable String patient,
                            @Nullable String consent, Map<String, String> details) {

    /** What kinds of events there are. */
    public enum Type {
        SIGN_IN, SIGN_OUT, ACCOUNT_LOCKED, ACCOUNT_CHANGED,
        CONSENT_GRANTED, CONSENT_DECLINED, CONSENT_REVOKED, CONSENT_CHANGED, CONSENT_READ, NOTICE_CHANGED, NOTICE_READ,
        TOKEN_ISSUED, TOKEN_REFUSED, TOKEN_REVOKED, TOKEN_REUSED, TOKEN_INTROSPECTED,
        CLIENT_AUTHENTICATION_FAILED, AUTHORIZATION_REFUSED, LAUNCH_CREATED,
        APP_CHANGED, APP_READ, KEY_CHANGED, MEMBER_SEARCHED, DUPLICATES_READ, DUPLICATE_DISMISSED, MEMBER_MERGED, MEMBER_UNMERGED, THROTTLED
    }

    public SecurityEvent {
        details = Map.copyOf(details);
    }
}
