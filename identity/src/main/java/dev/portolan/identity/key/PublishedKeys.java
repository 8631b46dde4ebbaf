package dev.portolan.identity.key;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * The public keys of apps, from their JWKS URL or inline. A fetched set is kept as long as its Cache-Control says, within bounds, and fetched
 * anew once when an unknown kid turns up: that is how an app rotates its keys.
 */
@Component
public final class PublishedKeys {
    private static final Logger LOG = LoggerFactory.getLogger(PublishedKeys.class);
    private static final Duration LEAST = Duration.ofSeconds(10);
    private static final Duration USUAL = Duration.ofMinutes(5);
    private static final Duration MOST = Duration.ofHours(24);
    /** So that assertions with made-up key ids do not make this server call the app's again and again. */
    private static final Duration BETWEEN_UNKNOWN = Duration.ofSeconds(2);
    private static final int LARGEST = 256 * 1024;
    private static final Pattern MAX_AGE = Pattern.compile("max-age=(\\d{1,9})");

    private record Fetched(List<JWK> keys, Instant at, Instant until) {}

    private final Cache<String, Fetched> cache = Caffeine.newBuilder().maximumSize(10_000).build();
    private final Clock clock;
    private @Nullable HttpClient http;

    PublishedKeys(Clock clock) {
        this.clock = clock;
    }

    /** @param kid the key that is looked for; a set without it is fetched anew once */
    public List<JWK> of(@Nullable String url, @Nullable String inline, @Nullable String kid) {
        if (url == null) {
            return inline == null ? List.of() : parse(inline, "the registered jwks");
        }
        Instant now = clock.instant();
        Fetched known = cache.getIfPresent(url);
        boolean stale = known == null || now.isAfter(known.until());
        boolean unknown = known != null && kid != null && known.keys().stream().noneMatch(k -> kid.equals(k.getKeyID()))
                && now.isAfter(known.at().plus(BETWEEN_UNKNOWN));
        if (stale || unknown) {
            Fetched fetched = fetch(url, now);
            if (fetched != null) {
                cache.put(url, fetched);
                return fetched.keys();
            }
            // An app whose key server is down for a moment keeps working with the keys it had, while they may be kept.
            return known == null || stale ? List.of() : known.keys();
        }
        return Objects.requireNonNull(known).keys();
    }

    /** Made for the first app that publishes its keys: it would be a tenth of a second of every start. */
    private synchronized HttpClient http() {
        if (http == null) {
            http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(3)).followRedirects(HttpClient.Redirect.NEVER).build();
        }
        return http;
    }

    private @Nullable Fetched fetch(String url, Instant now) {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(5)).header("Accept", "application/json").build();
            HttpResponse<InputStream> response = http().send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream in = response.body()) {
                byte[] body = in.readNBytes(LARGEST + 1);
                if (response.statusCode() != 200 || body.length > LARGEST) {
                    LOG.warn("the key set at {} could not be used: status {}, {} bytes", url, response.statusCode(), body.length);
                    return null;
                }
                return new Fetched(parse(new String(body, StandardCharsets.UTF_8), url), now, now.plus(life(response)));
            }
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("the key set at {} could not be fetched: {}", url, e.toString());
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private static Duration life(HttpResponse<?> response) {
        String control = response.headers().firstValue("Cache-Control").orElse("");
        if (control.contains("no-store") || control.contains("no-cache")) {
            return LEAST;
        }
        Matcher age = MAX_AGE.matcher(control);
        Duration life = age.find() ? Duration.ofSeconds(Long.parseLong(age.group(1))) : USUAL;
        return life.compareTo(LEAST) < 0 ? LEAST : life.compareTo(MOST) > 0 ? MOST : life;
    }

    private static List<JWK> parse(String json, String where) {
        try {
            return JWKSet.parse(json).getKeys();
        } catch (ParseException e) {
            LOG.warn("no key set at {}: {}", where, e.getMessage());
            return List.of();
        }
    }
}
