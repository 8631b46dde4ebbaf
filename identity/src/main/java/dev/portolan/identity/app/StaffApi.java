package dev.portolan.identity.app;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.key.SigningKeys;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** What administrators do with apps, as JSON: register, review, stop, and give evidence of all that. */
@RestController
@RequestMapping(path = "/api/staff", produces = "application/json")
class StaffApi {
    private final Apps apps;
    private final AppLifecycle lifecycle;
    private final AppEvidence evidence;
    private final AppReads reads;
    private final SigningKeys keys;
    private final SoftwareStatements statements;
    private final AppStatus status;

    StaffApi(Apps apps, AppLifecycle lifecycle, AppEvidence evidence, AppReads reads, SigningKeys keys, SoftwareStatements statements, AppStatus status) {
        this.statements = statements;
        this.reads = reads;
        this.apps = apps;
        this.lifecycle = lifecycle;
        this.evidence = evidence;
        this.keys = keys;
        this.status = status;
    }

    /**
     * Why something is done to an app.
     *
     * @param version of the registration that was looked at, when it is approved; without it, whatever it says by then is
     */
    record Decision(@Nullable String criterion, @Nullable String reason, @Nullable Long version) {}

    @GetMapping("/apps")
    List<Map<String, Object>> list(Account staff, @RequestParam(name = "review", required = false) @Nullable String review) {
        reads.seen(staff, null, "list");
        return apps.all().stream().filter(a -> review == null || a.review().name().equalsIgnoreCase(review))
                .map(status::describe).toList();
    }

    @GetMapping("/apps/{clientId}")
    Map<String, Object> read(Account staff, @PathVariable("clientId") String clientId) {
        Map<String, Object> json = described(clientId);
        reads.seen(staff, clientId, "all");
        return json;
    }

    private Map<String, Object> described(String clientId) {
        Map<String, Object> json = status.describe(get(clientId));
        json.put("history", lifecycle.history(clientId));
        return json;
    }

    @PostMapping(path = "/apps", consumes = "application/json")
    @ResponseStatus(HttpStatus.CREATED)
    Map<String, Object> register(Account staff, @RequestBody Map<String, Object> body) {
        AppRequest request = ClientMetadata.read(statements.apply(body));
        String chosen = ClientMetadata.text(body, "client_id");
        AppLifecycle.Registered registered = chosen == null ? lifecycle.register(request, staff.id(), null, true)
                : lifecycle.register(chosen, request, staff.id(), null, true);
        Map<String, Object> answer = status.describe(registered.app());
        if (registered.secret() != null) {
            answer.put("client_secret", registered.secret().secret());
            answer.put("client_secret_expires_at", registered.secret().expiresAt().getEpochSecond());
        }
        return answer;
    }

    @PostMapping(path = "/apps/{clientId}/{step:review|approve|reject|suspend|resume|retire}", consumes = "application/json")
    Map<String, Object> decide(Account staff, @PathVariable("clientId") String clientId, @PathVariable("step") String step,
                               @RequestBody Decision decision) {
        apply(staff, clientId, step, decision);
        return described(clientId);
    }

    void apply(Account staff, String clientId, String step, Decision decision) {
        String reason = decision.reason() == null ? "" : decision.reason().strip();
        switch (step) {
            case "review" -> lifecycle.startReview(clientId, staff.id());
            case "approve" -> lifecycle.approve(clientId, staff.id(), reason, decision.version());
            case "reject" -> lifecycle.reject(clientId, staff.id(), criterion(decision), reason);
            case "suspend" -> lifecycle.suspend(clientId, staff.id(), criterion(decision), reason);
            case "resume" -> lifecycle.resume(clientId, staff.id(), reason);
            case "retire" -> lifecycle.retire(clientId, staff.id(), reason);
            default -> throw new AppRejected("invalid_request", "There is no step " + step + ".");
        }
    }

    private static AppLifecycle.Criterion criterion(Decision decision) {
        String name = decision.criterion() == null ? "" : decision.criterion().toUpperCase(Locale.ROOT);
        return Arrays.stream(AppLifecycle.Criterion.values()).filter(c -> c.name().equals(name)).findFirst().orElseThrow(() ->
                new AppRejected("invalid_request", "criterion must be one of " + List.of(AppLifecycle.Criterion.values())
                        + ": apps are refused or stopped for security alone (42 CFR 422.119(e))."));
    }

    /** Everything an auditor asks about apps. */
    @GetMapping("/evidence")
    List<AppEvidence.Entry> evidence(Account staff) {
        reads.seen(staff, null, "evidence");
        return evidence.all();
    }

    @GetMapping(path = "/evidence", produces = "text/csv")
    ResponseEntity<String> evidenceAsCsv(Account staff) {
        reads.seen(staff, null, "evidence");
        return ResponseEntity.ok().header("Content-Disposition", "attachment; filename=apps.csv").body(evidence.csv());
    }

    @PostMapping("/keys/rotate")
    Map<String, Object> rotate(Account staff) {
        return Map.of("kid", keys.rotate(staff.id()));
    }

    private App get(String clientId) {
        return apps.find(clientId).orElseThrow(() -> new AppRejected("not_found", "There is no app with this client_id."));
    }
}
