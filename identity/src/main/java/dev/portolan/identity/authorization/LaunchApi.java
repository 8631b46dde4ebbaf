package dev.portolan.identity.authorization;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.identity.token.AccessTokens;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/**
 * How an EHR, a portal or a care manager's desktop starts an app: it posts the context, and opens the address that it gets back. The caller is
 * an app of kind EHR with a backend token.
 */
@RestController
class LaunchApi {
    private static final String BEARER = "Bearer ";

    private final Launches launches;
    private final AccessTokens tokens;
    private final Apps apps;
    private final IdentityProperties properties;

    LaunchApi(Launches launches, AccessTokens tokens, Apps apps, IdentityProperties properties) {
        this.launches = launches;
        this.tokens = tokens;
        this.apps = apps;
        this.properties = properties;
    }

    /**
     * The JSON document; its names follow SMART.
     *
     * @param client_id the app to be started
     * @param base      the path of the FHIR base; the first one if missing
     */
    record LaunchRequest(@Nullable String client_id, @Nullable String base, @Nullable String patient, @Nullable String encounter,
                         @Nullable List<Map<String, Object>> fhirContext, @Nullable Boolean need_patient_banner,
                         @Nullable String smart_style_url, @Nullable String intent, @Nullable String tenant) {}

    @PostMapping(path = "/launches", consumes = "application/json", produces = "application/json")
    ResponseEntity<Map<String, Object>> create(@RequestHeader(name = "Authorization", required = false) @Nullable String authorization,
                                               @RequestBody LaunchRequest request) {
        Optional<AccessToken> caller = authorization != null && authorization.startsWith(BEARER)
                ? tokens.resolve(authorization.substring(BEARER.length())) : Optional.empty();
        if (caller.isEmpty()) {
            return ResponseEntity.status(HttpStatus.UNAUTHORIZED).header("WWW-Authenticate", "Bearer error=\"invalid_token\"")
                    .body(Map.of("error", "invalid_token", "error_description", "A live access token of an EHR is needed."));
        }
        if (apps.find(caller.get().clientId()).filter(a -> a.kind() == App.Kind.EHR).isEmpty() || caller.get().user() != null) {
            return ResponseEntity.status(HttpStatus.FORBIDDEN)
                    .body(Map.of("error", "insufficient_scope", "error_description", "Only an app registered as an EHR may start others."));
        }
        Optional<App> target = Optional.ofNullable(request.client_id()).flatMap(apps::find).filter(a -> a.state() == App.State.ACTIVE);
        String base = request.base() == null ? properties.memberBase() : request.base();
        if (target.isEmpty() || !properties.fhirBases().contains(base) || request.fhirContext() != null && request.fhirContext().contains(null)) {
            return ResponseEntity.badRequest().body(Map.of("error", "invalid_request",
                    "error_description", "client_id must name an active app, base one of this server's FHIR bases, and fhirContext be an array of objects."));
        }
        boolean banner = request.need_patient_banner() == null || request.need_patient_banner();
        String style = request.smart_style_url() == null ? properties.url("/identity/smart-style.json") : request.smart_style_url();
        SmartContext context = new SmartContext(request.patient(), request.encounter(), null,
                request.fhirContext() == null ? List.of() : request.fhirContext(), banner, style, request.intent(), request.tenant(), null, null, List.of());
        String launch = launches.create(context, target.get().clientId(), caller.get().clientId());
        return ResponseEntity.status(HttpStatus.CREATED).header("Cache-Control", "no-store").body(answer(launch, base, target.get()));
    }

    private Map<String, Object> answer(String launch, String base, App app) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("launch", launch);
        body.put("iss", properties.url(base));
        body.put("expires_in", Launches.LIFE.toSeconds());
        Launches.address(app, properties.url(base), launch).ifPresent(address -> body.put("launch_url", address));
        return body;
    }
}
