package dev.portolan.identity.app;

import dev.portolan.identity.account.Account;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** A developer's own apps, as JSON. Somebody else's app is not there. */
@RestController
@RequestMapping(path = "/api/apps", produces = "application/json")
class DeveloperApi {
    private final DeveloperApps mine;
    private final SoftwareStatements statements;
    private final AppStatus status;

    DeveloperApi(DeveloperApps mine, SoftwareStatements statements, AppStatus status) {
        this.mine = mine;
        this.statements = statements;
        this.status = status;
    }

    @GetMapping
    List<Map<String, Object>> list(Account developer) {
        return mine.list(developer).stream().map(this::describe).toList();
    }

    @PostMapping(consumes = "application/json")
    @ResponseStatus(HttpStatus.CREATED)
    Map<String, Object> register(Account developer, @RequestBody Map<String, Object> body) {
        AppLifecycle.Registered registered = mine.register(developer, ClientMetadata.read(statements.apply(body)));
        Map<String, Object> answer = describe(registered.app());
        if (registered.secret() != null) {
            answer.put("client_secret", registered.secret().secret());
            answer.put("client_secret_expires_at", registered.secret().expiresAt().getEpochSecond());
        }
        return answer;
    }

    @GetMapping("/{clientId}")
    Map<String, Object> read(Account developer, @PathVariable("clientId") String clientId) {
        return describe(mine.read(developer, clientId));
    }

    @PutMapping(path = "/{clientId}", consumes = "application/json")
    Map<String, Object> update(Account developer, @PathVariable("clientId") String clientId, @RequestBody Map<String, Object> body) {
        return describe(mine.update(developer, clientId, ClientMetadata.read(statements.apply(body))));
    }

    @DeleteMapping("/{clientId}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void retire(Account developer, @PathVariable("clientId") String clientId) {
        mine.retire(developer, clientId);
    }

    @PostMapping("/{clientId}/submit")
    Map<String, Object> submit(Account developer, @PathVariable("clientId") String clientId) {
        return describe(mine.submit(developer, clientId));
    }

    /** Says that the registration is still right; asked for once a year. */
    @PostMapping("/{clientId}/confirm")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void confirm(Account developer, @PathVariable("clientId") String clientId) {
        mine.confirm(developer, clientId);
    }

    @GetMapping("/{clientId}/history")
    List<AppLifecycle.Event> history(Account developer, @PathVariable("clientId") String clientId) {
        return mine.history(developer, clientId);
    }

    @GetMapping("/{clientId}/secrets")
    List<AppSecrets.Listed> secrets(Account developer, @PathVariable("clientId") String clientId) {
        return mine.secrets(developer, clientId);
    }

    @PostMapping("/{clientId}/secrets")
    @ResponseStatus(HttpStatus.CREATED)
    Map<String, Object> issueSecret(Account developer, @PathVariable("clientId") String clientId) {
        AppSecrets.Issued issued = mine.issueSecret(developer, clientId);
        return Map.of("id", issued.id(), "client_secret", issued.secret(), "client_secret_expires_at", issued.expiresAt().getEpochSecond());
    }

    @DeleteMapping("/{clientId}/secrets/{secretId}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void revokeSecret(Account developer, @PathVariable("clientId") String clientId, @PathVariable("secretId") String secretId) {
        mine.revokeSecret(developer, clientId, secretId);
    }

    private Map<String, Object> describe(App app) {
        return status.describe(app);
    }
}
