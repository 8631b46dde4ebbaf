package dev.portolan.identity.app;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.account.Account;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** The developers' pages: join, register an app, look after its secrets, ask for production. */
@Controller
@RequestMapping("/developers")
class DeveloperPages {
    private final DeveloperApps mine;
    private final ContactVerification verification;
    private final IdentityProperties properties;

    DeveloperPages(DeveloperApps mine, ContactVerification verification, IdentityProperties properties) {
        this.mine = mine;
        this.verification = verification;
        this.properties = properties;
    }

    @GetMapping
    String welcome(Model model) {
        model.addAttribute("properties", properties);
        return "identity/developers";
    }

    @GetMapping("/join")
    String joinForm(Model model) {
        model.addAttribute("plan", properties.brand().name());
        return "identity/join";
    }

    @PostMapping("/join")
    String join(@RequestParam("email") String email, @RequestParam("password") String password, @RequestParam("name") String name,
                @RequestParam(name = "organization", defaultValue = "") String organization, Model model) {
        try {
            verification.join(email, password, name, organization);
        } catch (IllegalArgumentException e) {
            model.addAttribute("problem", e.getMessage());
            return joinForm(model);
        }
        return "redirect:/developers/apps?joined";
    }

    @GetMapping("/verify")
    String verify(@RequestParam("token") String token, Model model) {
        boolean confirmed = verification.confirm(token);
        model.addAttribute("title", confirmed ? "Your e-mail address is confirmed" : "This link does not work");
        model.addAttribute("text", confirmed ? "You can ask for production access now." : "It was used already, or a newer one was sent.");
        return "identity/message";
    }

    @GetMapping("/apps")
    String list(Account developer, Model model) {
        model.addAttribute("apps", mine.list(developer));
        model.addAttribute("account", developer);
        model.addAttribute("verified", verification.isVerified(developer.id()));
        model.addAttribute("mail", verification.isSent());
        model.addAttribute("contact", properties.brand().contact());
        return "identity/developer-apps";
    }

    /** A message gets lost, and without its link nobody asks for production. */
    @PostMapping("/apps/send-link")
    String sendLink(Account developer, RedirectAttributes flash) {
        if (!verification.isVerified(developer.id())) {
            verification.sendLink(developer);
            flash.addFlashAttribute("sent", true);
        }
        return "redirect:/developers/apps";
    }

    @GetMapping("/apps/new")
    String form(Model model) {
        return form(model, null, Map.of());
    }

    /** @param app the one that is changed; null for a new one */
    private String form(Model model, @Nullable App app, Map<String, String> given) {
        model.addAttribute("reviewed", properties.environment() == IdentityProperties.Environment.PRODUCTION);
        model.addAttribute("questions", Attestation.QUESTIONS);
        model.addAttribute("given", given);
        model.addAttribute("app", app);
        return "identity/app-form";
    }

    private static void wrong(Model model, AppRejected e) {
        if (e.code().equals("not_found")) {
            throw e;
        }
        model.addAttribute("problem", e.getMessage());
        model.addAttribute("wrong", AppForm.field(String.valueOf(e.getMessage())));
    }

    @PostMapping("/apps/new")
    String register(Account developer, @RequestParam MultiValueMap<String, String> fields, Model model, RedirectAttributes flash) {
        try {
            AppLifecycle.Registered registered = mine.register(developer, ClientMetadata.read(AppForm.read(fields)));
            if (registered.secret() != null) {
                flash.addFlashAttribute("secret", registered.secret().secret());
            }
            return "redirect:/developers/apps/" + registered.app().clientId();
        } catch (AppRejected e) {
            wrong(model, e);
            return form(model, null, fields.toSingleValueMap());
        }
    }

    @GetMapping("/apps/{clientId}/change")
    String changeForm(Account developer, @PathVariable("clientId") String clientId, Model model) {
        App app = mine.read(developer, clientId);
        return form(model, app, AppForm.of(mine.wanted(app)));
    }

    @PostMapping("/apps/{clientId}/change")
    String change(Account developer, @PathVariable("clientId") String clientId, @RequestParam MultiValueMap<String, String> fields, Model model, RedirectAttributes flash) {
        App app = mine.read(developer, clientId);
        try {
            boolean waits = mine.change(developer, app, AppForm.read(fields));
            flash.addFlashAttribute("done", waits ? "Your change waits for its review. Until then the app works as it is." : "Changed. It holds from now on.");
            return "redirect:/developers/apps/" + clientId;
        } catch (AppRejected e) {
            wrong(model, e);
            return form(model, app, fields.toSingleValueMap());
        }
    }

    @GetMapping("/apps/{clientId}")
    String read(Account developer, @PathVariable("clientId") String clientId, Model model) {
        DeveloperApps.Whole whole = mine.whole(developer, clientId);
        App app = whole.app();
        model.addAttribute("app", app);
        model.addAttribute("secrets", whole.secrets());
        model.addAttribute("history", whole.history());
        model.addAttribute("changes", whole.changes());
        model.addAttribute("properties", properties);
        model.addAttribute("due", app.submittedAt() == null ? null : AppLifecycle.due(app.submittedAt(), properties.reviewTarget()));
        return "identity/developer-app";
    }

    @PostMapping("/apps/{clientId}/{step:submit|issue-secret|revoke-secret|retire}")
    String step(Account developer, @PathVariable("clientId") String clientId, @PathVariable("step") String step,
                @RequestParam(name = "secret", required = false) @Nullable String secretId, RedirectAttributes flash) {
        try {
            switch (step) {
                case "submit" -> mine.submit(developer, clientId);
                case "issue-secret" -> flash.addFlashAttribute("secret", mine.issueSecret(developer, clientId).secret());
                case "revoke-secret" -> mine.revokeSecret(developer, clientId, Objects.requireNonNullElse(secretId, ""));
                default -> mine.retire(developer, clientId);
            }
        } catch (AppRejected e) {
            if (e.code().equals("not_found")) {
                throw e;
            }
            flash.addFlashAttribute("problem", e.getMessage());
        }
        return "redirect:/developers/apps/" + clientId;
    }
}
