package dev.portolan.provideraccess;

import dev.portolan.audit.AuditEntry;
import dev.portolan.compliance.AskedTrail;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.app.Apps;
import dev.portolan.members.attribution.Attribution;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.attribution.MemberDirectory;
import dev.portolan.members.attribution.ProviderGroup;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What the plan's staff tells the Provider Access API, and asks it: rosters, the network, which app has which list, history and the report (docs/provider-access.md). */
@RestController
public final class ProviderAccessApi {

    /** The API in the trail: what staff do with the lists is no call of a provider's. */
    private static final String LISTS = "provider-lists";
    private static final int MEMBERS_IN_ENTRY = 500;

    private final Attributions attributions;
    private final MemberDirectory members;
    private final PrimaryCareLists primaryCare;
    private final Apps apps;
    private final ExportLog log;
    private final AskedTrail trail;
    private final Clock clock;

    public ProviderAccessApi(Attributions attributions, MemberDirectory members, PrimaryCareLists primaryCare, Apps apps, ExportLog log, AskedTrail trail, Clock clock) {
        this.attributions = attributions;
        this.members = members;
        this.primaryCare = primaryCare;
        this.apps = apps;
        this.log = log;
        this.trail = trail;
        this.clock = clock;
    }

    /** Before it is done or shown (AUD-01, AUD-09): what cannot be told does not happen. Of a long list there are several entries. */
    private void tell(HttpServletRequest request, Account staff, String operation, Collection<String> patients, String detail) {
        List<String> all = List.copyOf(new TreeSet<>(patients));
        int from = 0;
        do {
            List<String> some = all.subList(from, Math.min(all.size(), from + MEMBERS_IN_ENTRY));
            trail.record(request, staff, LISTS, operation, new AuditEntry.Subject(some, List.of("Group"), null, some.size(), 0, List.of("directory"), detail));
            from += MEMBERS_IN_ENTRY;
        } while (from < all.size());
    }

    /** A name that nobody has may be anything. */
    private static String plain(String name) {
        return name.matches("[A-Za-z0-9._~-]{1,64}") ? name : "unknown";
    }

    @PutMapping(path = "/api/provider-access/roster", consumes = "text/csv")
    ResponseEntity<Object> roster(Account staff, HttpServletRequest request, @RequestBody String csv) {
        Roster.Read read = read(csv);
        tell(request, staff, "roster-taken", Set.of(), "lists=" + String.join(" ", read.lists().stream().map(list -> list.group().id()).toList()));
        return ResponseEntity.ok(take(read, staff.id()));
    }

    /** Takes a roster in, list by list. */
    public Map<String, Object> take(String csv, String by) {
        return take(read(csv), by);
    }

    private Roster.Read read(String csv) {
        Roster.Read read = Roster.read(csv, members, clock.instant());
        read.lists().stream().map(list -> list.group().id()).filter(primaryCare::has).findFirst().ifPresent(group -> {
            throw new IllegalArgumentException("The group " + group + " follows from primary care: take it out of that list first, or out of this roster.");
        });
        return read;
    }

    private Map<String, Object> take(Roster.Read read, String by) {
        List<Object> lists = new ArrayList<>();
        for (Roster.Listed list : read.lists()) {
            lists.add(json(list.group().id(), list.members().size(), attributions.replace(list.group(), list.members(), new Attributions.Origin(by, "roster"))));
        }
        return ordered("lists", lists, "unknown_members", read.unknown().size(), "lines_of_unknown_members", read.unknown().stream().limit(100).toList());
    }

    private static Map<String, Object> json(String group, int members, Attributions.Changes changes) {
        return ordered("group", group, "members", members, "added", changes.added(), "changed", changes.changed(), "dropped", changes.dropped());
    }

    /** Which practitioners are whose: lists follow from whom members chose, or were given, for primary care. */
    @PutMapping(path = "/api/provider-access/primary-care", consumes = "text/csv")
    ResponseEntity<Object> practitioners(Account staff, HttpServletRequest request, @RequestBody String csv) {
        Map<ProviderGroup, Set<String>> practitioners = Roster.practitioners(csv, clock.instant());
        tell(request, staff, "primary-care-taken", Set.of(), "lists=" + String.join(" ", practitioners.keySet().stream().map(ProviderGroup::id).toList()));
        return counted(primaryCare.replace(practitioners, staff.id()));
    }

    /** Counts these lists anew: after enrollments were loaded. */
    @PostMapping("/api/provider-access/primary-care")
    ResponseEntity<Object> count(Account staff, HttpServletRequest request) {
        tell(request, staff, "primary-care-counted", Set.of(), "all");
        return counted(primaryCare.count(staff.id()));
    }

    private static ResponseEntity<Object> counted(List<PrimaryCareLists.Counted> lists) {
        return ResponseEntity.ok(ordered("lists", lists.stream().map(list -> json(list.group().id(), list.members(), list.changes())).toList()));
    }

    @PutMapping(path = "/api/provider-access/network", consumes = "text/csv")
    ResponseEntity<Object> network(Account staff, HttpServletRequest request, @RequestBody String csv) {
        var network = Roster.network(csv);
        tell(request, staff, "network-taken", Set.of(), "providers=" + network.size());
        attributions.replaceNetwork(network);
        return ResponseEntity.ok(ordered("providers", network.size()));
    }

    /** The whole network; the number of its providers. */
    public int takeNetwork(String csv) {
        var network = Roster.network(csv);
        attributions.replaceNetwork(network);
        return network.size();
    }

    @PutMapping("/api/provider-access/groups/{group}/apps/{app}")
    ResponseEntity<Object> bind(Account staff, HttpServletRequest request, @PathVariable("group") String group, @PathVariable("app") String app) {
        if (attributions.find(group).isEmpty() || apps.find(app).filter(it -> it.isBackend()).isEmpty()) {
            return ResponseEntity.status(404).body(error("not_found", "There is no such group, or no such app that acts for itself (client_credentials)."));
        }
        tell(request, staff, "list-given", Set.of(), "list=" + plain(group) + "; app=" + plain(app));
        bind(app, group, staff.id());
        return ResponseEntity.ok(ordered("group", group, "apps", attributions.appsOf(group)));
    }

    /** From now on the app has the list. */
    public void bind(String app, String group, String by) {
        attributions.bind(app, group, by);
    }

    public boolean has(String group) {
        return attributions.find(group).isPresent();
    }

    @DeleteMapping("/api/provider-access/groups/{group}/apps/{app}")
    ResponseEntity<Object> unbind(Account staff, HttpServletRequest request, @PathVariable("group") String group, @PathVariable("app") String app) {
        tell(request, staff, "list-taken-away", Set.of(), "list=" + plain(group) + "; app=" + plain(app));
        attributions.unbind(app, group, staff.id());
        return ResponseEntity.ok(ordered("group", group, "apps", attributions.appsOf(group)));
    }

    @GetMapping("/api/provider-access/groups/{group}/history")
    ResponseEntity<Object> history(Account staff, HttpServletRequest request, @PathVariable("group") String group, @RequestParam(name = "at", defaultValue = "") String at) {
        if (!at.isEmpty()) {
            Set<String> attributed = attributions.attributedAt(group, instant(at));
            tell(request, staff, "list-history", attributed, "list=" + plain(group) + "; at=" + at);
            return ResponseEntity.ok(ordered("group", group, "at", at, "attributed", attributed));
        }
        List<Attribution.Version> versions = attributions.versions(group);
        tell(request, staff, "list-history", versions.stream().map(version -> version.attribution().patient()).toList(), "list=" + plain(group));
        return ResponseEntity.ok(ordered("group", group, "versions", versions.stream().map(ProviderAccessApi::json).toList()));
    }

    private static Map<String, Object> json(Attribution.Version version) {
        Attribution it = version.attribution();
        return ordered("patient", it.patient(), "provider_npi", it.providerNpi(), "starts", text(it.starts()), "ends", text(it.ends()), "change", version.change(), "source", version.source(), "recorded_at",
            text(version.recordedAt()), "recorded_by", version.recordedBy(), "superseded_at", text(version.supersededAt()), "superseded_by", version.supersededBy() == null ? "" : version.supersededBy());
    }

    private static String text(@org.jspecify.annotations.Nullable Instant instant) {
        return instant == null ? "" : instant.toString();
    }

    @GetMapping("/api/provider-access/report")
    ResponseEntity<Object> report(Account staff, HttpServletRequest request, @RequestParam("from") String from, @RequestParam("to") String to) {
        ExportLog.Report report = log.report(instant(from), instant(to));
        tell(request, staff, "list-report", Set.of(), "from=" + from + "; to=" + to);
        return ResponseEntity.ok(ordered("from", from, "to", to, "requests", report.requests(), "completed", report.completed(), "members_covered", report.membersCovered(), "median_seconds_to_ready",
            number(report.medianSeconds()), "longest_seconds_to_ready", number(report.longestSeconds()), "members_opted_out", report.optOuts(), "providers", report.providers()));
    }

    private static Object number(@org.jspecify.annotations.Nullable Double seconds) {
        return seconds == null ? "" : seconds;
    }

    private static Instant instant(String text) {
        try {
            return DayOrInstant.of(text, false);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("from, to and at are dates such as 2027-01-31, or instants such as 2027-01-31T10:00:00Z.", e);
        }
    }

    @ExceptionHandler
    ResponseEntity<Object> wrong(IllegalArgumentException e) {
        return ResponseEntity.badRequest().body(error("invalid_request", String.valueOf(e.getMessage())));
    }

    private static Map<String, Object> error(String code, String description) {
        return ordered("error", code, "error_description", description);
    }

    private static Map<String, Object> ordered(Object... namesAndValues) {
        Map<String, Object> json = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            json.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return json;
    }
}
