package dev.portolan.identity.token;

import java.util.Optional;

/** Turns the string of an {@code Authorization: Bearer} header into what it stands for. */
public interface AccessTokens {

    /**
     * Empty if the token is unknown, expired or revoked, or its app is suspended. Costs microseconds for a token seen before; what was
     * revoked on any node is refused here within a second.
     */
    Optional<AccessToken> resolve(String bearer);
}
