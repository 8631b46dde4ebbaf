package dev.portolan.benchmarks;

import dev.portolan.benchmarks.load.HttpConnection;
import dev.portolan.benchmarks.load.LoadGenerator;
import dev.portolan.benchmarks.load.Request;
import dev.portolan.benchmarks.servers.FhirServer;
import dev.portolan.benchmarks.servers.PortolanServerProcess;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One side of the comparison: its running server, which can be started again, and its verified requests. */
final class Contender implements AutoCloseable {

    private static final byte[] NOTHING = {};
    private static final Pattern FULL_URL = Pattern.compile("\"resource\"\\s*:\\s*\\{");

    private final Side side;
    private final Supplier<FhirServer> starter;
    private FhirServer server;

    Contender(Side side, Supplier<FhirServer> starter) {
        this.side = side;
        this.starter = starter;
        this.server = starter.get();
    }

    Side side() {
        return side;
    }

    FhirServer server() {
        return server;
    }

    void restart() {
        server.close();
        server = starter.get();
    }

    /** Waits until the server does nothing in the background that would count as the work of a call. */
    void awaitWarm() throws IOException {
        if (side == Side.OURS) {
            PortolanServerProcess.awaitWarm(server);
        }
    }

    LoadGenerator generator() {
        return new LoadGenerator(server.base(), server::cpuMilliseconds);
    }

    Request request(String method, String path, byte[] body, int units) {
        URI url = URI.create(path.isEmpty() ? server.base().toString() : server.base() + "/" + path);
        return new Request(HttpConnection.request(method, url, server.authorization(), body), units, 0);
    }

    /** A call whose answer was seen, with the number of resources in it. */
    record Verified(Request request, int resources) {}

    /** Asks once each; an answer that is refused or empty is an error. */
    List<Verified> verify(List<String> paths) throws IOException {
        List<Verified> verified = new ArrayList<>();
        try (HttpConnection connection = new HttpConnection(server.base())) {
            for (String path : paths) {
                Request request = request("GET", path, NOTHING, 1);
                int status = connection.exchange(request.bytes());
                int resources = countResources(connection.body());
                if (status != 200 || resources == 0) {
                    throw new IOException(server.name() + " answered " + status + " with " + resources + " resources to " + path
                            + ": " + connection.body().substring(0, Math.min(500, connection.bodyLength())));
                }
                // Stamps and links vary a little from answer to answer, a lost resource much.
                verified.add(new Verified(new Request(request.bytes(), 1, (int) (connection.bodyLength() * 0.9)), resources));
            }
        }
        return verified;
    }

    private static int countResources(String body) {
        if (!body.contains("\"Bundle\"")) {
            return body.startsWith("{") ? 1 : 0;
        }
        int count = 0;
        for (Matcher matcher = FULL_URL.matcher(body); matcher.find(); ) {
            count++;
        }
        return count;
    }

    @Override
    public void close() {
        server.close();
    }
}
