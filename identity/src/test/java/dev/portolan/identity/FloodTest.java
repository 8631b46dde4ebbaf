package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a stranger sends without end does not fill the memory. */
class FloodTest {
    private static IdentityServer server;

    @BeforeAll
    static void start() {
        server = IdentityServer.start();
        Personas.rosa(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/oauth2/register", "/launches", "/oauth2/udap/register"})
    void attack_a_body_that_is_longer_than_any_needs_is_refused_before_anybody_is_asked_who_it_is(String path) {
        String values = IntStream.range(0, 70_000).mapToObj(i -> "{}").collect(Collectors.joining(","));
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url + path)).header("Content-Type", "application/json");
        assertThat(SmartApp.send(request.POST(HttpRequest.BodyPublishers.ofString("""
                {"client_name": "Flood", "redirect_uris": ["https://app.example/callback"], "more": [%s]}""".formatted(values)))).status()).isEqualTo(400);
    }
}
