package dev.portolan.provideraccess;

import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/** What members and providers are told of this API, in plain language (42 CFR 422.121(a)(4)(ii) and (a)(5)); open to everybody. */
@Controller
public final class EducationPages {

    private final String plan;
    private final String base;

    /**
     * @param plan as members know it
     * @param base URL of the FHIR base
     */
    public EducationPages(String plan, String base) {
        this.plan = plan;
        this.base = base;
    }

    @GetMapping("/about/provider-access")
    String members(Model model) {
        model.addAttribute("plan", plan);
        return "provider-access/members";
    }

    @GetMapping("/about/provider-access/providers")
    String providers(Model model) {
        model.addAttribute("plan", plan);
        model.addAttribute("base", base);
        return "provider-access/providers";
    }
}
