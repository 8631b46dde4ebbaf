package dev.portolan.identity.account;

import dev.portolan.identity.event.Notices;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** What administrators do for people who cannot help themselves: take away a second factor that was lost. */
@RestController
class StaffAccountsApi {
    private static final int LONGEST_REASON = 200;

    private final Accounts accounts;
    private final Notices notices;

    StaffAccountsApi(Accounts accounts, Notices notices) {
        this.accounts = accounts;
        this.notices = notices;
    }

    /** How the administrator made sure that it is the person who asks. */
    record Reset(@Nullable String reason) {}

    @PostMapping(path = "/api/staff/accounts/{username}/second-factor/reset", consumes = "application/json", produces = "application/json")
    ResponseEntity<Map<String, Object>> resetSecondFactor(Account staff, @PathVariable("username") String username, @RequestBody Reset reset) {
        String reason = reset.reason() == null ? "" : reset.reason().strip();
        if (reason.isEmpty() || reason.length() > LONGEST_REASON) {
            return refused(400, "reason is required: how you made sure that it is this person who asks, in up to " + LONGEST_REASON + " characters.");
        }
        Optional<Account> person = accounts.findByUsername(username);
        if (person.isEmpty()) {
            return refused(404, "There is no account with this name.");
        }
        if (person.get().id().equals(staff.id())) {
            // A session or a password that was stolen would else be rid of the factor that is to stop it.
            return refused(403, "Another administrator resets your own second factor.");
        }
        if (!accounts.resetSecondFactor(person.get().id(), staff.id(), reason)) {
            return refused(409, "This account has no second factor.");
        }
        if (person.get().email() != null) {
            notices.send(person.get().email(), "Your second factor was reset", "An administrator took your second factor away. Sign in and set up the next one. If you did not ask for it, tell the plan at once.");
        }
        return ResponseEntity.ok(Map.of("account", person.get().username(), "second_factor", false));
    }

    private static ResponseEntity<Map<String, Object>> refused(int status, String why) {
        String error = switch (status) {
            case 404 -> "not_found";
            case 403 -> "forbidden";
            default -> "invalid_request";
        };
        return ResponseEntity.status(status).body(Map.of("error", error, "error_description", why));
    }
}
