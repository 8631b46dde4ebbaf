package dev.portolan.compliance;

import dev.portolan.identity.account.Account;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** "Who has seen my data", as JSON. */
@RestController
class MyAccessApi {

    private final MyAccess access;
    private final AskedTrail asked;

    MyAccessApi(MyAccess access, AskedTrail asked) {
        this.access = access;
        this.asked = asked;
    }

    /** @param patient one whom the account represents; left out for the member's own, or the first represented */
    @GetMapping("/api/my-access")
    MyAccess.Seen mine(Account account, HttpServletRequest request, @RequestParam(name = "patient", required = false) @Nullable String patient) {
        MyAccess.Seen seen = access.of(account, patient).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no such member whose data you may see."));
        asked.record(request, account, "my-access", seen.patients(), Map.of(), seen.looks().size());
        return seen;
    }
}
