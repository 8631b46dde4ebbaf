package dev.portolan.server.limits;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import jakarta.servlet.http.HttpServletRequest;

import dev.portolan.server.http.Networks;

/** Which address a request comes from: the peer's, or what a proxy that is believed says of its own peer. */
final class CallerAddress {

    private static final Pattern WITH_PORT = Pattern.compile("\\[([0-9A-Fa-f:.]+)](?::\\d+)?|([0-9.]+)(?::\\d+)?");
    private static final int NETWORK_BYTES = 8;
    private static final int MOST_PROXIES = 16;
    private static final int IPV6_BYTES = 16;

    private final Networks proxies;

    CallerAddress(List<String> proxies) {
        this.proxies = Networks.of("portolan.limits.proxies", Stream.concat(Stream.of("127.0.0.0/8", "::1"), proxies.stream()).toList());
    }

    /** Each proxy adds its peer at the end, so what is believed is read from there, up to the first that nobody vouches for. What a caller wrote itself stands before that. */
    String of(HttpServletRequest request) {
        String address = plain(request.getRemoteAddr());
        List<String> forwarded = Collections.list(request.getHeaders("X-Forwarded-For"));
        if (forwarded.isEmpty()) {
            return network(address);
        }
        // A proxy may add a line of its own behind the caller's instead of adding to it: together they are one list.
        String[] chain = String.join(",", forwarded).split(",", -1);
        for (int i = chain.length - 1; i >= Math.max(0, chain.length - MOST_PROXIES) && proxies.contain(address); i--) {
            String before = plain(chain[i].strip());
            if (!Networks.isAddress(before)) {
                break;
            }
            address = before;
        }
        return network(address);
    }

    private static String plain(String address) {
        var matcher = WITH_PORT.matcher(address);
        return matcher.matches() ? matcher.group(1) != null ? matcher.group(1) : matcher.group(2) : address;
    }

    /** Whoever has an IPv6 address has at least 2^64 of them (RFC 6177): they count as one. */
    private static String network(String address) {
        if (address.indexOf(':') < 0 || !Networks.isAddress(address)) {
            return address;
        }
        try {
            byte[] bytes = InetAddress.getByName(address).getAddress();
            return bytes.length == IPV6_BYTES ? HexFormat.of().formatHex(bytes, 0, NETWORK_BYTES) : address;
        } catch (UnknownHostException notAnAddress) {
            return address;
        }
    }
}
