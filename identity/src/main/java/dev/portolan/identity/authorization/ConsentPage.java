package dev.portolan.identity.authorization;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.PatientDirectory;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.app.Attestation;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.identity.scope.SmartScopes;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The page on which a person decides what an app gets. Its form goes to the authorization endpoint. */
@Controller
class ConsentPage {
    private final ConsentDecision decisions;
    private final Apps apps;
    private final Accounts accounts;
    private final PatientDirectory patients;
    private final Launches launches;
    private final SecurityEvents events;

    ConsentPage(ConsentDecision decisions, Apps apps, Accounts accounts, PatientDirectory patients, Launches launches, SecurityEvents events) {
        this.decisions = decisions;
        this.apps = apps;
        this.accounts = accounts;
        this.patients = patients;
        this.launches = launches;
        this.events = events;
    }

    @GetMapping("/consent")
    String consent(@RequestParam("state") String state, @RequestParam(name = "find", required = false) @Nullable String find,
                   Authentication person, HttpServletResponse response, Model model) {
        Optional<OAuth2Authorization> pending = decisions.pending(state, person);
        Optional<App> app = pending.flatMap(p -> apps.find(p.getRegisteredClientId()));
        if (pending.isEmpty() || app.isEmpty()) {
            response.setStatus(HttpServletResponse.SC_BAD_REQUEST);
            model.addAttribute("code", "invalid_request");
            model.addAttribute("description", "This page was answered already, is too old, or belongs to somebody else. Start again from the app.");
            return "identity/problem";
        }
        Account account = (Account) Objects.requireNonNull(person.getPrincipal());
        OAuth2AuthorizationRequest request = Objects.requireNonNull(pending.get().getAttribute(OAuth2AuthorizationRequest.class.getName()));
        SmartScopes requested = SmartScopes.parse(request.getScopes());
        model.addAttribute("app", app.get());
        model.addAttribute("account", account);
        model.addAttribute("state", state);
        model.addAttribute("kinds", ConsentChoice.asked(requested));
        model.addAttribute("data", ConsentChoice.asksForData(requested));
        model.addAttribute("parts", ConsentChoice.askedParts(requested).stream().collect(Collectors.groupingBy(DataPart::kind)));
        model.addAttribute("tellsDetails", requested.has("fhirUser") && account.patient() != null && !ConsentChoice.asked(requested).contains(DataKind.DETAILS));
        model.addAttribute("sensitive", SensitiveCategory.values());
        model.addAttribute("writes", ConsentChoice.asksToWrite(requested));
        model.addAttribute("offline", requested.has("offline_access"));
        model.addAttribute("online", requested.has("online_access"));
        model.addAttribute("answers", Attestation.answers(app.get()));
        model.addAttribute("unanswered", Attestation.unanswered(app.get()));
        model.addAttribute("limits", requested.resources().filter(s -> !s.conditions().isEmpty()).map(Object::toString).toList());
        addPeople(model, requested, request, account, find);
        return "identity/consent";
    }

    private void addPeople(Model model, SmartScopes requested, OAuth2AuthorizationRequest request, Account account, @Nullable String find) {
        Optional<SmartContext> launched = request.getAdditionalParameters().get("launch") instanceof String launch
                ? launches.peek(launch, request.getClientId()) : Optional.empty();
        String inContext = launched.map(SmartContext::patient).orElse(null);
        List<PatientDirectory.Found> choices = List.of();
        if (inContext != null) {
            // Whoever started the app, this person is shown nobody's name whose data is not this person's to share.
            boolean shares = ConsentDecision.CHOOSES_MEMBERS.admits(account) || accounts.patientsOf(account).stream().anyMatch(person -> person.patient().equals(inContext));
            choices = shares ? List.of(patients.find(inContext).orElse(new PatientDirectory.Found(inContext, "Member " + inContext))) : List.of();
        } else if (requested.needPatient() && ConsentDecision.CHOOSES_MEMBERS.admits(account)) {
            choices = StaffLaunchPage.search(patients, events, account, find == null ? "" : find);
            StaffLaunchPage.addFound(model, choices, find == null ? "" : find);
        } else if (requested.needPatient()) {
            choices = accounts.patientsOf(account).stream().map(p -> new PatientDirectory.Found(p.patient(),
                    p.relation().equals("self") ? p.displayName() + " (you)" : p.displayName())).toList();
        }
        model.addAttribute("needPatient", requested.needPatient() || inContext != null);
        model.addAttribute("people", choices);
        model.addAttribute("mayFind", inContext == null && requested.needPatient() && ConsentDecision.CHOOSES_MEMBERS.admits(account));
    }
}
