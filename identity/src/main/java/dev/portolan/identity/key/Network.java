package dev.portolan.identity.key;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * A range of addresses, as {@code 10.20.0.0/16}.
 *
 * @param bits how many of the first bits are the network's
 */
public record Network(InetAddress address, int bits) {

    /** What is no public address of the Internet: IANA's registries of special purpose addresses (RFC 6890), and those that carry an IPv4 address within (NAT64, 6to4, Teredo). */
    private static final List<Network> SPECIAL = List.of("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8").stream().map(Network::of).toList();

    /** @throws IllegalArgumentException if it is none; names of hosts are not asked for */
    public static Network of(String text) {
        String[] parts = text.split("/", -1);
        if (parts.length == 2 && parts[0].matches("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*") && parts[1].matches("\\d{1,3}")) {
            try {
                Network network = new Network(InetAddress.getByName(parts[0]), Integer.parseInt(parts[1]));
                if (network.bits <= network.address.getAddress().length * 8) {
                    return network;
                }
            } catch (UnknownHostException e) {
                throw new IllegalArgumentException("'" + text + "' is no network such as 10.20.0.0/16", e);
            }
        }
        throw new IllegalArgumentException("'" + text + "' is no network such as 10.20.0.0/16");
    }

    public boolean holds(InetAddress other) {
        byte[] own = address.getAddress();
        byte[] its = other.getAddress();
        if (own.length != its.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            if (((own[bit / 8] ^ its[bit / 8]) >> (7 - bit % 8) & 1) != 0) {
                return false;
            }
        }
        return true;
    }

    public static boolean isPublic(InetAddress address) {
        return SPECIAL.stream().noneMatch(network -> network.holds(address));
    }
}
