package dev.portolan.server.crash;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One client that writes until its server dies, and remembers what was acknowledged: new resources, new versions of one resource, and
 * transactions of several. Afterwards it checks that against what is there.
 */
final class Writer implements Runnable {

    private static final int ENTRIES = 4;

    private final int number;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(60)).build();
    private final List<String> puts = new ArrayList<>();
    private final List<Attempt> transactions = new ArrayList<>();
    private volatile int acknowledged;
    private int counterAcknowledged;
    private int counterAttempted;
    private int serial;
    private volatile URI base = URI.create("about:blank");
    private volatile String token = "";
    private volatile boolean stopping;

    private record Attempt(String name, boolean acknowledged) {
    }

    Writer(int number) {
        this.number = number;
    }

    void aimAt(ServerProcess server) {
        base = server.system();
        token = server.token();
        stopping = false;
    }

    void stop() {
        stopping = true;
    }

    int acknowledged() {
        return acknowledged;
    }

    @Override
    public void run() {
        while (!stopping) {
            String name = "w" + number + "-" + ++serial;
            boolean answered = switch (serial % 3) {
                case 0 -> put(name);
                case 1 -> count();
                default -> transact(name);
            };
            if (!answered) {
                return;
            }
        }
    }

    private boolean put(String name) {
        int status = send("PUT", "/Patient/" + name, patient(name, name));
        if (isSuccess(status)) {
            puts.add(name);
        }
        return status > 0;
    }

    private boolean count() {
        String next = Integer.toString(++counterAttempted);
        int status = send("PUT", "/Patient/counter" + number, patient("counter" + number, next));
        if (isSuccess(status)) {
            counterAcknowledged = counterAttempted;
        }
        return status > 0;
    }

    private boolean transact(String name) {
        StringBuilder bundle = new StringBuilder("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
        for (int i = 0; i < ENTRIES; i++) {
            String id = name + "-t" + i;
            bundle.append(i == 0 ? "" : ",").append("{\"resource\":").append(patient(id, name))
                    .append(",\"request\":{\"method\":\"PUT\",\"url\":\"Patient/").append(id).append("\"}}");
        }
        int status = send("POST", "", bundle.append("]}").toString());
        transactions.add(new Attempt(name, isSuccess(status)));
        return status > 0;
    }

    /** What is wrong, in sentences; empty if nothing is. */
    List<String> check(ServerProcess server) throws IOException, InterruptedException {
        aimAt(server);
        List<String> wrong = new ArrayList<>();
        for (String name : puts) {
            if (!read(name).contains("\"value\":\"" + name + "\"")) {
                wrong.add("acknowledged Patient/" + name + " is not there");
            }
        }
        for (Attempt attempt : transactions) {
            int there = 0;
            for (int i = 0; i < ENTRIES; i++) {
                there += read(attempt.name() + "-t" + i).contains("\"value\":\"" + attempt.name() + "\"") ? 1 : 0;
            }
            if (attempt.acknowledged() && there != ENTRIES) {
                wrong.add("acknowledged transaction " + attempt.name() + " has " + there + " of " + ENTRIES);
            } else if (there != 0 && there != ENTRIES) {
                wrong.add("transaction " + attempt.name() + " is half there: " + there + " of " + ENTRIES);
            }
        }
        if (counterAcknowledged > 0) {
            String body = read("counter" + number);
            boolean right = false;
            for (int value = counterAcknowledged; value <= counterAttempted; value++) {
                right |= body.contains("\"value\":\"" + value + "\"");
            }
            if (!right) {
                wrong.add("counter " + number + " is not between " + counterAcknowledged + " and " + counterAttempted + ": " + body);
            }
        }
        return wrong;
    }

    private String read(String id) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + "/Patient/" + id)).timeout(Duration.ofSeconds(120)).header("Authorization", "Bearer " + token).build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200 && response.statusCode() != 404) {
            throw new IOException("reading Patient/" + id + " gave " + response.statusCode() + ": " + response.body());
        }
        return response.statusCode() == 200 ? response.body() : "";
    }

    /** The status, or 0 if the server was gone before it answered: then nobody knows, and both outcomes are right. */
    private int send(String method, String path, String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(120))
                .header("Authorization", "Bearer " + token).header("Content-Type", "application/fhir+json").method(method, HttpRequest.BodyPublishers.ofString(body)).build();
        try {
            int status = client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
            acknowledged += isSuccess(status) ? 1 : 0; // by this thread alone
            return status;
        } catch (IOException serverGone) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    private static boolean isSuccess(int status) {
        return status == 200 || status == 201;
    }

    private static String patient(String id, String value) {
        return "{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"identifier\":[{\"system\":\"urn:crash\",\"value\":\"" + value + "\"}]}";
    }
}
