package dev.portolan.identity.authorization;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.PatientDirectory;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** The plan's own desktop as an EHR: staff choose a member and start an app for them. In a sandbox it is how EHR launches are tried. */
@Controller
class StaffLaunchPage {
    private final Launches launches;
    private final Apps apps;
    private final PatientDirectory patients;
    private final SecurityEvents events;
    private final IdentityProperties properties;

    StaffLaunchPage(Launches launches, Apps apps, PatientDirectory patients, SecurityEvents events, IdentityProperties properties) {
        this.launches = launches;
        this.apps = apps;
        this.patients = patients;
        this.events = events;
        this.properties = properties;
    }

    @GetMapping("/staff/launch")
    String form(Account staff, @RequestParam(name = "find", defaultValue = "") String find, Model model) {
        model.addAttribute("apps", launchable());
        model.addAttribute("bases", properties.fhirBases());
        model.addAttribute("find", find);
        addFound(model, search(patients, events, staff, find), find);
        return "identity/staff-launch";
    }

    @PostMapping("/staff/launch")
    String start(Account staff, @RequestParam("client_id") String clientId, @RequestParam("patient") String patient,
                 @RequestParam(name = "encounter", defaultValue = "") String encounter, @RequestParam("base") String base, RedirectAttributes flash) {
        Optional<App> app = launchable().stream().filter(a -> a.clientId().equals(clientId)).findFirst();
        @Nullable String visit = encounter.isBlank() ? null : encounter.strip();
        boolean plain = visit == null || visit.matches("[A-Za-z0-9.-]{1,64}");
        if (app.isEmpty() || !plain || !properties.fhirBases().contains(base) || patients.find(patient).isEmpty()) {
            flash.addFlashAttribute("problem", "Choose an app that can be started, a member of the list, and an encounter's id or none.");
            return "redirect:/staff/launch";
        }
        SmartContext context = new SmartContext(patient, visit, null, List.of(), true, properties.url("/identity/smart-style.json"), null, null, null, null, List.of());
        String launch = launches.create(context, clientId, staff.id());
        return "redirect:" + Launches.address(app.get(), properties.url(base), launch).orElseThrow();
    }

    /** Of a common name more than are shown may be there: whoever is not in the list is not therefore no member. */
    static void addFound(Model model, List<PatientDirectory.Found> found, String text) {
        model.addAttribute("people", found);
        model.addAttribute("foundNobody", found.isEmpty() && !text.isBlank());
        model.addAttribute("foundMany", found.size() >= PatientDirectory.MOST ? PatientDirectory.MOST : null);
    }

    /** Members' names are shown to staff, so it is told whose. */
    static List<PatientDirectory.Found> search(PatientDirectory patients, SecurityEvents events, Account staff, String text) {
        List<PatientDirectory.Found> found = patients.search(text);
        if (!found.isEmpty()) {
            String members = found.stream().map(PatientDirectory.Found::patient).collect(Collectors.joining(" "));
            events.record(SecurityEvent.Type.MEMBER_SEARCHED, true, null, staff.id(), null, null, Map.of("members", members));
        }
        return found;
    }

    private List<App> launchable() {
        return apps.all().stream().filter(a -> a.state() == App.State.ACTIVE && a.launchUri() != null).toList();
    }
}
