package dev.portolan.store;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Grants for tests. Nothing outside of tests makes one here: that is the room {@code members}. */
public final class Grants {

    private Grants() {}

    public static Grant everything() {
        return of("everything", new Grant.Members.Everyone(), allowing(EnumSet.allOf(Interaction.class)));
    }

    public static Grant only(String... patientIds) {
        return of("only-" + String.join("-", patientIds), new Grant.Members.Only(Set.of(patientIds)), allowing(EnumSet.allOf(Interaction.class)));
    }

    public static Map<String, Grant.Rule> allowing(Set<Interaction> interactions) {
        return Map.of("*", new Grant.Rule(interactions, List.of()));
    }

    public static Grant of(String id, Grant.Members members, Map<String, Grant.Rule> rules) {
        return new Grant(id, "test", null, Purpose.ADMINISTRATION, members, rules, Set.of(), Set.of());
    }
}
