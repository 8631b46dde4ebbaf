package dev.portolan.identity.account;

import dev.portolan.identity.IdentityProperties;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.security.web.savedrequest.SavedRequest;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/** The sign-in page. */
@Controller
class SignInPage {
    private final IdentityProperties properties;
    private final WantedPage wanted;

    SignInPage(IdentityProperties properties, WantedPage wanted) {
        this.properties = properties;
        this.wanted = wanted;
    }

    @GetMapping("/sign-in")
    String signIn(HttpServletRequest request, HttpServletResponse response, Model model) {
        model.addAttribute("failed", request.getParameter("failed") != null);
        model.addAttribute("code", request.getParameter("code") != null);
        model.addAttribute("wrongCode", "wrong".equals(request.getParameter("code")));
        SavedRequest page = wanted.getRequest(request, response);
        model.addAttribute("joined", page != null && page.getRedirectUrl().equals("/developers/apps?joined"));
        model.addAttribute("out", request.getParameter("out") != null);
        model.addAttribute("plan", properties.brand().name());
        model.addAttribute("provider", properties.provider());
        return "identity/sign-in";
    }
}
