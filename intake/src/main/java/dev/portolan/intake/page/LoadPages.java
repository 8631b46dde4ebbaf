package dev.portolan.intake.page;

import dev.portolan.identity.account.Account;
import dev.portolan.intake.load.LoadException;
import dev.portolan.intake.load.LoadReports;
import dev.portolan.intake.load.LoadRun;
import dev.portolan.intake.load.LoadTrail;
import dev.portolan.intake.load.Loads;
import dev.portolan.intake.load.Quarantine;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
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
    String list(@RequestParam(required = false) @Nullable Long before, Model model) {
        Instant now = Instant.now();
        List<LoadRun> runs = reports.latest(before == null ? Long.MAX_VALUE : before, MOST_RUNS + 1);
        model.addAttribute("runs", runs.stream().limit(MOST_RUNS).toList());
        model.addAttribute("older", runs.size() > MOST_RUNS ? runs.get(MOST_RUNS - 1).id() : null);
        model.addAttribute("later", before != null);
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
        waiting(id, 0, model, who, request);
        return "intake/load";
    }

    /** @param run whose records; without it those of all loads, of which an old one stands in no list any more */
    @GetMapping("/staff/loads/quarantine")
    String quarantine(@RequestParam(required = false) @Nullable Long run, @RequestParam(defaultValue = "0") long after, Model model, Account who, HttpServletRequest request) {
        model.addAttribute("of", run);
        model.addAttribute("after", after);
        waiting(run, after, model, who, request);
        return "intake/quarantine";
    }

    private void waiting(@Nullable Long run, long after, Model model, Account who, HttpServletRequest request) {
        List<Quarantine.Entry> waiting = quarantine.list(run, Quarantine.State.OPEN, after, MOST_WAITING + 1);
        List<Quarantine.Entry> shown = waiting.stream().limit(MOST_WAITING).toList();
        if (!shown.isEmpty()) {
            told(request, who, "quarantine-list", shown.size(), run == null ? "after=" + after : "run=" + run + (after == 0 ? "" : "; after=" + after));
        }
        model.addAttribute("waiting", shown);
        model.addAttribute("open", quarantine.open(run));
        model.addAttribute("next", waiting.size() > MOST_WAITING ? shown.get(MOST_WAITING - 1).id() : null);
    }

    @GetMapping("/staff/loads/quarantine/{id}")
    String record(@PathVariable long id, Model model, Account who, HttpServletRequest request) {
        Quarantine.Entry entry = quarantine.find(id).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
        told(request, who, "quarantine-read", 1, "record=" + id);
        model.addAttribute("entry", entry);
        model.addAttribute("raw", entry.raw());
        return "intake/quarantined";
    }

    /** What could not be taken is shown as it was sent, with what is wrong with it now: whoever corrects ten columns does not begin anew for one. */
    private String again(long id, String sent, String problem, Model model, HttpServletResponse response) {
        response.setStatus(HttpStatus.CONFLICT.value());
        model.addAttribute("entry", quarantine.find(id).orElseThrow());
        model.addAttribute("raw", sent);
        model.addAttribute("problem", problem);
        return "intake/quarantined";
    }

    @PostMapping("/staff/loads/quarantine/{id}/reprocess")
    String reprocess(@PathVariable long id, @RequestParam String raw, Model model, Account who, HttpServletRequest request, HttpServletResponse response) {
        Quarantine.Entry entry = quarantine.find(id).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
        String sent = raw.replace("\r\n", "\n"); // a form sends its lines so
        boolean changed = !sent.strip().equals(String.valueOf(entry.raw()).replace("\r\n", "\n").strip());
        told(request, who, "quarantine-reprocess", 1, "record=" + id + "; corrected=" + changed);
        try {
            List<String> written = loads.reprocess(quarantine, id, changed ? sent : null, who.username()).resources();
            return written.isEmpty() ? again(id, sent, "It was rejected again, for what stands below.", model, response) : "redirect:/staff/loads/" + entry.run();
        } catch (LoadException e) {
            return again(id, sent, "It was not taken: " + e.getMessage() + ".", model, response);
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
