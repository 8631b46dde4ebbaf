package dev.portolan.identity.account;

import dev.portolan.identity.IdentityProperties;
import jakarta.servlet.http.HttpSession;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/**
 * Where a person sets up one-time passwords (RFC 6238). The key is shown once, and counts when a code that was made of it comes back: nobody is
 * locked out by a key that never reached the phone. One who has it already shows a code of the old key to change to a new one.
 */
@Controller
class SecondFactorPage {
    private static final String SEED = "second-factor-to-be";

    private final Accounts accounts;
    private final SignIn signIn;
    private final IdentityProperties properties;
    private final Clock clock;

    SecondFactorPage(Accounts accounts, SignIn signIn, IdentityProperties properties, Clock clock) {
        this.accounts = accounts;
        this.signIn = signIn;
        this.properties = properties;
        this.clock = clock;
    }

    @GetMapping("/second-factor")
    String show(Account account, HttpSession session, Model model) {
        boolean on = accounts.hasSecondFactor(account.id());
        model.addAttribute("on", on);
        if (session.getAttribute(SEED) == null) {
            session.setAttribute(SEED, TimeBasedOneTimePassword.newSeed());
        }
        String key = TimeBasedOneTimePassword.base32((byte[]) session.getAttribute(SEED));
        model.addAttribute("key", key.replaceAll("(.{4})(?!$)", "$1 "));
        model.addAttribute("link", "otpauth://totp/" + encode(properties.brand().name() + ":" + account.username()) + "?secret=" + key + "&issuer="
                + encode(properties.brand().name()));
        return "identity/second-factor";
    }

    @PostMapping("/second-factor")
    String set(Account account, @RequestParam("code") String code, @RequestParam(name = "old", defaultValue = "") String old, HttpSession session,
               RedirectAttributes flash) {
        byte[] seed = (byte[]) session.getAttribute(SEED);
        boolean right = seed != null && TimeBasedOneTimePassword.matchingStep(seed, code.replace(" ", ""), clock.instant()).isPresent();
        if (!right) {
            flash.addFlashAttribute("problem", "This code does not belong to the key below. Check the key in your authenticator app and the time of your phone, then enter the code that it shows now.");
        } else if (accounts.hasSecondFactor(account.id()) && !signIn.provesSecondFactor(account, old.replace(" ", ""))) {
            flash.addFlashAttribute("problem", "The code of the key that you use until now is not right, or was used already: enter the next one. After five wrong codes the account rests for a while.");
        } else {
            accounts.setSecondFactor(account.id(), seed);
            session.removeAttribute(SEED);
            flash.addFlashAttribute("done", true);
        }
        return "redirect:/second-factor";
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
