package dev.portolan.server;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import dev.portolan.server.MarkedResource.Version;

/**
 * A token, and what it may show, by the requirements alone.
 *
 * @param base the name of the API that it is used at
 * @param members whose records, now; null for everybody's and nobody's
 * @param withheld labels that are held back of a member, or of what is nobody's
 * @param policy the same of everybody
 * @param types that the base has; empty for all
 * @param redacted whether remittances, cost-sharing and services before 2016 are left out
 */
record MarkedGrant(String name, String token, String base, Supplier<@Nullable Set<String>> members, Function<@Nullable String, Set<String>> withheld, Set<String> policy, Set<String> types, List<Scope> scopes, boolean redacted) {

    private static final String CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category|";

    /**
     * One scope, without its level.
     *
     * @param of which resources of the type
     */
    record Scope(String text, String type, Predicate<Version> of) {

        boolean allows(String asked, Version version) {
            return (type.equals("*") || type.equals(asked)) && of.test(version);
        }
    }

    /** Types of which the scopes of this test speak. */
    private static final List<String> TYPES = List.of("Patient", "Coverage", "Encounter", "Condition", "Observation", "DiagnosticReport", "DocumentReference", "Binary", "ExplanationOfBenefit", "MedicationRequest", "Medication", "List",
            "Provenance", "Communication", "Composition", "Organization", "Practitioner", "RelatedPerson", "Task", "Claim", "Consent");

    static List<Scope> scopes(Random random) {
        if (random.nextInt(3) == 0) {
            return List.of(new Scope("*.rs", "*", any -> true));
        }
        List<Scope> scopes = new java.util.ArrayList<>(List.of(new Scope("Patient.rs", "Patient", any -> true)));
        for (String type : TYPES) {
            switch (random.nextInt(4)) {
                case 0, 1 -> scopes.add(new Scope(type + List.of(".rs", ".rs", ".r", ".s", ".read").get(random.nextInt(5)), type, any -> true));
                case 2 -> {
                    if (type.equals("Observation")) {
                        scopes.add(observations(random));
                    }
                }
                default -> { }
            }
        }
        return scopes;
    }

    private static Scope observations(Random random) {
        String category = List.of("laboratory", "vital-signs").get(random.nextInt(2));
        return switch (random.nextInt(5)) {
            case 0 -> new Scope("Observation.rs?category=" + CATEGORY + category, "Observation", version -> version.category().equals(category));
            case 1 -> new Scope("Observation.s?category=" + category, "Observation", version -> version.category().equals(category));
            case 2 -> new Scope("Observation.rs?category:not=" + category, "Observation", version -> !version.category().equals(category));
            case 3 -> new Scope("Observation.rs?status=amended", "Observation", version -> false);
            default -> new Scope("Observation.rs?encounter:missing=true", "Observation", version -> false);
        };
    }

    String scopeText(String level) {
        return scopes.stream().map(scope -> level + "/" + scope.text()).collect(Collectors.joining(" "));
    }

    private boolean reaches(MarkedResource resource, Version version) {
        Set<String> reached = members.get();
        boolean home = reached == null || (version.home() == null ? MarkedWorld.SHARED.contains(resource.type) : reached.contains(version.home()));
        boolean offered = types.isEmpty() || types.contains(resource.type);
        Set<String> held = new TreeSet<>(withheld.apply(version.home()));
        held.addAll(policy);
        return home && offered && version.labels().stream().noneMatch(held::contains) && scopes.stream().anyMatch(scope -> scope.allows(resource.type, version)) && !(redacted && version.old());
    }

    /** Marks that may stand in an answer: those of each version that may be given, which is none if the present one may not. */
    Set<String> permitted(Collection<MarkedWorld> worlds) {
        Set<String> marks = new TreeSet<>();
        worlds.forEach(world -> marks.addAll(permitted(world)));
        return marks;
    }

    private Set<String> permitted(MarkedWorld world) {
        Set<String> marks = new TreeSet<>();
        Set<String> reached = members.get();
        // Whose the token is, and who is on a provider's list, is told by the token and the list.
        for (String member : reached == null ? Set.<String>of() : reached) {
            if (world.patients.containsKey(member)) {
                marks.add(world.patients.get(member));
            } 
        }
        for (MarkedResource resource : world.resources.values()) {
            if (resource.now().deleted()) {
                // That something of a type was deleted is told to whoever may see every one of it.
                if (reached == null && scopes.stream().anyMatch(scope -> !scope.text().contains("?") && (scope.type().equals("*") || scope.type().equals(resource.type)))) {
                    resource.versions.forEach(version -> marks.addAll(MarkedResource.marks(resource.id + version.json())));
                }
            } else if (reaches(resource, resource.now())) {
                resource.versions.stream().filter(version -> reaches(resource, version)).forEach(version -> marks.addAll(MarkedResource.marks(version.json())));
                marks.removeAll(redacted ? resource.money : Set.of());
            }
        }
        return marks;
    }

    /** How many resources of these types there are for it. */
    long count(Collection<MarkedWorld> worlds, Collection<String> asked) {
        return worlds.stream().flatMap(world -> world.resources.values().stream()).filter(resource -> asked.contains(resource.type) && !resource.now().deleted() && reaches(resource, resource.now())).count();
    }
}
