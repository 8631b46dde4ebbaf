package dev.portolan.sandbox;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Sends transaction bundles to a FHIR base, a few at a time. */
public final class BundleLoader {

    private static final int TRIES = 5;

    private final URI base;
    private final int parallel;
    private final String token;
    private final HttpClient client;

    /**
     * @param token an access token that may write everything
     * @param client that trusts the server
     */
    public BundleLoader(URI base, int parallel, String token, HttpClient client) {
        this.client = client;
        this.base = base;
        this.parallel = parallel;
        this.token = token;
    }

    /** Sends all of them; fails at the first that is refused. Files that end in {@code .gz} go as they are, as gzip. */
    public void load(List<Path> bundles, Progress progress) {
        AtomicInteger done = new AtomicInteger();
        progress.report("Loading synthetic members", 0, bundles.size());
        ExecutorService workers = Executors.newFixedThreadPool(parallel);
        try {
            List<Future<?>> sent = new ArrayList<>();
            for (Path bundle : bundles) {
                sent.add(workers.submit(() -> {
                    send(bundle);
                    progress.report("Loading synthetic members", done.incrementAndGet(), bundles.size());
                }));
            }
            for (Future<?> one : sent) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof SandboxException known ? known : new SandboxException("Loading failed: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException("Interrupted while loading", e);
        } finally {
            workers.shutdownNow();
        }
    }

    private void send(Path bundle) {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(base).timeout(Duration.ofMinutes(5))
                    .header("Content-Type", "application/fhir+json").header("Accept", "application/fhir+json").header("Prefer", "return=minimal")
                    .header("Authorization", "Bearer " + token)
                    .POST(HttpRequest.BodyPublishers.ofFile(bundle));
            if (bundle.toString().endsWith(".gz")) {
                request.header("Content-Encoding", "gzip");
            }
            HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            for (int tried = 1; mayBeTriedAgain(response.statusCode()) && tried < TRIES; tried++) {
                Thread.sleep(200L << tried);
                response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            }
            if (response.statusCode() != 200) {
                String said = response.body();
                throw new SandboxException("The server refused " + bundle + " with status " + response.statusCode() + ": "
                        + said.substring(0, Math.min(said.length(), 500)));
            }
        } catch (IOException e) {
            throw new SandboxException("The server at " + base + " did not take " + bundle + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException("Interrupted while loading", e);
        }
    }

    /** Two transactions in each other's way, a limit, or a database that restarts. */
    private static boolean mayBeTriedAgain(int status) {
        return status == 409 || status == 429 || status == 503;
    }
}
