package dev.portolan.identity.app;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.account.Account;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
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
import tools.jackson.core.JacksonException;

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
        return "redirect:/developers/apps";
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
        return "identity/developer-apps";
    }

    @GetMapping("/apps/new")
    String form(Model model) {
        model.addAttribute("questions", Attestation.QUESTIONS);
        model.addAttribute("given", Map.of());
        return "identity/app-form";
    }

    @PostMapping("/apps/new")
    String register(Account developer, @RequestParam MultiValueMap<String, String> fields, Model model, RedirectAttributes flash) {
        try {
            AppLifecycle.Registered registered = mine.register(developer, request(fields));
            if (registered.secret() != null) {
                flash.addFlashAttribute("secret", registered.secret().secret());
            }
            return "redirect:/developers/apps/" + registered.app().clientId();
        } catch (AppRejected e) {
            model.addAttribute("problem", e.getMessage());
            model.addAttribute("questions", Attestation.QUESTIONS);
            model.addAttribute("given", fields.toSingleValueMap());
            return "identity/app-form";
        }
    }

    @GetMapping("/apps/{clientId}")
    String read(Account developer, @PathVariable("clientId") String clientId, Model model) {
        DeveloperApps.Whole whole = mine.whole(developer, clientId);
        App app = whole.app();
        model.addAttribute("app", app);
        model.addAttribute("secrets", whole.secrets());
        model.addAttribute("history", whole.history());
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

    private static AppRequest request(MultiValueMap<String, String> fields) {
        Map<String, Object> json = new HashMap<>();
        for (String name : List.of("client_name", "description", "organization", "client_uri", "logo_uri", "policy_uri", "tos_uri", "launch_uri", "jwks_uri", "scope")) {
            String value = fields.getFirst(name);
            if (value != null && !value.isBlank()) {
                json.put(name, value.strip());
            }
        }
        String keys = fields.getFirst("jwks");
        if (keys != null && !keys.isBlank()) {
            json.put("jwks", keys(keys));
        }
        boolean signs = json.containsKey("jwks_uri") || json.containsKey("jwks");
        String kind = Objects.requireNonNullElse(fields.getFirst("kind"), "web").toLowerCase(Locale.ROOT);
        json.put("kind", kind);
        json.put("token_endpoint_auth_method", switch (kind) {
            case "browser", "native" -> "none";
            case "backend" -> "private_key_jwt";
            default -> signs ? "private_key_jwt" : "client_secret_basic";
        });
        json.put("grant_types", kind.equals("backend") ? List.of("client_credentials") : List.of("authorization_code"));
        json.put("redirect_uris", lines(fields.getFirst("redirect_uris")));
        json.put("contacts", lines(fields.getFirst("contacts")));
        Map<String, String> answers = new HashMap<>();
        Attestation.QUESTIONS.forEach(q -> answers.put(q.key(), Objects.requireNonNullElse(fields.getFirst("answer." + q.key()), "")));
        json.put("attestation", answers);
        return ClientMetadata.read(json);
    }

    private static Object keys(String text) {
        try {
            return ClientMetadata.JSON.readValue(text, Map.class);
        } catch (JacksonException e) {
            throw new AppRejected("invalid_client_metadata", "The public keys are not JSON: paste the whole key set, from { to }.");
        }
    }

    private static List<String> lines(@Nullable String text) {
        return text == null ? List.of() : new ArrayList<>(Arrays.stream(text.split("\\s+")).filter(l -> !l.isBlank()).toList());
    }
}
