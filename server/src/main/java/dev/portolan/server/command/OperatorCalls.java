package dev.portolan.server.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.portolan.server.feeds.LocalOperator;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * How a command calls a running server as its operator.
 *
 * @param base the server's address, as people know it
 * @param called the address that is called
 * @param authorization what lets the command in
 */
record OperatorCalls(URI base, URI called, String authorization, HttpClient client) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * The server of a data directory, whose secret lets in who can read it.
     *
     * @throws IOException if no server has run on it
     */
    static OperatorCalls at(Path data) throws IOException {
        try {
            LocalOperator.Key key = LocalOperator.read(data);
            return new OperatorCalls(key.url(), key.local(), "Operator " + key.secret(), HttpClient.newHttpClient());
        } catch (NoSuchFileException | FileNotFoundException e) {
            throw new IOException("no server runs on " + data + "; start one with ./portolan up, or name it with --data", e);
        }
    }

    /** The server answers, but its database or its trail does not; or a proxy before it does, and it does not. */
    static final class Unavailable extends IOException {

        private static final long serialVersionUID = 1L;

        private Unavailable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** @param path below the address, with a slash before it */
    JsonNode send(String method, String path, byte @Nullable [] body) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(called.toString().replaceFirst("/+$", "") + path)).header("Authorization", authorization).header("Content-Type", "application/json");
        request.method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(body));
        HttpResponse<byte[]> response = answered(request.build());
        int status = response.statusCode();
        JsonNode answer = read(response.body());
        if (status >= 502 && status <= 504) {
            throw new Unavailable(answer.path("error").asText("the server at " + called + " is not available at the moment (status " + status + ")"), null);
        }
        if (status >= 300 || !answer.isContainerNode()) {
            throw new IOException(answer.path("error").asText("the server at " + called + " answered with status " + status + (answer.isMissingNode() ? " and no JSON: is it a Portolan server?" : "")));
        }
        return answer;
    }

    private HttpResponse<byte[]> answered(HttpRequest request) throws IOException, InterruptedException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (ConnectException e) {
            throw new IOException("the server at " + called + " does not answer; a load under way goes on when it is started again", e);
        } catch (SSLException e) {
            throw e; // who is to be trusted is told of elsewhere
        } catch (IOException e) {
            throw new IOException("the server at " + called + " ended the connection (" + e.getMessage() + "); a load under way goes on when it is started again", e);
        }
    }

    /** A proxy's page of an error is no JSON, and says nothing to whoever typed the command. */
    private static JsonNode read(byte[] body) throws IOException {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            return JSON.missingNode();
        }
    }

    @Override
    public String toString() {
        return "OperatorCalls[" + called + "]";
    }
}
