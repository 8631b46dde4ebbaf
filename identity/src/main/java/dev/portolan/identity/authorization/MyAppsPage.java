package dev.portolan.identity.authorization;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.account.Account;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** "Apps that can see my data": SMART's management_endpoint. */
@Controller
class MyAppsPage {
    private final AuthorizedApps authorized;
    private final IdentityProperties properties;

    MyAppsPage(AuthorizedApps authorized, IdentityProperties properties) {
        this.authorized = authorized;
        this.properties = properties;
    }

    @GetMapping("/my-apps")
    String list(Account account, @RequestParam(name = "ended", required = false) @Nullable String ended, Model model) {
        model.addAttribute("plan", properties.brand().name());
        model.addAttribute("account", account);
        model.addAttribute("apps", authorized.visibleTo(account.id(), account.patient()));
        model.addAttribute("ended", ended != null);
        return "identity/my-apps";
    }

    @PostMapping("/my-apps/end")
    String end(Account account, @RequestParam("client_id") String clientId, @RequestParam("principal") String principal,
               @RequestParam(name = "patient", required = false) @Nullable String patient, Model model, HttpServletResponse response) {
        String of = patient == null || patient.isEmpty() ? null : patient;
        if (!authorized.end(account.id(), account.patient(), clientId, principal, of)) {
            response.setStatus(HttpServletResponse.SC_NOT_FOUND);
            model.addAttribute("title", "There is nothing to stop");
            model.addAttribute("text", "This app cannot see your data, or was stopped already.");
            return "identity/message";
        }
        return "redirect:/my-apps?ended";
    }
}
