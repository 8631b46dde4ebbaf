package dev.portolan.rest;

import dev.portolan.store.Grant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What rights come to where only some types are offered: what a base does not have is not given by the way of another type either, by {@code $everything}, an inclusion or a condition, though a scope on every
 * type covers it.
 */
final class OfferedTypes {

    private static final String ANY_TYPE = "*";

    private final Set<String> types;
    /** By the rule for every type. It has no conditions, so there are as many as there are sets of interactions. */
    private final Map<Grant.Rule, Map<String, Grant.Rule>> everyType = new ConcurrentHashMap<>();

    private OfferedTypes(Set<String> types) {
        this.types = types;
    }

    /** The same rights, of the types of the base alone. */
    static GrantResolver of(FhirBase base, GrantResolver grants) {
        return base.types().isEmpty() ? grants : grants.narrowed(new OfferedTypes(base.types())::narrowed);
    }

    private Grant narrowed(Grant grant) {
        Map<String, Grant.Rule> offered = of(grant.rules());
        return offered == grant.rules() ? grant
            : new Grant(grant.id(), grant.app(), grant.user(), grant.purpose(), grant.members(), offered, grant.withheldLabels(), grant.consents(), grant.scopes(), grant.relation());
    }

    private Map<String, Grant.Rule> of(Map<String, Grant.Rule> rules) {
        Grant.Rule any = rules.get(ANY_TYPE);
        Map<String, Grant.Rule> every = any == null ? Map.of() : everyType.computeIfAbsent(any, this::spread);
        if (any == null ? types.containsAll(rules.keySet()) : rules.size() == 1) {
            return any == null ? rules : every;
        }
        Map<String, Grant.Rule> offered = new HashMap<>(every);
        rules.forEach((type, rule) -> {
            if (types.contains(type)) {
                offered.put(type, rule);
            }
        });
        return offered;
    }

    private Map<String, Grant.Rule> spread(Grant.Rule any) {
        Map<String, Grant.Rule> spread = new HashMap<>();
        types.forEach(type -> spread.put(type, any));
        return Map.copyOf(spread);
    }
}
