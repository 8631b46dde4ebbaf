package dev.portolan.identity.authorization;

import dev.portolan.identity.scope.Interaction;
import dev.portolan.identity.scope.ResourceScope;
import dev.portolan.identity.scope.SmartScope;
import dev.portolan.identity.scope.SmartScopes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a member chose of what an app asked for. The result never allows more than the request: kinds are taken away, nothing is added.
 *
 * @param kinds   the kinds of data that stay
 * @param offline whether the app may look again while the member is away
 */
record ConsentChoice(Set<DataKind> kinds, boolean offline) {

    /** The kinds that a request touches, in the order in which they are shown. */
    static Set<DataKind> asked(SmartScopes requested) {
        EnumSet<DataKind> kinds = EnumSet.noneOf(DataKind.class);
        requested.resources().forEach(scope -> {
            if (scope.resourceType().equals("*")) {
                kinds.addAll(EnumSet.allOf(DataKind.class));
            } else {
                DataKind.of(scope.resourceType()).ifPresent(kinds::add);
            }
        });
        return kinds;
    }

    static boolean asksToWrite(SmartScopes requested) {
        return requested.resources().anyMatch(s -> s.interactions().contains(Interaction.CREATE)
                || s.interactions().contains(Interaction.UPDATE) || s.interactions().contains(Interaction.DELETE));
    }

    /**
     * What is left of {@code requested}. {@code fhirUser} allows to read who signed in, so it goes with the personal details that a member keeps back.
     */
    SmartScopes applyTo(SmartScopes requested) {
        Set<DataKind> asked = asked(requested);
        boolean everything = kinds.containsAll(asked);
        boolean detailsKeptBack = asked.contains(DataKind.DETAILS) && !kinds.contains(DataKind.DETAILS);
        List<SmartScope> kept = new ArrayList<>();
        for (SmartScope scope : requested.values()) {
            if (scope instanceof ResourceScope resource) {
                kept.addAll(everything ? List.of(resource) : narrow(resource));
            } else if (scope.text().equals("fhirUser") && detailsKeptBack) {
                continue;
            } else if (offline || !(scope.text().equals("offline_access") || scope.text().equals("online_access"))) {
                kept.add(scope);
            }
        }
        return new SmartScopes(kept);
    }

    private List<ResourceScope> narrow(ResourceScope scope) {
        if (!scope.resourceType().equals("*")) {
            return DataKind.of(scope.resourceType()).filter(kinds::contains).map(kind -> List.of(scope)).orElse(List.of());
        }
        List<ResourceScope> one = new ArrayList<>();
        for (DataKind kind : kinds) {
            new TreeSet<>(kind.types()).forEach(type -> one.add(scope.on(type)));
        }
        return one;
    }
}
