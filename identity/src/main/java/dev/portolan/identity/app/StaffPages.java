package dev.portolan.identity.app;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.table.ListPart;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** The staff's pages about apps: what waits for a decision, and each app with all that happened to it. */
@Controller
@RequestMapping("/staff/apps")
class StaffPages {
    private static final int MOST = 50;

    private final Apps apps;
    private final AppLifecycle lifecycle;
    private final StaffApi api;
    private final AppReads reads;
    private final AppStatus status;
    private final ContactVerification contacts;
    private final IdentityProperties properties;

    StaffPages(Apps apps, AppLifecycle lifecycle, StaffApi api, AppReads reads, AppStatus status, ContactVerification contacts, IdentityProperties properties) {
        this.status = status;
        this.contacts = contacts;
        this.reads = reads;
        this.apps = apps;
        this.lifecycle = lifecycle;
        this.api = api;
        this.properties = properties;
    }

    /** @param find a part of the name, the client id or the makers of those that are wanted */
    @GetMapping
    String list(Account staff, @RequestParam(name = "find", defaultValue = "") String find, @RequestParam(name = "waiting", defaultValue = "1") int waiting, @RequestParam(name = "all", defaultValue = "1") int part,
                Model model) {
        reads.seen(staff, null, "list");
        List<App> all = apps.all();
        // Whoever has waited longest is to be decided first.
        List<App> undecided = all.stream().filter(a -> a.state() != App.State.RETIRED && (a.review() == App.Review.SUBMITTED || a.review() == App.Review.IN_REVIEW))
                .sorted(Comparator.comparing(App::submittedAt, Comparator.nullsFirst(Comparator.naturalOrder()))).toList();
        String wanted = find.strip().toLowerCase(Locale.ROOT);
        model.addAttribute("waiting", ListPart.of(undecided, waiting, MOST));
        model.addAttribute("apps", ListPart.of(all.stream().filter(app -> is(app, wanted)).toList(), part, MOST));
        model.addAttribute("find", find.strip());
        model.addAttribute("reviewTarget", properties.reviewTarget());
        return "identity/staff-apps";
    }

    private static boolean is(App app, String wanted) {
        return Stream.of(app.name(), app.clientId(), app.metadata().organization()).anyMatch(text -> text.toLowerCase(Locale.ROOT).contains(wanted));
    }

    @GetMapping("/{clientId}")
    String read(Account staff, @PathVariable("clientId") String clientId, Model model) {
        App app = apps.find(clientId).orElseThrow(() -> new AppRejected("not_found", "There is no app with this client_id."));
        reads.seen(staff, clientId, "all");
        model.addAttribute("app", app);
        model.addAttribute("answers", Attestation.answers(app));
        model.addAttribute("unanswered", Attestation.unanswered(app));
        model.addAttribute("history", lifecycle.history(clientId));
        model.addAttribute("criteria", AppLifecycle.Criterion.values());
        model.addAttribute("changes", status.differences(app));
        model.addAttribute("version", lifecycle.version(clientId));
        model.addAttribute("verified", app.developerId() == null ? null : contacts.isVerified(app.developerId()));
        model.addAttribute("due", app.submittedAt() == null ? null : AppLifecycle.due(app.submittedAt(), properties.reviewTarget()));
        return "identity/staff-app";
    }

    @PostMapping("/{clientId}/decide")
    String decide(Account staff, @PathVariable("clientId") String clientId, @RequestParam("step") String step,
                  @RequestParam(name = "criterion", required = false) @Nullable String criterion,
                  @RequestParam(name = "reason", required = false) @Nullable String reason, @RequestParam(name = "version", required = false) @Nullable Long version,
                  RedirectAttributes flash) {
        try {
            api.apply(staff, clientId, step, new StaffApi.Decision(criterion, reason, version));
        } catch (AppRejected e) {
            if (e.code().equals("not_found")) {
                throw e;
            }
            flash.addFlashAttribute("problem", e.getMessage());
            flash.addFlashAttribute("criterion", criterion);
            flash.addFlashAttribute("reason", reason);
        }
        return "redirect:/staff/apps/" + clientId;
    }
}
