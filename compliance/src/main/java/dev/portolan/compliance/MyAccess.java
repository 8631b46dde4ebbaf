package dev.portolan.compliance;

import dev.portolan.audit.DataCategory;
import dev.portolan.audit.TrailReports;
import dev.portolan.audit.TrailReports.Disclosure;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.members.consent.ConsentEngine;
import dev.portolan.members.merge.Merges;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who has seen a member's data, in the member's words. */
final class MyAccess {

    private static final int MONTHS = 12;
    private static final Map<String, String> REASONS = Map.of(
        "MEMBER_REQUEST", "because it was allowed to",
        "TREATMENT", "for your treatment",
        "PAYER_EXCHANGE", "for another health plan of yours",
        "OPERATIONS", "for the plan's own work",
        "ADMINISTRATION", "to run the plan's systems");

    private final TrailReports reports;
    private final Merges merges;
    private final Accounts accounts;
    private final Apps apps;
    private final ConsentEngine consents;
    private final Clock clock;

    MyAccess(TrailReports reports, Merges merges, Accounts accounts, Apps apps, ConsentEngine consents, Clock clock) {
        this.reports = reports;
        this.merges = merges;
        this.accounts = accounts;
        this.apps = apps;
        this.consents = consents;
        this.clock = clock;
    }

    /**
     * One app on one day.
     *
     * @param who the app's name
     * @param organization who runs the app, or null if that is not known
     * @param kinds of data, in plain words
     * @param why in plain words
     * @param person who used it: null for the member, else what the person is to the member
     * @param times how often it looked
     */
    record Look(LocalDate day, Instant last, String who, @Nullable String organization, List<String> kinds, String why, @Nullable String person, long times) {}

    /**
     * @param patient whose data
     * @param patients under which ids: the member's own, and those of records that were merged into it
     * @param name whose data, by name
     * @param own true if it is the reader's own
     */
    record Seen(String patient, Set<String> patients, String name, boolean own, LocalDate since, List<Look> looks) {}

    /** Those whose access log the account may see: the person's own, and of those whom the person still represents. */
    List<Accounts.Represented> people(Account account) {
        return accounts.patientsOf(account);
    }

    /** Empty if the account may not see this member's. */
    Optional<Seen> of(Account account, @Nullable String patient) {
        return people(account).stream().filter(person -> patient == null || person.patient().equals(patient)).findFirst().map(person -> seen(account, person));
    }

    private Seen seen(Account account, Accounts.Represented person) {
        LocalDate since = clock.instant().atZone(ZoneOffset.UTC).toLocalDate().minusMonths(MONTHS);
        Map<String, Optional<App>> known = new HashMap<>();
        Set<String> names = merges.names(person.patient());
        boolean sensitive = consents.seesSensitive(person.relation(), person.patient(), clock.instant());
        List<Look> looks = reports.disclosures(names, since.atStartOfDay(ZoneOffset.UTC).toInstant(), clock.instant().plusSeconds(1)).stream()
            .map(each -> look(each, account, sensitive, known.computeIfAbsent(each.app(), apps::find))).toList();
        return new Seen(person.patient(), names, person.displayName(), person.patient().equals(account.patient()), since, looks);
    }

    /** @param sensitive whether the reader may know that there is sensitive data: a parent does not learn it from who looked */
    private static Look look(Disclosure each, Account reader, boolean sensitive, Optional<App> app) {
        List<String> kinds = each.categories().stream().flatMap(code -> DataCategory.ofCode(code).stream()).filter(kind -> sensitive || kind != DataCategory.SENSITIVE).map(DataCategory::words).toList();
        String organization = app.map(known -> known.metadata().organization()).filter(text -> !text.isBlank()).orElse(null);
        return new Look(each.day(), each.last(), app.map(App::name).orElse("The plan's own systems"), organization, kinds, REASONS.getOrDefault(each.purpose(), "for another purpose"), person(each, reader), each.accesses());
    }

    private static @Nullable String person(Disclosure each, Account reader) {
        if (each.person() == null) {
            return null;
        }
        if (each.person().equals(reader.id())) {
            return "you";
        }
        return each.relation() == null ? "the member" : each.relation().equals("staff") ? "staff" : each.relation();
    }
}
