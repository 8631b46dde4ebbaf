package dev.portolan.identity.account;

import dev.portolan.identity.IdentityProperties;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/** The server's first page: whoever is signed in goes on to what is theirs, everybody else reads what is here. */
@Controller
class HomePage {
    private final PageFrame frame;
    private final IdentityProperties properties;

    HomePage(PageFrame frame, IdentityProperties properties) {
        this.frame = frame;
        this.properties = properties;
    }

    @GetMapping("/")
    String home(@Nullable Account account, Model model) {
        Optional<MenuEntry> first = account == null ? Optional.empty() : frame.menu().stream().filter(entry -> !entry.access().admits(null)).findFirst();
        if (account != null && account.kind() == Account.Kind.STAFF && first.filter(entry -> !entry.href().equals("/second-factor")).isEmpty()) {
            model.addAttribute("title", "There are no pages for your role");
            model.addAttribute("text", "You are signed in as " + account.displayName() + ", with the role " + String.join(", ", new TreeSet<>(account.roles()))
                    + ". What it may do is done by the plan's own programs, which call this server's APIs with your name and password. Whoever runs the server finds the calls in its documentation, docs/security.md. Here you can set up your second factor.");
            model.addAttribute("onward", "/second-factor");
            model.addAttribute("onwardTo", "Set up your second factor");
            return "identity/message";
        }
        if (first.isPresent()) {
            return "redirect:" + first.get().href();
        }
        model.addAttribute("properties", properties);
        return "identity/home";
    }
}
