package dev.portolan.server.http;

import java.util.List;
import java.util.regex.Pattern;

import org.springframework.security.web.util.matcher.IpAddressMatcher;

/** Addresses and networks that a setting names, as {@code 10.0.0.0/8} or {@code ::1}. */
public final class Networks {

    private static final Pattern LITERAL = Pattern.compile("[0-9.]{7,15}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

    private final List<IpAddressMatcher> networks;

    private Networks(List<IpAddressMatcher> networks) {
        this.networks = networks;
    }

    /**
     * @param setting its name, for who has to mend it
     * @throws IllegalArgumentException if one is neither an address nor a network
     */
    public static Networks of(String setting, List<String> networks) {
        return new Networks(networks.stream().map(network -> matcher(setting, network)).toList());
    }

    private static IpAddressMatcher matcher(String setting, String network) {
        try {
            return new IpAddressMatcher(network);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(setting + " is a list of addresses or networks as 10.0.0.0/8, and has '" + network + "'", e);
        }
    }

    /** @param address as it came: what is no address is in none of them, and no name is looked up */
    public boolean contain(String address) {
        return isAddress(address) && networks.stream().anyMatch(network -> network.matches(address));
    }

    public static boolean isAddress(String text) {
        return LITERAL.matcher(text).matches();
    }
}
