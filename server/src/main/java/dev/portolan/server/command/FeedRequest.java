package dev.portolan.server.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.sandbox.Progress;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;

/** Asks a running server on this machine for a load of claims, and waits until it is done. */
final class FeedRequest {

    private static final long POLL_MILLIS = 200;

    private final URI loads;
    private final String token;
    private final HttpClient client;
    private final ObjectMapper json = new ObjectMapper();

    /**
     * @param loads the server's load API
     * @param token an access token for everything
     * @param client that trusts the server
     */
    FeedRequest(URI loads, String token, HttpClient client) {
        this.client = client;
        this.loads = loads;
        this.token = token;
    }

    /**
     * Loads a folder without making clinical resources of it: the members have their own.
     *
     * @throws IOException if the server refuses the load or it fails
     */
    void cpcds(String feed, Path folder, Progress progress) throws IOException, InterruptedException {
        byte[] body = json.writeValueAsBytes(Map.of("feed", feed, "kind", "cpcds", "source", folder.toAbsolutePath().toString(), "clinical", "false", "validation", "off"));
        long run = send(HttpRequest.newBuilder(loads).header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofByteArray(body))).path("id").asLong();
        while (true) {
            JsonNode report = send(HttpRequest.newBuilder(URI.create(loads + "/" + run)));
            if (report.path("run").hasNonNull("finished")) {
                if (report.path("run").hasNonNull("failure")) {
                    throw new IOException("loading " + folder + " failed: " + report.path("run").path("failure").asText());
                }
                return;
            }
            JsonNode at = report.path("progress");
            progress.report("Loading claims", at.path("read").asLong() >> 10, at.path("bytes").asLong() >> 10);
            Thread.sleep(POLL_MILLIS);
        }
    }

    private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = client.send(request.header("Authorization", "Bearer " + token).build(), HttpResponse.BodyHandlers.ofByteArray());
        JsonNode answer = json.readTree(response.body());
        if (response.statusCode() >= 300) {
            throw new IOException("the server answered a load with status " + response.statusCode() + ": " + answer.path("error").asText());
        }
        return answer;
    }
}
