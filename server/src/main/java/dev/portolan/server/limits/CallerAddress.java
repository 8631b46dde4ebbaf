package dev.portolan.server.limits;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import jakarta.servlet.http.HttpServletRequest;

import org.springframework.security.web.util.matcher.IpAddressMatcher;

/** Which address a request comes from: the peer's, or what a proxy that is believed says of its own peer. */
final class CallerAddress {

    private static final Pattern WITH_PORT = Pattern.compile("\\[([0-9A-Fa-f:.]+)](?::\\d+)?|([0-9.]+)(?::\\d+)?");
    private static final Pattern LITERAL = Pattern.compile("[0-9.]{7,15}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
    private static final int NETWORK_BYTES = 8;
    private static final int MOST_PROXIES = 16;
    private static final int IPV6_BYTES = 16;

    private final List<IpAddressMatcher> proxies;

    CallerAddress(List<String> proxies) {
        this.proxies = Stream.concat(Stream.of("127.0.0.0/8", "::1"), proxies.stream()).map(IpAddressMatcher::new).toList();
    }

    static void check(List<String> proxies) {
        for (String proxy : proxies) {
            try {
                new IpAddressMatcher(proxy);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("portolan.limits.proxies is a list of addresses or networks as 10.0.0.0/8, and has '" + proxy + "'", e);
            }
        }
    }

    /** Each proxy adds its peer at the end, so what is believed is read from there, up to the first that nobody vouches for. What a caller wrote itself stands before that. */
    String of(HttpServletRequest request) {
        String address = plain(request.getRemoteAddr());
        String forwarded = request.getHeader("X-Forwarded-For");
        if (forwarded == null) {
            return network(address);
        }
        String[] chain = forwarded.split(",", -1);
        for (int i = chain.length - 1; i >= Math.max(0, chain.length - MOST_PROXIES) && isProxy(address); i--) {
            String before = plain(chain[i].strip());
            if (!LITERAL.matcher(before).matches()) {
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

    private boolean isProxy(String address) {
        return LITERAL.matcher(address).matches() && proxies.stream().anyMatch(proxy -> proxy.matches(address));
    }

    /** Whoever has an IPv6 address has at least 2^64 of them (RFC 6177): they count as one. */
    private static String network(String address) {
        if (address.indexOf(':') < 0 || !LITERAL.matcher(address).matches()) {
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
