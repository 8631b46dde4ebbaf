package dev.portolan.intake.page;

import dev.portolan.identity.account.Account;
import dev.portolan.intake.load.LoadException;
import dev.portolan.intake.load.LoadReports;
import dev.portolan.intake.load.LoadTrail;
import dev.portolan.intake.load.Loads;
import dev.portolan.intake.load.Quarantine;
import jakarta.servlet.http.HttpServletRequest;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ResponseStatusException;

/** Loads, their reports, and the records that wait in quarantine. */
@Controller
class LoadPages {

    private static final int MOST_RUNS = 50;
    private static final int MOST_WAITING = 100;

    private final Loads loads;
    private final LoadReports reports;
    private final Quarantine quarantine;
    private final LoadTrail trail;

    LoadPages(Loads loads, LoadReports reports, Quarantine quarantine, LoadTrail trail) {
        this.loads = loads;
        this.reports = reports;
        this.quarantine = quarantine;
        this.trail = trail;
    }

    /** @param late older than the rule's one business day */
    record Age(String feed, String part, String words, boolean late) {

        /** Days on which the business day before may have been the Friday. */
        private static final Set<DayOfWeek> WITHIN_A_WEEKEND = EnumSet.of(DayOfWeek.SATURDAY, DayOfWeek.SUNDAY, DayOfWeek.MONDAY);

        /** A business day of arrival, taken as 24 hours, or 72 over a weekend. */
        static Age of(LoadReports.Freshness freshness, Instant now) {
            Duration age = Duration.between(freshness.newest(), now);
            boolean weekend = WITHIN_A_WEEKEND.contains(LocalDate.ofInstant(now, ZoneOffset.UTC).getDayOfWeek());
            String words = age.toHours() < 48 ? age.toHours() + " hours" : age.toDays() + " days";
            return new Age(freshness.feed(), freshness.part(), words, age.toHours() > (weekend ? 72 : 24));
        }
    }

    @GetMapping("/staff/loads")
    String list(Model model) {
        Instant now = Instant.now();
        model.addAttribute("runs", reports.latest(MOST_RUNS));
        model.addAttribute("ages", reports.freshness().stream().map(one -> Age.of(one, now)).toList());
        model.addAttribute("waiting", quarantine.open());
        model.addAttribute("claims", reports.waitingClaims());
        return "intake/loads";
    }

    @GetMapping("/staff/loads/{id}")
    String report(@PathVariable long id, Model model, Account who, HttpServletRequest request) {
        model.addAttribute("run", reports.run(id).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND)));
        model.addAttribute("progress", loads.progress(id).orElse(null));
        model.addAttribute("acknowledgements", reports.acknowledgements(id));
        List<?> waiting = quarantine.list(id, Quarantine.State.OPEN, MOST_WAITING);
        if (!waiting.isEmpty()) {
            told(request, who, "quarantine-list", waiting.size(), "run=" + id);
        }
        model.addAttribute("waiting", waiting);
        return "intake/load";
    }

    @GetMapping("/staff/loads/quarantine/{id}")
    String record(@PathVariable long id, @RequestParam(required = false) @Nullable String failed, Model model, Account who, HttpServletRequest request) {
        model.addAttribute("entry", quarantine.find(id).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND)));
        told(request, who, "quarantine-read", 1, "record=" + id);
        model.addAttribute("failed", failed != null);
        return "intake/quarantined";
    }

    @PostMapping("/staff/loads/quarantine/{id}/reprocess")
    String reprocess(@PathVariable long id, @RequestParam String raw, Account who, HttpServletRequest request) {
        Quarantine.Entry entry = quarantine.find(id).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
        String sent = raw.replace("\r\n", "\n"); // a form sends its lines so
        boolean changed = !sent.strip().equals(String.valueOf(entry.raw()).replace("\r\n", "\n").strip());
        told(request, who, "quarantine-reprocess", 1, "record=" + id + "; corrected=" + changed);
        try {
            List<String> written = loads.reprocess(quarantine, id, changed ? sent : null, who.username()).resources();
            return written.isEmpty() ? "redirect:/staff/loads/quarantine/" + id + "?failed" : "redirect:/staff/loads/" + entry.run();
        } catch (LoadException e) {
            throw new ResponseStatusException(HttpStatus.CONFLICT, e.getMessage(), e);
        }
    }

    @PostMapping("/staff/loads/quarantine/{id}/dismiss")
    String dismiss(@PathVariable long id, @RequestParam String note, Account who, HttpServletRequest request) {
        Quarantine.Entry entry = quarantine.find(id).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
        told(request, who, "quarantine-dismiss", 1, "record=" + id);
        if (note.isBlank() || !quarantine.dismiss(id, who.username(), note)) {
            throw new ResponseStatusException(HttpStatus.CONFLICT, "Say why the record is not wanted; it has to be open.");
        }
        return "redirect:/staff/loads/" + entry.run();
    }

    /** Before it is done or shown: what cannot be told does not happen. */
    private void told(HttpServletRequest request, Account who, String operation, int records, String detail) {
        trail.record(request, LoadTrail.Caller.staff(who.id()), operation, 200, null, records, detail);
    }
}
