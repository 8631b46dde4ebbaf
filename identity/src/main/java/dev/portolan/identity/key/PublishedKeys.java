package dev.portolan.identity.key;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.jwk.JWK;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * The public keys of apps, from their JWKS URL or inline. A fetched set is kept as long as its Cache-Control says, within bounds, and fetched
 * anew once when an unknown kid turns up: that is how an app rotates its keys. One call at a time goes to an address; who asks meanwhile waits for it.
 */
@Component
public final class PublishedKeys {
    private static final Logger LOG = LoggerFactory.getLogger(PublishedKeys.class);
    private static final Duration LEAST = Duration.ofSeconds(10);
    private static final Duration USUAL = Duration.ofMinutes(5);
    private static final Duration MOST = Duration.ofHours(24);
    /** So that assertions with made-up key ids do not make this server call the app's again and again. */
    private static final Duration BETWEEN_UNKNOWN = Duration.ofSeconds(2);
    /** A key server that did not answer with a key set is left alone for so long: otherwise each assertion would call it, and wait for it. */
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(10);
    /** Of all requests at a time, for whatever key servers: a quarter of the threads that serve everybody. Who would be one more is refused. */
    private static final int MOST_WAITING = 16;
    private static final Pattern MAX_AGE = Pattern.compile("max-age=(\\d{1,9})");

    /** Of the sets that are kept, as they were sent: ten thousand usual ones, and few of those that are as long as they may be. */
    private static final long MOST_BYTES = 16 << 20;

    /**
     * @param again when a key that is not among these is looked for once more
     * @param bytes as it was sent
     */
    private record Fetched(List<JWK> keys, Instant until, Instant again, int bytes) {}

    private static final Fetched NOTHING = new Fetched(List.of(), Instant.MIN, Instant.MIN, 0);

    private final Cache<String, Fetched> cache = Caffeine.newBuilder().maximumWeight(MOST_BYTES).<String, Fetched>weigher((url, set) -> url.length() + set.bytes()).build();
    private final ConcurrentMap<String, CompletableFuture<Fetched>> underWay = new ConcurrentHashMap<>();
    private final Semaphore waiting = new Semaphore(MOST_WAITING);
    private final KeyServers servers;
    private final Clock clock;

    PublishedKeys(KeyAddresses addresses, Clock clock) {
        this.servers = new KeyServers(addresses);
        this.clock = clock;
    }

    /** @param kid the key that is looked for; a set without it is fetched anew once */
    public List<JWK> of(@Nullable String url, @Nullable String inline, @Nullable String kid) {
        if (url == null) {
            return inline == null ? List.of() : inline(inline);
        }
        Fetched known = cache.getIfPresent(url);
        Instant now = clock.instant();
        if (known == null || now.isAfter(known.until())) {
            return fetched(url, known, NOTHING).keys();
        }
        boolean unknown = kid != null && known.keys().stream().noneMatch(k -> kid.equals(k.getKeyID()));
        return unknown && now.isAfter(known.again()) ? fetched(url, known, known).keys() : known.keys();
    }

    /** @param otherwise what is used without an answer: an app whose key server is down for a moment keeps working with the keys it had, while they may be kept */
    private Fetched fetched(String url, @Nullable Fetched known, Fetched otherwise) {
        if (!waiting.tryAcquire()) {
            LOG.debug("the key set at {} was not asked for: {} requests wait for key sets already", url, MOST_WAITING);
            return otherwise;
        }
        try {
            CompletableFuture<Fetched> mine = new CompletableFuture<>();
            CompletableFuture<Fetched> before = underWay.putIfAbsent(url, mine);
            if (before == null) {
                Fetched meanwhile = cache.getIfPresent(url);
                (meanwhile != null && meanwhile != known ? CompletableFuture.completedFuture(meanwhile) : fetch(url, otherwise)).whenComplete((set, failure) -> {
                    underWay.remove(url, mine);
                    mine.complete(set == null ? otherwise : set);
                });
            }
            return (before == null ? mine : before).get(KeyServers.LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return otherwise;
        } catch (ExecutionException | TimeoutException e) {
            return otherwise;
        } finally {
            waiting.release();
        }
    }

    /** Ends within {@link KeyServers#LIMIT}, and is remembered however it ends. */
    private CompletableFuture<Fetched> fetch(String url, Fetched otherwise) {
        return servers.ask(url).thenApply(this::read).exceptionally(failure -> {
            Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            LOG.warn("the key set at {} could not be fetched: {}", url, cause.toString());
            Instant again = clock.instant().plus(AFTER_FAILURE);
            return new Fetched(otherwise.keys(), otherwise == NOTHING ? again : otherwise.until(), again, otherwise.bytes());
        }).thenApply(set -> {
            cache.put(url, set);
            return set;
        });
    }

    private Fetched read(KeyServers.Answer response) {
        if (response.status() != 200) {
            throw new IllegalArgumentException("status " + response.status());
        }
        try {
            Instant now = clock.instant();
            return new Fetched(SignedTokens.parseKeys(new String(response.body(), StandardCharsets.UTF_8)).getKeys(), now.plus(life(response.cacheControl())), now.plus(BETWEEN_UNKNOWN),
                    response.body().length);
        } catch (ParseException e) {
            throw new IllegalArgumentException("no key set: " + e.getMessage(), e);
        }
    }

    private static Duration life(String control) {
        if (control.contains("no-store") || control.contains("no-cache")) {
            return LEAST;
        }
        Matcher age = MAX_AGE.matcher(control);
        Duration life = age.find() ? Duration.ofSeconds(Long.parseLong(age.group(1))) : USUAL;
        return life.compareTo(LEAST) < 0 ? LEAST : life.compareTo(MOST) > 0 ? MOST : life;
    }

    private static List<JWK> inline(String json) {
        try {
            return SignedTokens.parseKeys(json).getKeys();
        } catch (ParseException e) {
            LOG.warn("no key set in a registered jwks: {}", e.getMessage());
            return List.of();
        }
    }
}
