package dev.portolan.server.limits;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.jspecify.annotations.Nullable;

import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;

/**
 * How often one address may call what is open to whoever comes: sign-in, the protocol's endpoints, registration. Passwords are costly to check, and whoever tries them at many accounts is not seen by the
 * lock of any single one. The trail has one entry for each address and period in which calls were refused, and not one for each call, which would let a flood fill it.
 */
public final class AddressLimitFilter extends HttpFilter {

    private static final long serialVersionUID = 1L;
    /** All below it: who calls is looked at there, with its key set and an entry in the trail, also where nothing is behind it (pushed requests, devices). */
    private static final String PROTOCOL = "/oauth2/";
    private static final String KEYS = "/oauth2/jwks";
    private static final Set<String> REGISTRATION = Set.of("/oauth2/register", "/oauth2/udap/register", "/developers/join", "/developers/apps/send-link");
    private static final Set<String> PASSWORDS = Set.of("/sign-in", "/second-factor");

    private final transient @Nullable CallLimit<String> protocol;
    private final transient @Nullable CallLimit<String> signIn;
    private final transient @Nullable CallLimit<String> registration;
    private final transient CallerAddress addresses;
    private final transient SecurityEvents events;

    public AddressLimitFilter(LimitSettings settings, SecurityEvents events) {
        this.protocol = CallLimit.of(settings.protocolPerMinute(), Duration.ofMinutes(1));
        this.signIn = CallLimit.of(settings.signInPerMinute(), Duration.ofMinutes(1));
        this.registration = CallLimit.of(settings.registrationPerHour(), Duration.ofHours(1));
        this.addresses = new CallerAddress(settings.proxies());
        this.events = events;
    }

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws IOException, ServletException {
        CallLimit<String> limit = limit(request);
        if (limit == null) {
            chain.doFilter(request, response);
            return;
        }
        String address = addresses.of(request);
        CallLimit.Taken taken = limit.take(address);
        if (taken.admitted()) {
            chain.doFilter(request, response);
            return;
        }
        if (taken.news()) {
            events.record(SecurityEvent.Type.THROTTLED, false, null, null, null, null, Map.of("error", "throttled", "path", path(request), "address", address));
        }
        refuse(request, response, taken.waitSeconds());
    }

    private @Nullable CallLimit<String> limit(HttpServletRequest request) {
        String path = path(request);
        if (path.endsWith("/fhir")) {
            return null;
        }
        boolean post = request.getMethod().equals("POST");
        if (post && REGISTRATION.contains(path)) {
            return registration;
        }
        if (path.startsWith(PROTOCOL) && !path.equals(KEYS)) {
            return request.getMethod().equals("OPTIONS") ? null : protocol;
        }
        return post && PASSWORDS.contains(path) || bringsPassword(request) ? signIn : null;
    }

    /** The path as the container understands it: without parameters, escapes and dots. */
    private static String path(HttpServletRequest request) {
        return request.getServletPath();
    }

    private static boolean bringsPassword(HttpServletRequest request) {
        String authorization = request.getHeader("Authorization");
        return authorization != null && authorization.regionMatches(true, 0, "Basic ", 0, 6);
    }

    /** RFC 6585, section 4; the body is that of RFC 6749, section 5.2, but for a person's browser, which gets a page. */
    private static void refuse(HttpServletRequest request, HttpServletResponse response, long seconds) throws IOException {
        response.setHeader("Retry-After", Long.toString(seconds));
        response.setHeader("Cache-Control", "no-store");
        String accept = request.getHeader("Accept");
        if (accept != null && accept.startsWith("text/html")) {
            response.sendError(429);
            return;
        }
        response.setStatus(429);
        response.setContentType("application/json");
        response.getOutputStream().write("""
                {"error":"temporarily_unavailable","error_description":"More calls came from this address than are let in: wait %d seconds."}""".formatted(seconds).getBytes(StandardCharsets.UTF_8));
    }
}
