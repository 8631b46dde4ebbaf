package dev.portolan.identity.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpServer;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.IdentityProperties.Environment;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who registers an app names the address of its keys: it leads nowhere where only this server gets to. */
class KeyServersTest {
    private static final AtomicInteger asked = new AtomicInteger();
    private static HttpServer inside;

    @BeforeAll
    static void start() throws Exception {
        byte[] keys = new JWKSet(new ECKeyGenerator(com.nimbusds.jose.jwk.Curve.P_384).keyID("one").generate().toPublicJWK()).toString().getBytes(StandardCharsets.UTF_8);
        inside = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        inside.createContext("/jwks", exchange -> {
            asked.incrementAndGet();
            exchange.sendResponseHeaders(200, keys.length);
            exchange.getResponseBody().write(keys);
            exchange.close();
        });
        inside.createContext("/away", exchange -> {
            exchange.getResponseHeaders().add("Location", "/jwks");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        inside.createContext("/long", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try {
                for (int i = 0; i < 10_000; i++) {
                    exchange.getResponseBody().write(new byte[1_000]);
                }
            } catch (IOException closed) {
                exchange.close();
            }
        });
        inside.start();
    }

    @AfterAll
    static void stop() {
        inside.stop(0);
    }

    private static KeyAddresses addresses(Environment environment, String issuer, String... networks) {
        return new KeyAddresses(new IdentityProperties(URI.create(issuer), List.of("/fhir"), "a key for tests that is long enough to be one", environment, Duration.ofHours(1), Duration.ofDays(365), 5, Map.of(), "",
                List.of(networks), null, null, null));
    }

    private static int keys(KeyAddresses addresses, String host, String path) {
        return new PublishedKeys(addresses, Clock.systemUTC()).of("http://" + host + ":" + inside.getAddress().getPort() + path, null, "one").size();
    }

    @Test
    void attack_a_key_set_is_not_fetched_from_where_only_this_server_gets_to() {
        int before = asked.get();
        for (KeyAddresses where : List.of(addresses(Environment.PRODUCTION, "https://plan.example"), addresses(Environment.PRODUCTION, "http://localhost:8080"), addresses(Environment.SANDBOX, "https://sandbox.plan.example"))) {
            for (String host : List.of("localhost", "127.0.0.1", "127.1", "[::ffff:127.0.0.1]", "2130706433")) {
                assertThat(keys(where, host, "/jwks")).as(host).isZero();
            }
        }
        assertThat(asked.get()).as("nobody was called").isEqualTo(before);
    }

    @Test
    void the_operator_names_networks_beside_the_internet_and_a_sandbox_of_ones_own_reaches_its_machine() {
        assertThat(keys(addresses(Environment.PRODUCTION, "https://plan.example", "127.0.0.0/8"), "127.0.0.1", "/jwks")).isEqualTo(1);
        assertThat(keys(addresses(Environment.SANDBOX, "http://127.0.0.1:8080"), "127.0.0.1", "/jwks")).isEqualTo(1);
        assertThatThrownBy(() -> addresses(Environment.PRODUCTION, "https://plan.example", "inside")).hasMessageContaining("'inside' is no network");
    }

    @Test
    void private_link_local_and_metadata_addresses_are_not_the_internet() throws Exception {
        KeyAddresses sandbox = addresses(Environment.SANDBOX, "http://localhost:8080");
        for (String address : List.of("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "fd00:ec2::254", "fe80::1", "64:ff9b::a00:1")) {
            assertThat(sandbox.allows(InetAddress.getByName(address))).as(address).isFalse();
        }
        assertThat(sandbox.allows(InetAddress.getByName("8.8.8.8"))).isTrue();
    }

    @Test
    void no_redirect_is_followed_and_no_long_answer_read() {
        KeyAddresses here = addresses(Environment.SANDBOX, "http://localhost:8080");
        int before = asked.get();
        assertThat(keys(here, "localhost", "/away")).isZero();
        assertThat(asked.get()).isEqualTo(before);
        assertThat(keys(here, "localhost", "/long")).isZero();
    }
}
