package dev.portolan.provideraccess;

import dev.portolan.compliance.AskedTrail;
import dev.portolan.compliance.CsvExport;
import dev.portolan.identity.account.Account;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseBody;
import org.springframework.web.server.ResponseStatusException;

/** Provider Access in numbers, as a page, as CSV and as JSON. That it was asked stands in the trail, as everything that is read of it. */
@Controller
public final class ProviderUsePages {

    private static final List<String> COLUMNS = List.of("from", "to", "organization", "npi", "group", "apps", "exports asked for", "exports ready", "longest seconds to ready", "patients", "opted out",
        "patients delivered", "no patients any more", "requests", "requests refused");

    private final ProviderUse use;
    private final AskedTrail asked;
    private final Clock clock;

    public ProviderUsePages(ProviderUse use, AskedTrail asked, Clock clock) {
        this.use = use;
        this.asked = asked;
        this.clock = clock;
    }

    /** @param to its last day */
    private record Days(LocalDate from, LocalDate to) {}

    @GetMapping("/staff/metrics/provider-access")
    String page(Account staff, HttpServletRequest request, @RequestParam(name = "from", required = false) @Nullable String from, @RequestParam(name = "to", required = false) @Nullable String to, Model model) {
        Days days = days(from, to);
        model.addAttribute("from", days.from());
        model.addAttribute("to", days.to());
        model.addAttribute("use", use(staff, request, days, "page"));
        return "provider-access/use";
    }

    @GetMapping("/staff/metrics/provider-access.csv")
    void csv(Account staff, HttpServletRequest request, HttpServletResponse response, @RequestParam(name = "from", required = false) @Nullable String from,
            @RequestParam(name = "to", required = false) @Nullable String to) throws IOException {
        Days days = days(from, to);
        ProviderUse.Use found = use(staff, request, days, "csv");
        try (CsvExport export = CsvExport.write(COLUMNS, rows -> found.organizations().forEach(each -> rows.accept(row(days, each))))) {
            export.send(response, "provider-access-" + days.from() + "-" + days.to());
        }
    }

    private static List<String> row(Days days, ProviderUse.Organization each) {
        return List.of(days.from().toString(), days.to().toString(), each.name(), each.npi(), each.group(), String.join(" ", each.apps()), Integer.toString(each.exports()), Integer.toString(each.ready()),
            each.longestSeconds() == null ? "" : Double.toString(each.longestSeconds()), Integer.toString(each.attributed()), Integer.toString(each.optedOut()), Integer.toString(each.delivered()),
            Integer.toString(each.gone()), Long.toString(each.requests()), Long.toString(each.refused()));
    }

    @GetMapping(path = "/api/provider-access/use", produces = "application/json")
    @ResponseBody ProviderUse.Use json(Account staff, HttpServletRequest request, @RequestParam(name = "from", required = false) @Nullable String from,
            @RequestParam(name = "to", required = false) @Nullable String to) {
        return use(staff, request, days(from, to), "json");
    }

    private ProviderUse.Use use(Account staff, HttpServletRequest request, Days days, String form) {
        asked.record(request, staff, "trail-report", Set.of(), Map.of("report", "provider-use", "api", ProviderAccess.NAME, "from", days.from().toString(), "to", days.to().toString(), "form", form), 0);
        return use.of(days.from().atStartOfDay().toInstant(ZoneOffset.UTC), earlier(clock.instant(), days.to().plusDays(1).atStartOfDay().toInstant(ZoneOffset.UTC)));
    }

    /** A time that is not over ends now. */
    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    /** Days of UTC; without any the present year so far. */
    private Days days(@Nullable String from, @Nullable String to) {
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        LocalDate first = from == null || from.isBlank() ? today.withDayOfYear(1) : day(from);
        LocalDate last = to == null || to.isBlank() ? today : day(to);
        if (last.isBefore(first) || first.isAfter(today)) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "The time begins before it ends, and not in the future.");
        }
        return new Days(first, last);
    }

    private static LocalDate day(String text) {
        try {
            return LocalDate.parse(text);
        } catch (java.time.DateTimeException e) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "from and to are days such as 2027-01-31.", e);
        }
    }
}
