package dev.portolan.identity.key;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Asks the servers of apps for their key sets: whatever they do, an answer or none is there after {@link #LIMIT}, and no thread of ours waits in between. */
final class KeyServers {
    /** For the whole exchange. The client's own limit ends with the headers, and a body may come byte by byte for ever. */
    static final Duration LIMIT = Duration.ofSeconds(5);
    private static final int LARGEST = 256 * 1024;

    private @Nullable HttpClient http;

    /** Made for the first app that publishes its keys: it would be a tenth of a second of every start. */
    private synchronized HttpClient http() {
        if (http == null) {
            http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(3)).followRedirects(HttpClient.Redirect.NEVER).build();
        }
        return http;
    }

    CompletableFuture<HttpResponse<byte[]>> ask(String url) {
        CompletableFuture<HttpResponse<byte[]>> exchange;
        try {
            exchange = http().sendAsync(HttpRequest.newBuilder(URI.create(url)).timeout(LIMIT).header("Accept", "application/json").build(), head -> new Body());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e); // an address that the client does not take: it says so by more than one kind of exception
        }
        // Cancelling what the client gave out closes the connection; the copy that runs out of time would leave it open.
        return exchange.copy().orTimeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS).whenComplete((answer, failure) -> exchange.cancel(true));
    }

    /** A body of at most {@link #LARGEST} bytes: what is longer fails, and is not read to its end. */
    private static final class Body implements HttpResponse.BodySubscriber<byte[]> {
        private final HttpResponse.BodySubscriber<byte[]> whole = HttpResponse.BodySubscribers.ofByteArray();
        private final CompletableFuture<byte[]> read = new CompletableFuture<>();
        private Flow.@Nullable Subscription subscription;
        private long length;

        @Override
        public CompletionStage<byte[]> getBody() {
            return read;
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
            whole.getBody().thenAccept(read::complete);
            whole.onSubscribe(given);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            length += buffers.stream().mapToLong(ByteBuffer::remaining).sum();
            if (length <= LARGEST) {
                whole.onNext(buffers);
            } else if (subscription != null) {
                subscription.cancel();
                read.completeExceptionally(new IllegalArgumentException("more than " + LARGEST + " bytes"));
            }
        }

        @Override
        public void onError(Throwable failure) {
            read.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            whole.onComplete();
        }
    }
}
