package dev.portolan.members.consent;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.identity.table.ListPart;
import dev.portolan.members.consent.ConsentRequests.Person;
import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import dev.portolan.members.notice.MemberNotices;
import dev.portolan.members.notice.Notice;
import dev.portolan.store.GrantRefusedException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ResponseStatusException;

/** The page on which a member, or who acts for one, sees and changes who gets the member's data, with every earlier decision (CON-03). */
@Controller
public class ConsentCentre {

    /** Decisions, and messages, on one page. */
    private static final int MOST = 25;

    private final ConsentRequests requests;
    private final MemberNotices notices;

    public ConsentCentre(ConsentRequests requests, MemberNotices notices) {
        this.notices = notices;
        this.requests = requests;
    }

    @GetMapping("/my-consents")
    String page(Account account, @RequestParam(name = "patient", required = false) @Nullable String patient, @RequestParam(name = "saved", required = false) @Nullable String saved,
        @RequestParam(name = "decisions", defaultValue = "1") int decisions, @RequestParam(name = "messages", defaultValue = "1") int messages, Model model) {
        Optional<Person> person = requests.person(account, patient);
        if (person.isEmpty()) {
            throw nobody();
        }
        ConsentRequests.All all = requests.all(account, person.get());
        Map<Kind, List<Preference>> standing = all.standing().stream().filter(preference -> preference.app().isEmpty()).collect(Collectors.groupingBy(Preference::kind));
        model.addAttribute("person", person.get());
        model.addAttribute("people", requests.people(account));
        model.addAttribute("providers", isPermitted(standing, Kind.PROVIDER_ACCESS, true));
        model.addAttribute("payers", isPermitted(standing, Kind.PAYER_TO_PAYER, false));
        model.addAttribute("payersUntil", standing.getOrDefault(Kind.PAYER_TO_PAYER, List.of()).stream().map(Preference::validUntil).filter(Objects::nonNull).min(Comparator.naturalOrder()).orElse(null));
        model.addAttribute("withheld", standing.getOrDefault(Kind.SENSITIVE, List.of()).stream().filter(preference -> preference.decision() == Decision.DENY)
            .flatMap(preference -> preference.categories().stream()).collect(Collectors.toSet()));
        model.addAttribute("categories", SensitiveCategory.values());
        model.addAttribute("ofApps", all.standing().stream().filter(preference -> !preference.app().isEmpty() && preference.decision() == Decision.DENY).toList());
        model.addAttribute("history", ListPart.of(all.history(), decisions, MOST));
        model.addAttribute("appNames", requests.appNames(all.history()));
        model.addAttribute("me", account.id());
        model.addAttribute("notices", ListPart.of(told(person.get(), all.history()), messages, MOST));
        model.addAttribute("saved", saved != null);
        return "members/consents";
    }

    /** The confirmation of a decision is shown to whom the decision is. */
    private List<Notice> told(Person person, List<Preference> shown) {
        Set<String> decisions = shown.stream().map(Preference::id).collect(Collectors.toSet());
        return notices.of(person.patient()).stream().filter(notice -> notice.kind() != Notice.Kind.DECISION || decisions.contains(notice.decision())).toList();
    }

    private static ResponseStatusException nobody() {
        return new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no member for whom you may decide.");
    }

    /** Of several, which two records have that are one now, the stricter holds. */
    private static boolean isPermitted(Map<Kind, List<Preference>> standing, Kind kind, boolean otherwise) {
        List<Preference> decided = standing.getOrDefault(kind, List.of());
        return decided.isEmpty() ? otherwise : decided.stream().allMatch(preference -> preference.decision() == Decision.PERMIT);
    }

    @PostMapping("/my-consents")
    String change(Account account, @RequestParam("patient") String patient, @RequestParam("kind") String kind, @RequestParam(name = "app", defaultValue = "") String app, @RequestParam(name = "share", defaultValue = "no") String share,
        @RequestParam(name = "withhold", required = false) @Nullable List<String> withhold) {
        Optional<Person> person = requests.person(account, patient);
        if (person.isEmpty()) {
            throw nobody();
        }
        Kind about = switch (kind) {
            case "providers" -> Kind.PROVIDER_ACCESS;
            case "payers" -> Kind.PAYER_TO_PAYER;
            case "sensitive" -> Kind.SENSITIVE;
            case "app" -> Kind.APP;
            default -> throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "There are decisions about providers, payers, apps and sensitive information. Nothing was changed.");
        };
        List<String> categories = about == Kind.SENSITIVE && withhold != null ? withhold : List.of();
        Decision decision = about == Kind.SENSITIVE ? categories.isEmpty() ? Decision.PERMIT : Decision.DENY : share.equals("yes") ? Decision.PERMIT : Decision.DENY;
        try {
            requests.record(account, person.get(), about, app, decision, categories, null, "portal", "en");
        } catch (GrantRefusedException e) {
            throw new ResponseStatusException(HttpStatus.FORBIDDEN, e.getMessage() + " Nothing was changed.", e);
        } catch (IllegalArgumentException e) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, e.getMessage() + " Nothing was changed.", e);
        }
        return "redirect:/my-consents?saved&patient=" + java.net.URLEncoder.encode(patient, java.nio.charset.StandardCharsets.UTF_8);
    }
}
