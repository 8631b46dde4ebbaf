package dev.portolan.identity.key;

import dev.portolan.identity.IdentityProperties;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import org.springframework.stereotype.Component;

/** Where the key sets of apps are fetched from. Whoever registers an app names the address, so it is one of the Internet, or in a network that the operator names: this server stands where its callers do not reach. */
@Component
public final class KeyAddresses {
    private static final Set<String> OWN_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

    private final List<Network> networks;
    private final boolean ownMachine;

    KeyAddresses(IdentityProperties properties) {
        this.networks = properties.keyNetworks().stream().map(Network::of).toList();
        // A sandbox that others do not reach either, where a developer's app runs beside it.
        this.ownMachine = properties.environment() == IdentityProperties.Environment.SANDBOX && OWN_NAMES.contains(properties.issuer().getHost());
    }

    public boolean allows(InetAddress address) {
        return Network.isPublic(address) || networks.stream().anyMatch(network -> network.holds(address)) || ownMachine && address.isLoopbackAddress();
    }

    /** Whether keys may come over plain HTTP from this machine. */
    public boolean allowsOwnMachine() {
        return ownMachine;
    }
}
