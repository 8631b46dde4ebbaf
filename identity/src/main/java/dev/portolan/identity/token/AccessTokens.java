package dev.portolan.identity.token;

import java.util.Optional;

/** Turns the string of an {@code Authorization: Bearer} header into what it stands for. */
public interface AccessTokens {

    /**
     * Empty if the token is unknown, expired or revoked, or its app is suspended. Costs microseconds for a token seen before; what was
     * revoked on any node is refused here within a second.
     */
    Optional<AccessToken> resolve(String bearer);

    /**
     * What a token said before it ended, for the audit trail: it gives no right to anything. Empty if this server never issued it, or has forgotten it.
     */
    Optional<Ended> ended(String bearer);

    /**
     * A token that is worth nothing any more.
     *
     * @param why {@code revoked}, {@code expired}, {@code suspended} (its app) or {@code closed} (its user's account)
     */
    record Ended(AccessToken token, String why) {}
}
