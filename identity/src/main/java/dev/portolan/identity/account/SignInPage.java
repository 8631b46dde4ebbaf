package dev.portolan.identity.account;

import dev.portolan.identity.IdentityProperties;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/** The sign-in page. */
@Controller
class SignInPage {
    private final IdentityProperties properties;

    SignInPage(IdentityProperties properties) {
        this.properties = properties;
    }

    @GetMapping("/sign-in")
    String signIn(HttpServletRequest request, Model model) {
        model.addAttribute("failed", request.getParameter("failed") != null);
        model.addAttribute("code", request.getParameter("code") != null);
        model.addAttribute("wrongCode", "wrong".equals(request.getParameter("code")));
        model.addAttribute("joined", request.getParameter("joined") != null);
        model.addAttribute("out", request.getParameter("out") != null);
        model.addAttribute("plan", properties.brand().name());
        model.addAttribute("provider", properties.provider());
        return "identity/sign-in";
    }
}
