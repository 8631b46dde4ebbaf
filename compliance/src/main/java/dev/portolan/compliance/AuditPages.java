package dev.portolan.compliance;

import dev.portolan.audit.TrailKeeper;
import dev.portolan.audit.TrailReader;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.util.UriComponentsBuilder;

/** The trail on pages, for compliance staff: filters and results, export, what is unusual, and whether the chain is whole. */
@Controller
@RequestMapping("/staff/audit")
class AuditPages {

    private static final Duration LOOKED_AT = Duration.ofDays(7);

    private final TrailKeeper keeper;
    private final AuditApi api;
    private final Apps apps;
    private final Clock clock;

    AuditPages(TrailKeeper keeper, AuditApi api, Apps apps, Clock clock) {
        this.keeper = keeper;
        this.api = api;
        this.apps = apps;
        this.clock = clock;
    }

    @GetMapping
    String search(Account staff, HttpServletRequest request, HttpServletResponse response, @RequestParam Map<String, String> parameters, Model model) {
        frame(model);
        model.addAttribute("asked", parameters);
        try {
            TrailQuestion question = TrailQuestion.of(parameters);
            TrailReader.Page page = api.find(staff, request, question, question.filter());
            model.addAttribute("entries", page.entries());
            model.addAttribute("next", page.next() == null ? null : link("/staff/audit", question.asked(), page.next().cursor()));
            model.addAttribute("export", link("/staff/audit/export", question.asked(), null));
        } catch (TrailQuestion.Invalid e) {
            response.setStatus(HttpServletResponse.SC_BAD_REQUEST);
            model.addAttribute("problem", e.getMessage());
        }
        return "compliance/audit";
    }

    private void frame(Model model) {
        model.addAttribute("chain", keeper.state());
        model.addAttribute("verifying", keeper.isVerifying());
        model.addAttribute("appNames", apps.all().stream().collect(Collectors.toMap(App::clientId, App::name)));
    }

    private static String link(String path, Map<String, String> asked, @org.jspecify.annotations.Nullable String cursor) {
        UriComponentsBuilder link = UriComponentsBuilder.fromPath(path);
        Map<String, String> all = new LinkedHashMap<>(asked);
        if (cursor != null) {
            all.put("cursor", cursor);
        }
        all.keySet().forEach(name -> link.queryParam(name, "{" + name + "}"));
        return link.encode().buildAndExpand(all).toUriString();
    }

    @GetMapping("/export")
    void export(Account staff, HttpServletRequest request, HttpServletResponse response, @RequestParam Map<String, String> parameters) throws IOException {
        api.export(staff, request, response, parameters);
    }

    @GetMapping("/unusual")
    String unusual(Account staff, HttpServletRequest request, Model model) {
        frame(model);
        model.addAttribute("findings", api.unusual(staff, request, new Span(clock.instant().minus(LOOKED_AT), clock.instant().plusSeconds(1))));
        return "compliance/unusual";
    }

    @PostMapping("/verify")
    String verify(Account staff, HttpServletRequest request) {
        api.verify(staff, request);
        return "redirect:/staff/audit";
    }

    @ExceptionHandler(TrailQuestion.Invalid.class)
    String invalid(TrailQuestion.Invalid e, HttpServletResponse response, Model model) {
        response.setStatus(HttpServletResponse.SC_BAD_REQUEST);
        model.addAttribute("title", "This cannot be answered");
        model.addAttribute("text", e.getMessage());
        return "identity/message";
    }
}
