package dev.portolan.compliance;

import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.RecordedEntry;
import dev.portolan.audit.Retention;
import dev.portolan.audit.TrailFilter;
import dev.portolan.audit.TrailKeeper;
import dev.portolan.audit.TrailReader;
import dev.portolan.audit.TrailReports;
import dev.portolan.audit.UnusualAccess;
import dev.portolan.identity.account.Account;
import dev.portolan.members.merge.Merges;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Year;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** The trail for compliance staff, as JSON and CSV (AUD-08). Every call is an entry of its own. */
@RestController
@RequestMapping("/api/audit")
class AuditApi {

    private static final Duration USUAL_SPAN = Duration.ofDays(30);
    /** Administrators' work: apps, keys, accounts, holds, providers' lists; and what was asked of the trail. */
    private static final TrailFilter ADMINISTRATION = new TrailFilter(Set.of(), null, null, null, null, null, Set.of(), Set.of(AuditEntry.IDENTITY, AuditEntry.AUDIT, "provider-lists"), Set.of(),
        Set.of("app-changed", "key-changed", "account-changed", "account-locked", "purge", "legal-hold", "legal-hold-release", "trail-query", "trail-export", "trail-report",
            "list-given", "list-taken-away", "roster-taken", "primary-care-taken", "network-taken"), Set.of(), null, null, null, false);
    private static final TrailFilter FAILED_SIGN_INS = new TrailFilter(Set.of(), null, null, null, null, null, Set.of(4), Set.of(AuditEntry.IDENTITY), Set.of(),
        Set.of("sign-in", "account-locked", "client-authentication-failed"), Set.of(), null, null, null, false);

    private final TrailReader reader;
    private final TrailReports reports;
    private final Merges merges;
    private final UnusualAccess unusual;
    private final Retention retention;
    private final TrailKeeper keeper;
    private final AskedTrail asked;
    private final Clock clock;

    AuditApi(TrailReader reader, TrailReports reports, Merges merges, UnusualAccess unusual, Retention retention, TrailKeeper keeper, AskedTrail asked, Clock clock) {
        this.reader = reader;
        this.reports = reports;
        this.merges = merges;
        this.unusual = unusual;
        this.retention = retention;
        this.keeper = keeper;
        this.asked = asked;
        this.clock = clock;
    }

    @GetMapping("/entries")
    Map<String, Object> entries(Account staff, HttpServletRequest request, @RequestParam Map<String, String> parameters) {
        TrailQuestion question = TrailQuestion.of(parameters);
        return page(staff, request, question, question.filter());
    }

    /** A page of entries, and that it was asked for. */
    TrailReader.Page find(Account staff, HttpServletRequest request, TrailQuestion question, TrailFilter filter) {
        TrailReader.Page page = reader.find(filter, question.after(), question.count());
        asked.record(request, staff, "trail-query", question.filter().members(), question.asked(), page.entries().size());
        return page;
    }

    private Map<String, Object> page(Account staff, HttpServletRequest request, TrailQuestion question, TrailFilter filter) {
        TrailReader.Page page = find(staff, request, question, filter);
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("entries", page.entries().stream().map(EntryView::json).toList());
        json.put("next", page.next() == null ? null : page.next().cursor());
        return json;
    }

    @GetMapping("/entries/{id}")
    Map<String, Object> entry(Account staff, HttpServletRequest request, @PathVariable("id") String id) {
        RecordedEntry found = RecordedEntry.Name.of(id).flatMap(reader::find).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no entry with this id."));
        asked.record(request, staff, "trail-query", Set.copyOf(found.entry().subject().members()), Map.of("entry", id), 1);
        return EntryView.json(found);
    }

    @GetMapping("/entries.csv")
    void export(Account staff, HttpServletRequest request, HttpServletResponse response, @RequestParam Map<String, String> parameters) throws IOException {
        TrailQuestion question = TrailQuestion.of(parameters);
        try (CsvExport export = CsvExport.write(EntryView.COLUMNS, to -> reader.each(question.filter(), entry -> to.accept(EntryView.row(entry))))) {
            send(export, staff, request, response, "trail-export", question.filter().members(), question.asked(), "audit-trail");
        }
    }

    private void send(CsvExport export, Account staff, HttpServletRequest request, HttpServletResponse response, String operation, Set<String> members, Map<String, String> detail, String name)
        throws IOException {
        Map<String, String> all = new LinkedHashMap<>(detail);
        all.put("sha256", export.checksum());
        asked.record(request, staff, operation, members, all, export.rows());
        export.send(response, name);
    }

    /** An accounting of disclosures (45 CFR 164.528): six years unless a span is given. What was disclosed of a record that was merged into the member's was disclosed of the member. */
    @GetMapping("/disclosures")
    Map<String, Object> disclosures(Account staff, HttpServletRequest request, @RequestParam("member") String member, @RequestParam(name = "from", required = false) @Nullable String from,
        @RequestParam(name = "to", required = false) @Nullable String to) {
        Span span = sixYears(from, to);
        Set<String> names = merges.names(TrailQuestion.member(member));
        List<TrailReports.Disclosure> found = reports.disclosures(names, span.from(), span.to());
        asked.record(request, staff, "trail-report", names, Map.of("report", "disclosures"), found.size());
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("member", member);
        json.put("patients", names);
        json.put("from", span.from().toString());
        json.put("to", span.to().toString());
        json.put("disclosures", found.stream().filter(each -> !each.toTheMember()).map(Accounting::json).toList());
        json.put("toTheMember", found.stream().filter(TrailReports.Disclosure::toTheMember).map(Accounting::json).toList());
        return json;
    }

    private Span sixYears(@Nullable String from, @Nullable String to) {
        return Span.of(from, to, clock.instant(), Duration.ofDays(6 * 366));
    }

    @GetMapping("/disclosures.csv")
    void disclosuresAsCsv(Account staff, HttpServletRequest request, HttpServletResponse response, @RequestParam("member") String member,
        @RequestParam(name = "from", required = false) @Nullable String from, @RequestParam(name = "to", required = false) @Nullable String to) throws IOException {
        Span span = sixYears(from, to);
        Set<String> names = merges.names(TrailQuestion.member(member));
        List<TrailReports.Disclosure> found = reports.disclosures(names, span.from(), span.to());
        try (CsvExport export = CsvExport.write(Accounting.COLUMNS, rows -> found.forEach(each -> rows.accept(Accounting.row(each))))) {
            send(export, staff, request, response, "trail-export", names, Map.of("report", "disclosures"), "disclosures");
        }
    }

    @GetMapping("/apps")
    List<TrailReports.AppAccess> apps(Account staff, HttpServletRequest request, @RequestParam(name = "from", required = false) @Nullable String from,
        @RequestParam(name = "to", required = false) @Nullable String to) {
        Span span = Span.of(from, to, clock.instant(), USUAL_SPAN);
        asked.record(request, staff, "trail-report", Set.of(), Map.of("report", "apps"), 0);
        return reports.apps(span.from(), span.to());
    }

    @GetMapping("/unusual")
    List<UnusualAccess.Finding> unusual(Account staff, HttpServletRequest request, @RequestParam(name = "from", required = false) @Nullable String from,
        @RequestParam(name = "to", required = false) @Nullable String to) {
        return unusual(staff, request, Span.of(from, to, clock.instant(), USUAL_SPAN));
    }

    List<UnusualAccess.Finding> unusual(Account staff, HttpServletRequest request, Span span) {
        asked.record(request, staff, "trail-report", Set.of(), Map.of("report", "unusual"), 0);
        return unusual.between(span.from(), span.to());
    }

    @GetMapping("/sign-ins")
    Map<String, Object> failedSignIns(Account staff, HttpServletRequest request, @RequestParam Map<String, String> parameters) {
        TrailQuestion question = TrailQuestion.of(parameters);
        return page(staff, request, question, FAILED_SIGN_INS.between(question.filter().from(), question.filter().to()));
    }

    @GetMapping("/administration")
    Map<String, Object> administration(Account staff, HttpServletRequest request, @RequestParam Map<String, String> parameters) {
        TrailQuestion question = TrailQuestion.of(parameters);
        return page(staff, request, question, ADMINISTRATION.between(question.filter().from(), question.filter().to()));
    }

    /** Members whose data apps got at an API in a year. */
    @GetMapping("/usage")
    List<TrailReports.Usage> usage(Account staff, HttpServletRequest request, @RequestParam("api") String api, @RequestParam("year") int year) {
        if (year < 1 || year > 9_999 || api.indexOf('\0') >= 0) {
            throw new TrailQuestion.Invalid("api is the name of an API, as patient-access, and year one as 2026.");
        }
        asked.record(request, staff, "trail-report", Set.of(), Map.of("report", "usage", "api", api, "year", Integer.toString(year)), 0);
        return reports.usage(api, Year.of(year));
    }

    /** Whether the chain was found whole, and since when it is anchored. */
    @GetMapping("/chain")
    Map<String, Object> chain() {
        TrailKeeper.State state = keeper.state();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("verifying", keeper.isVerifying());
        json.put("verified", state.verified() == null ? null : state.verified().toString());
        json.put("whole", state.verified() == null ? null : state.faults().isEmpty());
        json.put("entries", state.entries());
        json.put("faults", state.faults());
        json.put("anchored", state.anchored() == null ? null : state.anchored().toString());
        json.put("problem", state.problem());
        return json;
    }

    @PostMapping("/chain/verify")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Map<String, Object> verify(Account staff, HttpServletRequest request) {
        asked.record(request, staff, "trail-verification", Set.of(), Map.of(), 0);
        keeper.verifySoon();
        return chain();
    }

    @GetMapping("/holds")
    List<Retention.Hold> holds(Account staff, HttpServletRequest request) {
        List<Retention.Hold> holds = retention.holds();
        asked.record(request, staff, "trail-report", holds.stream().map(Retention.Hold::member).filter(Objects::nonNull).collect(Collectors.toSet()), Map.of("report", "holds"), holds.size());
        return holds;
    }

    /** @param member null for the whole trail */
    record NewHold(@Nullable String member, @Nullable String since, @Nullable String reason) {}

    @PostMapping(path = "/holds", consumes = "application/json")
    @ResponseStatus(HttpStatus.CREATED)
    Map<String, Object> hold(Account staff, HttpServletRequest request, @RequestBody NewHold hold) {
        Instant since = hold.since() == null ? null : TrailQuestion.from(hold.since());
        String member = hold.member() == null ? null : TrailQuestion.member(hold.member());
        return Map.of("id", retention.hold(member, since, Objects.requireNonNullElse(hold.reason(), ""), staff.id(), AskedTrail.origin(request)));
    }

    record Release(@Nullable String reason) {}

    @PostMapping(path = "/holds/{id}/release", consumes = "application/json")
    Map<String, Object> release(Account staff, HttpServletRequest request, @PathVariable("id") long id, @RequestBody Release release) {
        if (!retention.release(id, Objects.requireNonNullElse(release.reason(), ""), staff.id(), AskedTrail.origin(request))) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no such hold, or it was released before.");
        }
        return Map.of("id", id, "released", true);
    }
}
