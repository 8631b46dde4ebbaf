package dev.portolan.members;

import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import java.net.InetAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A grant for everything, for a server that nobody but its own machine reaches. For development with synthetic data, where somebody asked for it. */
public final class DevelopmentGrant {

    private static final Grant EVERYTHING = new Grant(
        "development", "development", null, Purpose.ADMINISTRATION, new Grant.Members.Everyone(), Map.of("*", new Grant.Rule(EnumSet.allOf(Interaction.class), List.of())), Set.of(), Set.of());

    private DevelopmentGrant() {}

    /**
     * @param bound the address that the server listens on
     * @throws IllegalStateException if other machines reach that address
     */
    public static Grant forServerAt(InetAddress bound) {
        if (!bound.isLoopbackAddress()) {
            throw new IllegalStateException("the development grant opens every record to every caller, so the server must listen on a loopback address, not on " + bound.getHostAddress());
        }
        return EVERYTHING;
    }
}
