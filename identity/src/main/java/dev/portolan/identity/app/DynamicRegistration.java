package dev.portolan.identity.app;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.key.Secrets;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Dynamic client registration (RFC 7591) and its management (RFC 7592). Open in a sandbox; in production what comes in goes to review. How often an address may register is the server's to limit. */
@RestController
@RequestMapping(path = "/oauth2/register", produces = "application/json")
class DynamicRegistration {
    private final AppLifecycle lifecycle;
    private final Apps apps;
    private final SoftwareStatements statements;
    private final AppStatus status;
    private final IdentityProperties properties;

    DynamicRegistration(AppLifecycle lifecycle, Apps apps, SoftwareStatements statements, AppStatus status, IdentityProperties properties) {
        this.status = status;
        this.lifecycle = lifecycle;
        this.apps = apps;
        this.statements = statements;
        this.properties = properties;
    }

    @PostMapping(consumes = "application/json")
    ResponseEntity<Map<String, Object>> register(@RequestHeader(name = "Authorization", required = false) @Nullable String authorization,
                                                 @RequestBody Map<String, Object> body) {
        boolean trusted = false;
        if (authorization != null) {
            trusted = !properties.initialAccessToken().isEmpty() && Secrets.same(bearer(authorization), properties.initialAccessToken());
            if (!trusted) {
                return unauthorized("The initial access token is not right; leave it out to have the registration reviewed.");
            }
        }
        AppLifecycle.Registered registered = lifecycle.register(request(body), "dynamic registration", null, trusted);
        Map<String, Object> answer = ClientMetadata.write(registered.app());
        answer.put("registration_access_token", registered.registrationToken());
        answer.put("registration_client_uri", properties.url("/oauth2/register/" + registered.app().clientId()));
        if (registered.secret() != null) {
            answer.put("client_secret", registered.secret().secret());
            answer.put("client_secret_expires_at", registered.secret().expiresAt().getEpochSecond());
        }
        answer.put("state", registered.app().state().name().toLowerCase(Locale.ROOT));
        return ResponseEntity.status(HttpStatus.CREATED).header("Cache-Control", "no-store").header("Pragma", "no-cache").body(answer);
    }

    /** What somebody trusted says of the app goes before what it says itself, whenever it says it. */
    private AppRequest request(Map<String, Object> body) {
        return openToAll(ClientMetadata.read(statements.apply(body)));
    }

    /** What sees other apps' tokens, or starts apps, is not for the taking: an administrator registers it. */
    static AppRequest openToAll(AppRequest r) {
        if (r.kind() == App.Kind.EHR || r.kind() == App.Kind.RESOURCE_SERVER || r.kind() == App.Kind.PAYER) {
            throw new AppRejected("invalid_client_metadata", "An app of kind " + r.kind().name().toLowerCase(Locale.ROOT) + " is registered by the plan's staff.");
        }
        return r;
    }

    @GetMapping("/{clientId}")
    ResponseEntity<Map<String, Object>> read(@PathVariable("clientId") String clientId,
                                             @RequestHeader(name = "Authorization", required = false) @Nullable String authorization) {
        return managed(clientId, authorization) ? ResponseEntity.ok().header("Cache-Control", "no-store").body(described(clientId))
                : unauthorized("A registration_access_token of this app is needed.");
    }

    @PutMapping(path = "/{clientId}", consumes = "application/json")
    ResponseEntity<Map<String, Object>> update(@PathVariable("clientId") String clientId,
            @RequestHeader(name = "Authorization", required = false) @Nullable String authorization, @RequestBody Map<String, Object> body) {
        if (!managed(clientId, authorization)) {
            return unauthorized("A registration_access_token of this app is needed.");
        }
        Object named = body.get("client_id");
        if (named != null && !named.equals(clientId)) {
            throw new AppRejected("invalid_client_metadata", "client_id must be the app's own.");
        }
        lifecycle.update(clientId, request(body), clientId, AppLifecycle.Vouched.NOTHING);
        return ResponseEntity.ok().header("Cache-Control", "no-store").body(described(clientId));
    }

    @DeleteMapping("/{clientId}")
    ResponseEntity<Map<String, Object>> delete(@PathVariable("clientId") String clientId,
                                               @RequestHeader(name = "Authorization", required = false) @Nullable String authorization) {
        if (!managed(clientId, authorization)) {
            return unauthorized("A registration_access_token of this app is needed.");
        }
        lifecycle.end(clientId, clientId, "deleted by its registration");
        return ResponseEntity.noContent().build();
    }

    private Map<String, Object> described(String clientId) {
        App app = apps.find(clientId).orElseThrow(() -> new AppRejected("not_found", "There is no app with this client_id."));
        Map<String, Object> answer = ClientMetadata.write(app);
        answer.put("registration_client_uri", properties.url("/oauth2/register/" + clientId));
        answer.put("state", app.state().name().toLowerCase(Locale.ROOT));
        status.putReview(answer, app);
        status.putChange(answer, app);
        return answer;
    }

    /** An app that is not there and one whose token is wrong look the same (RFC 7592, section 2.1). */
    private boolean managed(String clientId, @Nullable String authorization) {
        return authorization != null && lifecycle.manages(clientId, bearer(authorization));
    }

    private static String bearer(String authorization) {
        return authorization.regionMatches(true, 0, "Bearer ", 0, 7) ? authorization.substring(7).strip() : "";
    }

    private static ResponseEntity<Map<String, Object>> unauthorized(String description) {
        return ResponseEntity.status(HttpStatus.UNAUTHORIZED).header("WWW-Authenticate", "Bearer error=\"invalid_token\"")
                .body(error("invalid_token", description));
    }

    private static Map<String, Object> error(String code, String description) {
        return Map.of("error", code, "error_description", description);
    }
}
