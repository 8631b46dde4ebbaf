package dev.portolan.identity.key;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Asks the servers of apps for their key sets: whatever they do, an answer or none is there after {@link #LIMIT}. A name is resolved once, its addresses are looked at, and the connection is made to one of those that passed: a name
 * that means another address a moment later leads nowhere. Redirects are not followed, and no proxy is asked, which would resolve names by itself.
 */
final class KeyServers {
    /** For the whole exchange. The client's own limits are for parts of it, and a body may come byte by byte for ever. */
    static final Duration LIMIT = Duration.ofSeconds(5);
    private static final Timeout CONNECT = Timeout.ofSeconds(3);
    private static final int LARGEST = 256 * 1024;
    /** Names that are looked up for long hold a thread after {@link #LIMIT}; who would need one more gets no answer. */
    private static final int MOST_THREADS = 64;
    private static final int MOST_CONNECTIONS = 64;

    private final KeyAddresses addresses;
    private final ExecutorService threads = new ThreadPoolExecutor(0, MOST_THREADS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), work -> {
        Thread thread = new Thread(work, "key-server");
        thread.setDaemon(true);
        return thread;
    });
    private @Nullable CloseableHttpClient http;

    KeyServers(KeyAddresses addresses) {
        this.addresses = addresses;
    }

    /** @param cacheControl empty if there is none */
    record Answer(int status, String cacheControl, byte[] body) {}

    private final class Reachable implements DnsResolver {
        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            InetAddress[] allowed = Stream.of(InetAddress.getAllByName(host)).filter(addresses::allows).toArray(InetAddress[]::new);
            if (allowed.length == 0) {
                throw new UnknownHostException("its server's address is not on the Internet, nor in a network that the operator names with portolan.identity.key-networks");
            }
            return allowed;
        }

        @Override
        public String resolveCanonicalHostname(String host) {
            return host;
        }
    }

    /** Made for the first app that publishes its keys: it would be a tenth of a second of every start. */
    private synchronized CloseableHttpClient http() {
        CloseableHttpClient made = http;
        if (made == null) {
            // No compression: what is counted is what was sent.
            made = HttpClients.custom().disableRedirectHandling().disableContentCompression().disableCookieManagement().disableAutomaticRetries().disableAuthCaching()
                    .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create().setDnsResolver(new Reachable()).setMaxConnTotal(MOST_CONNECTIONS)
                            .setDefaultConnectionConfig(ConnectionConfig.custom().setConnectTimeout(CONNECT).setSocketTimeout(Timeout.of(LIMIT)).build()).build())
                    .build();
            http = made;
        }
        return made;
    }

    CompletableFuture<Answer> ask(String url) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        try {
            HttpGet get = new HttpGet(URI.create(url)); // an address that the client does not take: it says so by more than one kind of exception
            get.setHeader("Accept", "application/json");
            threads.execute(() -> {
                try {
                    answer.complete(http().execute(get, response -> read(get, response)));
                } catch (IOException | RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
            // What is late is not waited for, and its connection is closed.
            return answer.orTimeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS).whenComplete((given, failure) -> get.abort());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Answer read(HttpGet get, ClassicHttpResponse response) throws IOException {
        Header control = response.getFirstHeader("Cache-Control");
        byte[] bytes = response.getEntity() == null ? new byte[0] : response.getEntity().getContent().readNBytes(LARGEST + 1);
        if (bytes.length > LARGEST) {
            get.abort(); // the client would read it to its end
            throw new IllegalArgumentException("more than " + LARGEST + " bytes");
        }
        return new Answer(response.getCode(), control == null ? "" : control.getValue(), bytes);
    }
}
