package dev.portolan.rest.leak;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An access token as the oracle sees it.
 *
 * @param level {@code patient}, {@code user} or {@code system}
 * @param members whose records it reaches; null for everyone's
 * @param labels what is withheld from it
 */
record Token(String name, String level, @Nullable Set<String> members, List<Scope> scopes, Set<String> labels) {

    private static final List<String> TYPES = List.of("Patient", "Observation", "Condition", "Encounter", "Coverage", "ExplanationOfBenefit", "MedicationRequest", "Provenance", "List", "Task", "Group",
        "Practitioner", "Organization", "PractitionerRole", "Location", "Medication");

    /** @param letters of {@code cruds} */
    record Scope(String type, String suffix, String letters, List<Condition> conditions) {

        boolean isFor(String asked, char letter) {
            return (type.equals("*") || type.equals(asked)) && letters.indexOf(letter) >= 0
                && conditions.stream().allMatch(condition -> World.TOKEN_PARAMETERS.getOrDefault(condition.parameter(), Set.of()).contains(asked));
        }

        String text(String level) {
            return level + "/" + type + "." + suffix
                + (conditions.isEmpty() ? "" : "?" + conditions.stream().map(condition -> condition.parameter() + "=" + String.join(",", condition.values())).collect(Collectors.joining("&")));
        }
    }

    /** @param values {@code system|code} or {@code code}; one of them has to be there */
    record Condition(String parameter, List<String> values) {

        boolean holds(Item.State state) {
            return state.tokens().getOrDefault(parameter, List.of()).stream().anyMatch(token -> values.stream().anyMatch(value -> matches(token, value)));
        }
    }

    /** Whether a token {@code system|code} is what a search for {@code value} finds (R4 search, token). */
    static boolean matches(String token, String value) {
        return value.indexOf('|') >= 0 ? token.equals(value) : token.substring(token.indexOf('|') + 1).equals(value);
    }

    boolean isLimited() {
        return members != null;
    }

    String scopeText() {
        return scopes.stream().map(scope -> scope.text(level)).collect(Collectors.joining(" "));
    }

    static Token random(Random random, int number, World world) {
        String level = List.of("patient", "patient", "patient", "user", "system", "system").get(random.nextInt(6));
        Set<String> members = switch (level) {
            case "patient" -> Set.of(world.members.get(random.nextInt(World.MEMBERS)));
            case "user" -> some(random, world, 1 + random.nextInt(3));
            default -> random.nextInt(3) == 0 ? null : some(random, world, 2 + random.nextInt(20));
        };
        List<Scope> scopes = new ArrayList<>();
        for (int i = 0, count = 1 + random.nextInt(5); i < count; i++) {
            scopes.add(scope(random));
        }
        switch (random.nextInt(6)) {
            case 0, 1 -> scopes.add(new Scope("*", "rs", "rs", List.of()));
            case 2 -> scopes.add(new Scope("*", "cruds", "cruds", List.of()));
            case 3 -> scopes.add(new Scope("Observation", "cruds", "cruds", List.of(condition(random, "Observation"))));
            default -> { }
        }
        Set<String> labels = new TreeSet<>();
        if (random.nextInt(3) == 0) {
            World.LABELS.stream().filter(label -> random.nextBoolean()).forEach(labels::add);
        }
        return new Token("t" + number, level, members, scopes, labels);
    }

    private static Set<String> some(Random random, World world, int count) {
        Set<String> some = new TreeSet<>();
        while (some.size() < count) {
            some.add(world.members.get(random.nextInt(World.MEMBERS)));
        }
        return some;
    }

    private static Scope scope(Random random) {
        String type = random.nextInt(5) == 0 ? "*" : TYPES.get(random.nextInt(TYPES.size()));
        if (random.nextInt(5) == 0) {
            return switch (random.nextInt(3)) {
                case 0 -> new Scope(type, "read", "rs", List.of());
                case 1 -> new Scope(type, "write", "cud", List.of());
                default -> new Scope(type, "*", "cruds", List.of());
            };
        }
        String letters = Arrays.stream("cruds".split("")).filter(letter -> random.nextInt("rs".contains(letter) ? 4 : 3) > ("rs".contains(letter) ? 0 : 1)).collect(Collectors.joining());
        if (letters.isEmpty()) {
            letters = "rs";
        }
        List<Condition> conditions = new ArrayList<>();
        if (random.nextInt(2) == 0 && Set.of("Observation", "Condition", "Encounter", "*").contains(type)) {
            conditions.add(condition(random, type));
            if (random.nextInt(4) == 0) {
                conditions.add(condition(random, type));
            }
        }
        return new Scope(type, letters, letters, conditions);
    }

    private static Condition condition(Random random, String type) {
        List<List<String>> possible = switch (type) {
            case "Encounter" -> List.of(List.of("status", "finished"), List.of("status", "planned"));
            case "Condition" -> List.of(List.of("category", World.CONDITION_CATEGORIES.get(random.nextInt(3))), List.of("category", "problem-list-item"), List.of("code", World.CODES.get(random.nextInt(3))));
            default -> List.of(List.of("category", World.OBSERVATION_CATEGORIES.get(random.nextInt(4))), List.of("category", "laboratory"), List.of("category", "vital-signs"), List.of("status", "final"),
                List.of("code", World.CODES.get(random.nextInt(3))));
        };
        List<String> one = possible.get(random.nextInt(possible.size()));
        List<String> values = new ArrayList<>(List.of(one.get(1)));
        if (random.nextInt(4) == 0) {
            possible.stream().filter(other -> other.get(0).equals(one.get(0)) && !values.contains(other.get(1))).findFirst().ifPresent(other -> values.add(other.get(1)));
        }
        return new Condition(one.get(0), values);
    }
}
