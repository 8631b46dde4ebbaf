package dev.portolan.rest.leak;

import dev.portolan.rest.leak.Item.State;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** What a token may see, said once, from what a grant means: the members, the scopes that allow the interaction, their conditions, and the labels withheld. */
final class Oracle {

    private static final int HOPS = 2;

    private final World world;

    Oracle(World world) {
        this.world = world;
    }

    /** Whether some scope is about the type and the interaction at all; if not, it is 403. */
    static boolean allows(Token token, String type, String letters) {
        return letters.chars().allMatch(letter -> token.scopes().stream().anyMatch(scope -> scope.isFor(type, (char) letter)));
    }

    static boolean reaches(Token token, String type, State state) {
        return !token.isLimited() || (state.member() == null ? World.SHARED.contains(type) : token.members().contains(state.member()));
    }

    /** Whether this version is within the token for each of the interactions. */
    static boolean within(Token token, String type, State state, String letters) {
        if (!reaches(token, type, state) || state.labels().stream().anyMatch(token.labels()::contains) || state.deleted() && !token.labels().isEmpty()) {
            return false;
        }
        return letters.chars().allMatch(letter -> token.scopes().stream()
            .anyMatch(scope -> scope.isFor(type, (char) letter) && scope.conditions().stream().allMatch(condition -> condition.holds(state))));
    }

    static boolean namesForeign(Token token, String patientReference) {
        return token.isLimited() && !token.members().contains(patientReference.substring("Patient/".length()));
    }

    /** The matches of a search for one type. */
    Set<Item> search(Token token, String type, String letters, Predicate<Item> condition) {
        Set<Item> found = new LinkedHashSet<>();
        for (Item item : world.items.values()) {
            if (item.type.equals(type) && !item.now().deleted() && within(token, type, item.now(), letters) && condition.test(item)) {
                found.add(item);
            }
        }
        return found;
    }

    /** What an item refers to by a parameter, as far as the token may read it. */
    List<Item> targets(Token token, Item item, String parameter, String letters) {
        List<Item> found = new ArrayList<>();
        for (String reference : item.now().refs().getOrDefault(parameter, List.of())) {
            Item target = world.find(reference);
            if (target != null && !target.now().deleted() && within(token, target.type, target.now(), letters)) {
                found.add(target);
            }
        }
        return found;
    }

    static boolean has(Item item, String parameter, String value) {
        return item.now().tokens().getOrDefault(parameter, List.of()).stream().anyMatch(token -> Token.matches(token, value));
    }

    static boolean refersTo(Item item, String parameter, String reference) {
        return item.now().refs().getOrDefault(parameter, List.of()).contains(reference);
    }

    /** An {@code _include} or {@code _revinclude}; parameter {@code *} for all. */
    record Inclusion(boolean reverse, boolean iterate, String source, String parameter) {

        String text() {
            return (reverse ? "_revinclude" : "_include") + (iterate ? ":iterate" : "") + "=" + (parameter.equals("*") ? "*" : source + ":" + parameter);
        }
    }

    /** @param must what has to be there; {@code may} what may be there: from another record among several (docs/decisions/0001) */
    record Included(Set<Item> must, Set<Item> may) {}

    Included include(Token token, Set<Item> page, List<Inclusion> inclusions) {
        Set<Item> must = new LinkedHashSet<>();
        Set<Item> may = new LinkedHashSet<>();
        Set<Item> from = new LinkedHashSet<>(page);
        for (int round = 0; !from.isEmpty(); round++) {
            Set<Item> fresh = new LinkedHashSet<>();
            for (Inclusion inclusion : inclusions) {
                if (round == 0 || inclusion.iterate()) {
                    fresh.addAll(inclusion.reverse() ? sources(token, from, inclusion, may) : targets(token, from, inclusion));
                }
            }
            fresh.removeAll(page);
            fresh.removeAll(must);
            must.addAll(fresh);
            from = fresh;
        }
        may.removeAll(must);
        may.removeAll(page);
        return new Included(must, may);
    }

    private Set<Item> targets(Token token, Set<Item> from, Inclusion inclusion) {
        Set<Item> found = new LinkedHashSet<>();
        for (Item item : from) {
            if (inclusion.parameter().equals("*")) {
                item.now().refs().keySet().forEach(parameter -> found.addAll(targets(token, item, parameter, "r")));
            } else if (item.type.equals(inclusion.source())) {
                found.addAll(targets(token, item, inclusion.parameter(), "r"));
            }
        }
        return found;
    }

    private Set<Item> sources(Token token, Set<Item> from, Inclusion inclusion, Set<Item> may) {
        Set<Item> found = new LinkedHashSet<>();
        Set<String> records = new HashSet<>();
        from.forEach(item -> records.add(String.valueOf(item.now().member())));
        for (Item source : search(token, inclusion.source(), "rs", any -> true)) {
            List<Item> referred = from.stream().filter(target -> refersTo(source, inclusion.parameter(), target.reference())).toList();
            boolean looked = referred.stream().anyMatch(target -> target.now().member() == null) || source.now().member() == null || records.contains(source.now().member());
            if (!referred.isEmpty()) {
                (looked ? found : may).add(source);
            }
        }
        return found;
    }

    /** The member's record, and nobody's resources within two references. */
    Set<Item> everything(Token token, String member) {
        Set<Item> record = new LinkedHashSet<>();
        for (Item item : world.items.values()) {
            if (member.equals(item.now().member()) && !item.now().deleted() && within(token, item.type, item.now(), "r")) {
                record.add(item);
            }
        }
        Set<Item> all = new LinkedHashSet<>(record);
        Set<Item> from = record;
        for (int hop = 0; hop < HOPS; hop++) {
            Set<Item> found = new LinkedHashSet<>();
            for (Item item : from) {
                for (Map.Entry<String, List<String>> refs : item.now().refs().entrySet()) {
                    targets(token, item, refs.getKey(), "r").stream().filter(target -> target.now().member() == null).forEach(found::add);
                }
            }
            found.removeAll(all);
            all.addAll(found);
            from = found;
        }
        return all;
    }

    /** {@code Type/id/version} of what a history gives. */
    Set<String> history(Token token, Item item, String letter) {
        Set<String> versions = new LinkedHashSet<>();
        State now = item.now();
        if (within(token, item.type, now, letter)) {
            for (State state : item.states) {
                boolean here = java.util.Objects.equals(state.member(), now.member()) || reaches(token, item.type, state);
                boolean shown = state.deleted() || within(token, item.type, state, letter);
                if (here && shown) {
                    versions.add(item.reference() + "/" + state.version());
                }
            }
        }
        return versions;
    }
}
