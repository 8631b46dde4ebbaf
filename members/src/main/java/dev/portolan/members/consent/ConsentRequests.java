package dev.portolan.members.consent;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.PatientDirectory;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import dev.portolan.members.consent.Preference.Recorded;
import dev.portolan.members.consent.Preferences.Choice;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Who may look at and change whose decisions: members their own and those of whom they represent, staff of the call centre everybody's. One way in for the page and for the API. */
public final class ConsentRequests {

    /** The role of staff who record what members say on the phone or on paper. */
    public static final String CALL_CENTRE = "CALL_CENTRE";

    /** R4 datatypes, id: whatever else was asked for goes into no event. */
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9.-]{1,64}");

    private final Preferences preferences;
    private final Accounts accounts;
    private final PatientDirectory patients;
    private final SecurityEvents events;

    /** @param events where it is told who looked at whose decisions, and who was refused */
    public ConsentRequests(Preferences preferences, Accounts accounts, PatientDirectory patients, SecurityEvents events) {
        this.preferences = preferences;
        this.accounts = accounts;
        this.patients = patients;
        this.events = events;
    }

    /** @param relation {@code self}, {@code staff}, or how the person stands to the member */
    record Person(String patient, String name, String relation) {}

    /** Whose decisions the person may make; staff name the member. */
    List<Person> people(Account account) {
        return accounts.patientsOf(account).stream().map(represented -> new Person(represented.patient(), represented.displayName(), represented.relation())).toList();
    }

    /** Empty if this person has no business with that member, whether or not there is one. */
    Optional<Person> person(Account account, @Nullable String patient) {
        Optional<Person> person = allowed(account, patient);
        if (person.isEmpty()) {
            String asked = patient != null && ID.matcher(patient).matches() ? patient : null;
            events.record(SecurityEvent.Type.AUTHORIZATION_REFUSED, false, null, account.id(), asked, null, Map.of("reason", "not this account's member"));
        }
        return person;
    }

    private Optional<Person> allowed(Account account, @Nullable String patient) {
        if (account.kind() == Account.Kind.STAFF) {
            boolean may = patient != null && account.roles().contains(CALL_CENTRE);
            return may ? patients.find(patient).map(found -> new Person(found.patient(), found.displayName(), "staff")) : Optional.empty();
        }
        return people(account).stream().filter(person -> patient == null || person.patient().equals(patient)).findFirst();
    }

    List<Preference> standing(Account account, Person person) {
        seen(account, person, "standing");
        return preferences.of(Set.of(person.patient()));
    }

    List<Preference> history(Account account, Person person) {
        seen(account, person, "history");
        return preferences.history(person.patient());
    }

    /** What a page shows: every decision, newest first, and which of them stand. */
    All all(Account account, Person person) {
        seen(account, person, "all");
        return new All(preferences.of(Set.of(person.patient())), preferences.history(person.patient()));
    }

    record All(List<Preference> standing, List<Preference> history) {}

    private void seen(Account account, Person person, String what) {
        events.record(SecurityEvent.Type.CONSENT_READ, true, null, account.id(), person.patient(), null, Map.of("what", what, "relation", person.relation()));
    }

    /** @throws IllegalArgumentException with a sentence, if the decision makes no sense */
    Preference record(Account account, Person person, Kind kind, String app, Decision decision, Collection<String> categories, @Nullable Instant until, String method, String language) {
        Set<SensitiveCategory> named = SensitiveCategory.named(categories);
        if (named.size() != Set.copyOf(categories).size()) {
            throw new IllegalArgumentException("categories may hold " + List.of(SensitiveCategory.values()) + ".");
        }
        Choice choice = new Choice(person.patient(), kind, app, decision, named, until);
        return preferences.record(choice, new Recorded(account.id(), person.relation(), method, language));
    }
}
