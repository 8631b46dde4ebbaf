package dev.portolan.server.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.List;

import jakarta.servlet.http.HttpServletRequest;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallerAddressTest {

    private final CallerAddress addresses = new CallerAddress(List.of("10.0.0.0/8", "2001:db8:1::/48"));

    private static HttpServletRequest request(String peer, @Nullable String forwarded) {
        return (HttpServletRequest) Proxy.newProxyInstance(CallerAddressTest.class.getClassLoader(), new Class<?>[] {HttpServletRequest.class}, (proxy, method, arguments) -> switch (method.getName()) {
            case "getRemoteAddr" -> peer;
            case "getHeaders" -> Collections.enumeration(arguments[0].equals("X-Forwarded-For") && forwarded != null ? List.of(forwarded.split(" / ")) : List.of());
            default -> throw new UnsupportedOperationException(method.getName());
        });
    }

    /** Who is no proxy of ours says what it likes; who is one is believed about its peer alone. A header may stand there in several lines. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "203.0.113.9 |                                 | 203.0.113.9",
        "203.0.113.9 | 198.51.100.1                    | 203.0.113.9",
        "10.1.2.3    | 198.51.100.1                    | 198.51.100.1",
        "127.0.0.1   | 198.51.100.1                    | 198.51.100.1",
        "10.1.2.3    | 192.0.2.7, 198.51.100.1         | 198.51.100.1",
        "10.1.2.3    | 192.0.2.7, 198.51.100.1, 10.9.9.9 | 198.51.100.1",
        "10.1.2.3    | 192.0.2.7 / 198.51.100.1        | 198.51.100.1",
        "10.1.2.3    | 198.51.100.1:4711               | 198.51.100.1",
        "10.1.2.3    | unknown                         | 10.1.2.3",
        "10.1.2.3    | 198.51.100.1, <script>          | 10.1.2.3",
        "10.1.2.3    | evil.example                    | 10.1.2.3",
        "10.1.2.3    | [2001:db8:9:1::5]:443           | 20010db800090001",
        "2001:db8:9:1::5 |                             | 20010db800090001",
        "2001:db8:9:1:ffff:ffff:ffff:ffff |            | 20010db800090001",
        "2001:db8:1:2::1 | 198.51.100.1                | 198.51.100.1",
        "0:0:0:0:0:0:0:1 | 198.51.100.1                | 198.51.100.1"})
    void the_caller_is_the_first_that_nobody_vouches_for(String peer, @Nullable String forwarded, String expected) {
        assertThat(addresses.of(request(peer, forwarded))).isEqualTo(expected);
    }

    @Test
    void a_proxy_that_is_no_address_is_refused_at_the_start() {
        assertThatThrownBy(() -> new CallerAddress(List.of("10.0.0.0/8", "proxy.example"))).hasMessageContaining("proxy.example").hasMessageContaining("10.0.0.0/8");
    }
}
