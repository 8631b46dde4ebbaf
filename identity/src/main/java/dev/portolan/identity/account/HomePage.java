package dev.portolan.identity.account;

import dev.portolan.identity.IdentityProperties;
import java.util.Optional;
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
        if (first.isPresent()) {
            return "redirect:" + first.get().href();
        }
        model.addAttribute("properties", properties);
        return "identity/home";
    }
}
