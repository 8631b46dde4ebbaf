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
 * @param parts   of the types that have parts, those that stay; counts for what {@link #askedParts} names
 * @param offline whether the app may look again while the member is away
 */
record ConsentChoice(Set<DataKind> kinds, Set<DataPart> parts, boolean offline) {

    private static final String REPORT = "DiagnosticReport";

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

    /** Whether a request is about data at all, of whatever kind. */
    static boolean asksForData(SmartScopes requested) {
        return requested.resources().findAny().isPresent();
    }

    /** The parts of what a request asks for as a whole; what an app asks for in parts already is not offered again. */
    static Set<DataPart> askedParts(SmartScopes requested) {
        EnumSet<DataPart> parts = EnumSet.noneOf(DataPart.class);
        requested.resources().filter(scope -> scope.conditions().isEmpty())
                .forEach(scope -> parts.addAll(scope.resourceType().equals("*") ? EnumSet.allOf(DataPart.class) : DataPart.of(scope.resourceType())));
        return parts;
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
        Set<DataPart> heldBack = askedParts(requested);
        heldBack.removeAll(parts);
        boolean everything = kinds.containsAll(asked) && heldBack.isEmpty();
        boolean detailsKeptBack = asked.contains(DataKind.DETAILS) && !kinds.contains(DataKind.DETAILS);
        List<SmartScope> kept = new ArrayList<>();
        for (SmartScope scope : requested.values()) {
            if (scope instanceof ResourceScope resource) {
                kept.addAll(everything && isShown(resource) ? List.of(resource) : narrow(resource, heldBack));
            } else if (scope.text().equals("fhirUser") && detailsKeptBack) {
                continue;
            } else if (offline || !(scope.text().equals("offline_access") || scope.text().equals("online_access"))) {
                kept.add(scope);
            }
        }
        return new SmartScopes(kept);
    }

    /** Whether the member was asked about it: a type in no kind stands nowhere on the page, and nobody agreed to it. */
    private static boolean isShown(ResourceScope scope) {
        return scope.resourceType().equals("*") || DataKind.of(scope.resourceType()).isPresent();
    }

    private List<ResourceScope> narrow(ResourceScope scope, Set<DataPart> heldBack) {
        if (!scope.resourceType().equals("*")) {
            return DataKind.of(scope.resourceType()).filter(kinds::contains).map(kind -> inParts(scope, heldBack)).orElse(List.of());
        }
        List<ResourceScope> one = new ArrayList<>();
        for (DataKind kind : kinds) {
            new TreeSet<>(kind.types()).forEach(type -> one.addAll(inParts(scope.on(type), heldBack)));
        }
        return one;
    }

    /** The scope as it is, or one for each part that stays. A granular scope beside one on the whole type is cut down too: what was held back is in neither. */
    private static List<ResourceScope> inParts(ResourceScope scope, Set<DataPart> heldBack) {
        if (heldBack.stream().anyMatch(part -> part.isToldBy(scope.resourceType()))) {
            return List.of();
        }
        if (scope.resourceType().equals(REPORT)) {
            return DataPart.reports(heldBack).stream().map(scope::whereAll).toList();
        }
        List<DataPart> all = DataPart.of(scope.resourceType());
        if (all.stream().noneMatch(heldBack::contains)) {
            return List.of(scope);
        }
        List<ResourceScope.Condition> kept = all.stream().filter(part -> !heldBack.contains(part)).flatMap(DataPart::conditions).toList();
        if (scope.conditions().stream().anyMatch(kept::contains)) {
            return List.of(scope);
        }
        return kept.stream().map(scope::where).toList();
    }
}
