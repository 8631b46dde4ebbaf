package dev.portolan.compliance;

import dev.portolan.audit.TrailReports;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.members.ReportingUnits;
import dev.portolan.members.merge.Merges;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.Year;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/**
 * The numbers on Patient Access that a plan reports each year (42 CFR 422.119(f), 431.60(h), 457.730(h), 45 CFR 156.221(i)): for the whole plan, by reporting unit and by app. What is given is written into the trail, as everything
 * that is read of it.
 */
final class YearlyNumbers {

    private static final String API = "patient-access";
    private static final int FIRST_YEAR = 2025;
    private static final int MEMBERS_AT_ONCE = 4_000;
    /** Page, CSV and JSON of a year that is over say the same; whoever wants what was corrected since waits so long. */
    private static final Duration TOLD_AGAIN = Duration.ofMinutes(10);

    private final TrailReports reports;
    private final ReportingUnits units;
    private final Merges merges;
    private final AskedTrail asked;
    private final Apps apps;
    private final Clock clock;
    /** A large plan's year takes some seconds of the database's time: one is counted at a time, however many ask. */
    private final Lock counting = new ReentrantLock();
    private @Nullable Told told;

    YearlyNumbers(TrailReports reports, ReportingUnits units, Merges merges, AskedTrail asked, Apps apps, Clock clock) {
        this.reports = reports;
        this.units = units;
        this.merges = merges;
        this.asked = asked;
        this.apps = apps;
        this.clock = clock;
    }

    /**
     * @param members different members whose data went to an app
     * @param more of them, those whose data went there on two or more days
     */
    record Use(long members, long more) {

        private static final Use NONE = new Use(0, 0);

        private Use and(boolean again) {
            return new Use(members + 1, more + (again ? 1 : 0));
        }
    }

    /** @param name an app's or, if it is registered no more, its identifier; a unit's */
    record Line(String name, Use use) {}

    /**
     * A member stands in every unit whose cover met the year. So the units, those who are in none, and the whole plan's numbers are one sum: {@code all = units + notAssigned - again}.
     *
     * @param over whether the year is
     * @param place where a Coverage names its unit
     * @param notAssigned members of no unit: without a Coverage in the year, or none that names one
     * @param again how often members were counted in a further unit
     */
    record Numbers(int year, boolean over, String place, Use all, List<Line> units, Use notAssigned, Use again, List<Line> apps) {}

    /** @param form how it is given, for the trail */
    Numbers of(Account staff, HttpServletRequest request, @Nullable Integer year, String form) {
        int present = present();
        if (year != null && (year < FIRST_YEAR || year > present)) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "The year is one from " + FIRST_YEAR + " to " + present + ".");
        }
        Year chosen = Year.of(year == null ? present : year);
        asked.record(request, staff, "trail-report", Set.of(), Map.of("report", "yearly-use", "api", API, "year", chosen.toString(), "form", form), 0);
        counting.lock();
        try {
            Told before = told;
            if (before != null && before.numbers().year() == chosen.getValue() && before.until().isAfter(clock.instant())) {
                return before.numbers();
            }
            Numbers numbers = counted(chosen, chosen.getValue() < present);
            if (numbers.over()) {
                told = new Told(numbers, clock.instant().plus(TOLD_AGAIN));
            }
            return numbers;
        } finally {
            counting.unlock();
        }
    }

    private record Told(Numbers numbers, Instant until) {}

    private Numbers counted(Year year, boolean over) {
        Count count = new Count(year);
        reports.eachMemberOfApps(API, year, merges.survivors(), count::take);
        count.assign();
        return new Numbers(year.getValue(), over, units.place(), count.all, lines(count.byUnit), count.notAssigned, count.again, named(count.byApp));
    }

    private int present() {
        return Year.now(clock.withZone(ZoneOffset.UTC)).getValue();
    }

    /** The years that can be asked for. */
    List<Integer> years() {
        return IntStream.rangeClosed(FIRST_YEAR, present()).boxed().toList();
    }

    private static List<Line> lines(Map<String, Use> uses) {
        return uses.entrySet().stream().map(each -> new Line(each.getKey(), each.getValue())).toList();
    }

    private List<Line> named(Map<String, Use> uses) {
        return lines(uses).stream().map(line -> new Line(apps.find(line.name()).map(App::name).orElse(line.name()), line.use())).toList();
    }

    /** What was told so far; of the members those alone whose units are still to be looked up. */
    private final class Count {

        private final Year year;
        private final Map<String, Boolean> waiting = new LinkedHashMap<>();
        private final Map<String, Use> byApp = new TreeMap<>();
        private final Map<String, Use> byUnit = new TreeMap<>();
        private Use all = Use.NONE;
        private Use notAssigned = Use.NONE;
        private Use again = Use.NONE;

        private Count(Year year) {
            this.year = year;
        }

        void take(TrailReports.MemberUse use) {
            if (use.app() != null) {
                byApp.compute(use.app(), (app, before) -> Objects.requireNonNullElse(before, Use.NONE).and(use.more()));
                return;
            }
            all = all.and(use.more());
            waiting.put(use.member(), use.more());
            if (waiting.size() == MEMBERS_AT_ONCE) {
                assign();
            }
        }

        void assign() {
            Map<String, Set<String>> found = units.of(waiting.keySet(), year);
            waiting.forEach((member, more) -> {
                Set<String> of = found.getOrDefault(member, Set.of());
                of.forEach(unit -> byUnit.compute(unit, (name, before) -> Objects.requireNonNullElse(before, Use.NONE).and(more)));
                of.stream().skip(1).forEach(further -> again = again.and(more));
                notAssigned = of.isEmpty() ? notAssigned.and(more) : notAssigned;
            });
            waiting.clear();
        }
    }
}
