package dev.portolan.members.consent;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.PatientDirectory;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.members.consent.ConsentEngine.Reach;
import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import dev.portolan.members.consent.Preference.Recorded;
import dev.portolan.members.consent.Preferences.Choice;
import dev.portolan.store.GrantRefusedException;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Who may look at and change whose decisions: members their own and those of whom they represent, staff of the call centre everybody's. One way in for the page and for the API. */
public final class ConsentRequests {

    /** The role of staff who record what members say on the phone or on paper. */
    public static final String CALL_CENTRE = "CALL_CENTRE";

    /** R4 datatypes, id: whatever else was asked for goes into no event. */
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9.-]{1,64}");

    private final Preferences preferences;
    private final ConsentEngine engine;
    private final Accounts accounts;
    private final PatientDirectory patients;
    private final Apps apps;
    private final SecurityEvents events;
    private final Clock clock;

    /** @param events where it is told who looked at whose decisions, and who was refused */
    public ConsentRequests(Preferences preferences, ConsentEngine engine, Accounts accounts, PatientDirectory patients, Apps apps, SecurityEvents events, Clock clock) {
        this.preferences = preferences;
        this.engine = engine;
        this.accounts = accounts;
        this.patients = patients;
        this.apps = apps;
        this.events = events;
        this.clock = clock;
    }

    /**
     * @param relation {@code self}, {@code staff}, or how the person stands to the member
     * @param sensitive whether the person decides about sensitive data too, and sees what was decided about it
     */
    record Person(String patient, String name, String relation, boolean sensitive) {}

    /** Whose decisions the person may make; staff name the member. */
    List<Person> people(Account account) {
        return accounts.patientsOf(account).stream().map(this::acting).toList();
    }

    /** For whom the person still acts, as {@link Accounts#patientsOf} says: what a parent's apps do not reach any more, the parent does not decide either. */
    private Person acting(Accounts.Represented represented) {
        Reach reach = engine.reach(represented.relation(), represented.patient(), clock.instant());
        return new Person(represented.patient(), represented.displayName(), represented.relation(), reach == Reach.EVERYTHING);
    }

    /** Empty if this person has no business with that member, whether or not there is one. */
    Optional<Person> person(Account account, @Nullable String patient) {
        Optional<Person> person = allowed(account, patient);
        if (person.isEmpty()) {
            refused(account, patient != null && ID.matcher(patient).matches() ? patient : null, "not this account's member");
        }
        return person;
    }

    private void refused(Account account, @Nullable String patient, String reason) {
        events.record(SecurityEvent.Type.AUTHORIZATION_REFUSED, false, null, account.id(), patient, null, Map.of("reason", reason));
    }

    private Optional<Person> allowed(Account account, @Nullable String patient) {
        if (account.kind() == Account.Kind.STAFF) {
            boolean may = patient != null && account.roles().contains(CALL_CENTRE);
            return may ? patients.find(patient).map(found -> new Person(found.patient(), found.displayName(), "staff", true)) : Optional.empty();
        }
        return accounts.patientsOf(account).stream().filter(represented -> patient == null || represented.patient().equals(patient)).findFirst().map(this::acting);
    }

    List<Preference> standing(Account account, Person person) {
        seen(account, person, "standing");
        return shown(person, standing(person.patient()));
    }

    List<Preference> history(Account account, Person person) {
        seen(account, person, "history");
        return shown(person, preferences.history(person.patient()));
    }

    /** What a page shows: every decision, newest first, and which of them stand. */
    All all(Account account, Person person) {
        seen(account, person, "all");
        return new All(shown(person, standing(person.patient())), shown(person, preferences.history(person.patient())));
    }

    /** What holds for the member, by their own decisions and those of whoever is merged into them. */
    private List<Preference> standing(String patient) {
        Instant now = clock.instant();
        return StricterOfBoth.of(preferences.standing(Set.of(patient))).getOrDefault(patient, List.of()).stream().filter(preference -> preference.holdsAt(now)).toList();
    }

    private static List<Preference> shown(Person person, List<Preference> decided) {
        return person.sensitive() ? decided : decided.stream().filter(preference -> preference.kind() != Kind.SENSITIVE).map(Preference::withoutCategories).toList();
    }

    /** What the apps that decisions are about are called, by client id. */
    Map<String, String> appNames(List<Preference> decided) {
        return decided.stream().map(Preference::app).filter(app -> !app.isEmpty()).distinct().flatMap(app -> apps.find(app).stream()).collect(Collectors.toMap(App::clientId, App::name));
    }

    record All(List<Preference> standing, List<Preference> history) {}

    private void seen(Account account, Person person, String what) {
        events.record(SecurityEvent.Type.CONSENT_READ, true, null, account.id(), person.patient(), null, Map.of("what", what, "relation", person.relation()));
    }

    /**
     * @throws IllegalArgumentException with a sentence, if the decision makes no sense
     * @throws GrantRefusedException with a sentence, if it is not this person's to make
     */
    Preference record(Account account, Person person, Kind kind, String app, Decision decision, Collection<String> categories, @Nullable Instant until, String method, String language) {
        Set<SensitiveCategory> named = SensitiveCategory.named(categories);
        if (named.size() != Set.copyOf(categories).size()) {
            throw new IllegalArgumentException("categories may hold " + List.of(SensitiveCategory.values()) + ".");
        }
        Choice choice = new Choice(person.patient(), kind, app, decision, named, until);
        check(account, person, choice);
        return preferences.record(choice, new Recorded(account.id(), person.relation(), method, language));
    }

    /**
     * What a minor decides alone, a parent neither gives free nor holds back: it would take the place of the minor's own decision, and an answer that depended on that would tell it.
     *
     * @throws GrantRefusedException if the choice is about sensitive data and that is not this person's to decide
     * @throws IllegalArgumentException if it is about an app that there is not: a member would believe that somebody is shut out
     */
    void check(Account account, Person person, Choice choice) {
        if (!person.sensitive() && (choice.kind() == Kind.SENSITIVE || !choice.categories().isEmpty())) {
            refused(account, person.patient(), "sensitive data of a minor");
            throw new GrantRefusedException("Members of this age decide about their sensitive information themselves.");
        }
        if (!choice.app().isEmpty() && apps.find(choice.app()).isEmpty()) {
            throw new IllegalArgumentException("There is no app with this client_id; a decision about one names it by that.");
        }
    }
}
