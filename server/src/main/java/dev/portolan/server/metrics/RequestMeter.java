package dev.portolan.server.metrics;

import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.RequestLog;
import org.eclipse.jetty.server.Response;

import dev.portolan.rest.CallName;
import dev.portolan.rest.FhirBase;

/** Times every request from its first byte to the last of its answer, by API, operation and status. The container tells of them when they have ended, so that nothing stands on a request's way. */
public final class RequestMeter implements RequestLog {

    /** About the limits that are promised (read 0.3 s, search 1 s), and around them; a series for each, so no more than tell something. */
    private static final Duration[] LIMITS = {
        Duration.ofMillis(2), Duration.ofMillis(10), Duration.ofMillis(50), Duration.ofMillis(100), Duration.ofMillis(300), Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(5),
        Duration.ofSeconds(15)};
    private static final String AUTHORIZATION = "authorization";
    private static final Map<String, CallName> PROTOCOL = Map.of(
        "/oauth2/token", new CallName(AUTHORIZATION, "token"), "/oauth2/authorize", new CallName(AUTHORIZATION, "authorize"), "/oauth2/introspect", new CallName(AUTHORIZATION, "introspect"),
        "/oauth2/revoke", new CallName(AUTHORIZATION, "revoke"), "/oauth2/register", new CallName(AUTHORIZATION, "register"), "/oauth2/udap/register", new CallName(AUTHORIZATION, "register"),
        "/developers/join", new CallName(AUTHORIZATION, "register"), "/sign-in", new CallName(AUTHORIZATION, "sign-in"), "/second-factor", new CallName(AUTHORIZATION, "sign-in"));
    private static final CallName OTHER_PROTOCOL = new CallName(AUTHORIZATION, "other");
    private static final CallName HEALTH = new CallName("operations", "health");
    private static final CallName PAGE = new CallName("pages", "page");

    private final ServerMetrics metrics;
    /** What a FHIR base's calls are called that end before the base sees them: a browser's question whether it may ask, what the container refuses. By the path of the base. */
    private final Map<String, CallName> bases = new HashMap<>();
    private final Map<Answered, Timer> timers = new ConcurrentHashMap<>();

    private record Answered(CallName call, int status) {}

    public RequestMeter(ServerMetrics metrics, List<FhirBase> bases) {
        this.metrics = metrics;
        bases.forEach(base -> this.bases.put(base.path(), new CallName(base.name(), "other")));
    }

    @Override
    public void log(Request request, Response response) {
        CallName call = request.getAttribute(CallName.ATTRIBUTE) instanceof CallName name ? name : other(Request.getPathInContext(request));
        timers.computeIfAbsent(new Answered(call, response.getStatus()), this::timer).record(System.nanoTime() - request.getBeginNanoTime(), TimeUnit.NANOSECONDS);
    }

    private CallName other(String path) {
        CallName protocol = PROTOCOL.get(path);
        if (protocol != null) {
            return protocol;
        }
        if (path.startsWith("/oauth2/") || path.contains("/.well-known/")) {
            return OTHER_PROTOCOL;
        }
        for (Map.Entry<String, CallName> base : bases.entrySet()) {
            if (path.startsWith(base.getKey()) && (path.length() == base.getKey().length() || path.charAt(base.getKey().length()) == '/')) {
                return base.getValue();
            }
        }
        return path.startsWith("/health") || path.equals(MetricsServlet.PATH) ? HEALTH : PAGE;
    }

    private Timer timer(Answered answered) {
        return Timer.builder("portolan.requests").description("Requests, from the first byte to the last of the answer")
            .tags("api", answered.call().api(), "operation", answered.call().operation(), "status", Integer.toString(answered.status())).serviceLevelObjectives(LIMITS).register(metrics.registry());
    }
}
