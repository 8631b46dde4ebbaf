package dev.portolan.compliance;

import dev.portolan.audit.TrailReports;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Year;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ResponseStatusException;

/** The numbers on Patient Access that a plan reports each year (42 CFR 422.119(f), 431.60(h), 457.730(h), 45 CFR 156.221(i)), as a page and as CSV. What is given is written into the trail, as everything that is read of it. */
@Controller
@RequestMapping("/staff/metrics")
class YearlyUse {

    private static final String API = "patient-access";
    private static final int FIRST_YEAR = 2025;

    private final TrailReports reports;
    private final AskedTrail asked;
    private final Apps apps;
    private final Clock clock;

    YearlyUse(TrailReports reports, AskedTrail asked, Apps apps, Clock clock) {
        this.reports = reports;
        this.asked = asked;
        this.apps = apps;
        this.clock = clock;
    }

    /** @param name the app's name, or its identifier if it is registered no more */
    record AppUse(String name, long members, long more) {}

    @GetMapping("/patient-access")
    String page(Account staff, HttpServletRequest request, @RequestParam(name = "year", required = false) @Nullable Integer year, Model model) {
        int present = Year.now(clock.withZone(ZoneOffset.UTC)).getValue();
        Year chosen = chosen(year, present);
        List<TrailReports.Usage> usage = usage(staff, request, chosen, "page");
        model.addAttribute("year", chosen.getValue());
        model.addAttribute("years", IntStream.rangeClosed(FIRST_YEAR, present).boxed().toList());
        model.addAttribute("over", chosen.getValue() < present);
        model.addAttribute("all", usage.get(0));
        model.addAttribute("apps", usage.stream().skip(1).map(each -> new AppUse(name(each), each.members(), each.more())).toList());
        return "compliance/yearly-use";
    }

    @GetMapping("/patient-access.csv")
    void csv(Account staff, HttpServletRequest request, HttpServletResponse response, @RequestParam(name = "year", required = false) @Nullable Integer year) throws IOException {
        Year chosen = chosen(year, Year.now(clock.withZone(ZoneOffset.UTC)).getValue());
        List<TrailReports.Usage> usage = usage(staff, request, chosen, "csv");
        try (CsvExport export = CsvExport.write(List.of("year", "app", "unique members", "members more than once"), rows -> usage.forEach(each -> rows.accept(List.of(chosen.toString(),
            each.app() == null ? "all apps" : name(each), Long.toString(each.members()), Long.toString(each.more())))))) {
            export.send(response, "patient-access-" + chosen);
        }
    }

    private static Year chosen(@Nullable Integer year, int present) {
        if (year != null && (year < FIRST_YEAR || year > present)) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "The year is one from " + FIRST_YEAR + " to " + present + ".");
        }
        return Year.of(year == null ? present : year);
    }

    private List<TrailReports.Usage> usage(Account staff, HttpServletRequest request, Year year, String form) {
        asked.record(request, staff, "trail-report", Set.of(), Map.of("report", "yearly-use", "api", API, "year", year.toString(), "form", form), 0);
        return reports.usageByMembersApps(API, year);
    }

    private String name(TrailReports.Usage usage) {
        return apps.find(String.valueOf(usage.app())).map(App::name).orElse(String.valueOf(usage.app()));
    }
}
