package dev.portolan.members.consent;

import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.members.consent.Exit.Api;
import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What may leave, and what of it is withheld: by which API, for what, to whom, of what sensitivity, and when (CON-01). It reads what members decided anew for each question, so a decision holds at the
 * next request (CON-07); whoever exports for long asks again for each part.
 */
public final class ConsentEngine {

    private static final Set<String> FOR_MINORS = Set.of("parent", "guardian");

    private final Preferences preferences;
    private final ConsentPolicy policy;
    private final BirthDates birthDates;

    /** When members were born, as far as their records say. */
    @FunctionalInterface
    public interface BirthDates {

        @Nullable LocalDate of(String patient);
    }

    public ConsentEngine(Preferences preferences, ConsentPolicy policy, BirthDates birthDates) {
        this.preferences = preferences;
        this.policy = policy;
        this.birthDates = birthDates;
    }

    /** What the plan's policy does not let leave by an API, of any member who has not said otherwise. */
    Set<SensitiveCategory> withheldBy(Api api) {
        return policy.withheldBy(api);
    }

    public Permission decide(Exit exit, String patient) {
        return decide(exit, Set.of(patient)).get(patient);
    }

    /** For each of the members. */
    public Map<String, Permission> decide(Exit exit, Collection<String> patients) {
        Map<String, List<Preference>> decided = new HashMap<>();
        if (exit.api() != Api.PLAN && !patients.isEmpty()) {
            StricterOfBoth.of(preferences.standing(patients)).forEach((patient, standing) ->
                decided.put(patient, standing.stream().filter(preference -> preference.holdsAt(exit.at())).toList()));
        }
        Map<String, Permission> permissions = new HashMap<>();
        for (String patient : patients) {
            permissions.put(patient, exit.api() == Api.PLAN ? new Permission(true, Set.of(), List.of()) : decide(exit, patient, decided.getOrDefault(patient, List.of())));
        }
        return permissions;
    }

    private Permission decide(Exit exit, String patient, List<Preference> decided) {
        Set<String> decisions = new LinkedHashSet<>();
        Preference sharing = find(decided, switch (exit.api()) {
            case PROVIDER_ACCESS -> Kind.PROVIDER_ACCESS;
            case PAYER_TO_PAYER -> Kind.PAYER_TO_PAYER;
            default -> Kind.APP;
        }, exit);
        // Whoever shuts an app out means it by whichever door the app comes.
        Preference app = find(decided, Kind.APP, exit);
        boolean shutOut = app != null && app.decision() == Decision.DENY;
        boolean allowed = !shutOut && (sharing != null ? sharing.decision() == Decision.PERMIT : exit.api() != Api.PAYER_TO_PAYER);
        if (sharing != null) {
            decisions.add(sharing.id());
        }
        if (shutOut) {
            decisions.add(app.id());
        }
        Set<SensitiveCategory> withheld = EnumSet.noneOf(SensitiveCategory.class);
        withheld.addAll(policy.withheldBy(exit.api()));
        if (sharing != null && allowed) {
            // What the member gave beyond the ordinary.
            withheld.removeAll(sharing.categories());
        }
        withheld.addAll(exit.heldBack());
        for (Preference preference : decided) {
            if (preference.kind() == Kind.SENSITIVE && (preference.app().isEmpty() || preference.app().equals(exit.app())) && preference.decision() == Decision.DENY) {
                withheld.addAll(preference.categories());
                decisions.add(preference.id());
            }
        }
        Reach reach = reach(exit.relation(), patient, exit.at());
        if (reach != Reach.EVERYTHING) {
            withheld.addAll(EnumSet.allOf(SensitiveCategory.class));
        }
        return new Permission(allowed && reach != Reach.NOTHING, withheld, List.copyOf(decisions));
    }

    /** Those of these members who have held something back, from everybody or from this app, since an instant. */
    public Set<String> heldBackSince(Instant since, String app, Collection<String> patients) {
        Set<String> heldBack = new HashSet<>();
        StricterOfBoth.of(preferences.standing(patients)).forEach((patient, decided) -> {
            if (decided.stream().anyMatch(it -> it.kind() == Kind.SENSITIVE && it.decision() == Decision.DENY && (it.app().isEmpty() || it.app().equals(app)) && it.recordedAt().isAfter(since))) {
                heldBack.add(patient);
            }
        });
        return heldBack;
    }

    private static @Nullable Preference find(List<Preference> decided, Kind kind, Exit exit) {
        return decided.stream().filter(preference -> preference.kind() == kind && (kind != Kind.APP || preference.app().equals(exit.app())))
            .min(Comparator.comparing(preference -> preference.decision() != Decision.DENY)).orElse(null);
    }

    /** For how much of a member's record somebody acts. */
    enum Reach {
        NOTHING,
        WITHOUT_SENSITIVE,
        EVERYTHING
    }

    /** Whether somebody acts for the member at all: a parent or guardian does no more once the child is of age. */
    public boolean actsFor(@Nullable String relation, String patient, Instant at) {
        return reach(relation, patient, at) != Reach.NOTHING;
    }

    /** Whether somebody acts for the member in what is sensitive too, which minors of age for that decide alone. */
    public boolean seesSensitive(@Nullable String relation, String patient, Instant at) {
        return reach(relation, patient, at) == Reach.EVERYTHING;
    }

    /**
     * Whether a parent or guardian still acts for the member (45 CFR 164.502(g)(3)); without a birth date nobody can tell, and so not.
     *
     * @param relation how the person stands to the member; null for the member
     */
    Reach reach(@Nullable String relation, String patient, Instant at) {
        if (relation == null || !FOR_MINORS.contains(relation)) {
            return Reach.EVERYTHING;
        }
        LocalDate born = birthDates.of(patient);
        int age = born == null ? policy.majority() : Period.between(born, at.atZone(ZoneOffset.UTC).toLocalDate()).getYears();
        return age >= policy.majority() ? Reach.NOTHING : age >= policy.minorPrivacy() ? Reach.WITHOUT_SENSITIVE : Reach.EVERYTHING;
    }
}
