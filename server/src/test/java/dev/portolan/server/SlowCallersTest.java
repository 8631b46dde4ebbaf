package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Callers who ask and do not take their answers hold up nobody. */
class SlowCallersTest {

    private static final int CALLERS = 12;
    private static final int ASKED_EACH = 400;
    private static final int NOTE = 24_000;
    /** What is held up by the audit trail is 503 after ten seconds; what hangs elsewhere has no answer then either. */
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HTTP.send(request.timeout(SOON).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void answersThatNobodyTakesHoldUpNoOtherAnswer(@TempDir Path data) throws Exception {
        try (PortolanServer server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(data).toString(), "portolan.package-registry", "off", "portolan.open", "true",
            "portolan.audit.longest-wait-seconds", "10"))) {
            URI observation = URI.create(server.bases().get("system") + "/Observation/long");
            HttpResponse<String> written = send(HttpRequest.newBuilder(observation).header("Content-Type", "application/fhir+json").PUT(HttpRequest.BodyPublishers.ofString(
                    "{\"resourceType\":\"Observation\",\"id\":\"long\",\"status\":\"final\",\"code\":{\"text\":\"c\"},\"note\":[{\"text\":\"" + "x".repeat(NOTE) + "\"}]}")));
            assertThat(written.statusCode()).as(written.body()).isEqualTo(201);
            byte[] request = ("GET " + observation.getPath() + " HTTP/1.1\r\nHost: " + observation.getAuthority() + "\r\n\r\n").repeat(ASKED_EACH).getBytes(StandardCharsets.US_ASCII);
            List<Socket> callers = new ArrayList<>();
            try {
                for (int i = 0; i < CALLERS; i++) {
                    Socket caller = new Socket();
                    callers.add(caller);
                    caller.setOption(StandardSocketOptions.SO_RCVBUF, 2048);
                    caller.connect(new InetSocketAddress(observation.getHost(), observation.getPort()));
                    caller.getOutputStream().write(request);
                }
                for (int i = 0; i < 20; i++) {
                    Thread.sleep(100);
                    HttpResponse<String> answer = send(HttpRequest.newBuilder(observation));
                    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                    assertThat(answer.headers().firstValueAsLong("Content-Length")).hasValue(answer.body().length());
                }
            } finally {
                for (Socket caller : callers) {
                    caller.close();
                }
            }
        }
    }
}
