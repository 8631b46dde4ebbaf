package dev.portolan.store;

import dev.portolan.fhir.search.Criterion;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what to whose records. Nothing is readable that no rule allows, and absence is refusal.
 *
 * @param id names the grant in the audit trail and binds page cursors to it
 * @param app the calling app
 * @param user the person who acts, or null for a system
 * @param purpose why
 * @param members whose records
 * @param rules for each resource type what is allowed; the key {@code *} is for every type that has no rule of its own
 * @param withheldLabels security labels ({@code system|code}) whose resources are treated as if they did not exist
 * @param consents ids of the consents that this rests on, for the audit trail
 * @param scopes the scopes that the caller's token holds, as text, for the audit trail
 * @param relation how the person stands to the member if it is not the member (a personal representative), or null
 */
public record Grant(
    String id,
    String app,
    @Nullable String user,
    Purpose purpose,
    Members members,
    Map<String, Rule> rules,
    Set<String> withheldLabels,
    Set<String> consents,
    List<String> scopes,
    @Nullable String relation) {

    public Grant {
        scopes = List.copyOf(scopes);
    }

    /** A grant that no token stands behind. */
    public Grant(String id, String app, @Nullable String user, Purpose purpose, Members members, Map<String, Rule> rules, Set<String> withheldLabels, Set<String> consents) {
        this(id, app, user, purpose, members, rules, withheldLabels, consents, List.of(), null);
    }

    /** Whose records a grant reaches. Records that are nobody's and of a type that is nobody's (practitioners, drugs, ...) are reachable by rule alone. */
    public sealed interface Members {

        /** Every member, and records that belong to no member though their type could: loading and administration. */
        record Everyone() implements Members {}

        /** These members only, named by the logical ids of their Patient resources. */
        record Only(Set<String> patientIds) implements Members {}

        /**
         * The members of a panel (see {@link Panels}), however many: they are looked up while a statement runs, so whoever leaves the panel is out of reach from the next statement on.
         */
        record Panel(String id) implements Members {}
    }

    /**
     * What may be done with one type, and for each interaction with which of its resources: scopes differ in both (SMART App Launch 2.2, finer-grained resource constraints).
     *
     * @param extents what an interaction may touch; an interaction that is missing is not allowed
     */
    public record Rule(Map<Interaction, Extent> extents) {

        public Rule {
            extents = Map.copyOf(extents);
        }

        /** The same conditions for every interaction; without conditions, every resource. */
        public Rule(Set<Interaction> interactions, List<List<Criterion>> anyOf) {
            this(everywhere(interactions, anyOf.isEmpty() ? Extent.WHOLE : new Extent(anyOf)));
        }

        private static Map<Interaction, Extent> everywhere(Set<Interaction> interactions, Extent extent) {
            Map<Interaction, Extent> extents = new EnumMap<>(Interaction.class);
            interactions.forEach(interaction -> extents.put(interaction, extent));
            return extents;
        }

        public Set<Interaction> interactions() {
            return extents.keySet();
        }

        /** What the interaction may touch, or null if it is not allowed. */
        public @Nullable Extent extent(Interaction interaction) {
            return extents.get(interaction);
        }
    }

    /**
     * Which resources of a type.
     *
     * @param anyOf a resource fulfils at least one of these, and of that one every criterion; none of them: no resource; one without criteria: every resource
     */
    public record Extent(List<List<Criterion>> anyOf) {

        public static final Extent WHOLE = new Extent(List.of(List.of()));

        public Extent {
            anyOf = List.copyOf(anyOf);
        }

        public boolean isWhole() {
            return anyOf.stream().anyMatch(List::isEmpty);
        }
    }

    /** The rule for a type, or null if it has none. */
    public @Nullable Rule rule(String resourceType) {
        Rule own = rules.get(resourceType);
        return own != null ? own : rules.get("*");
    }

    /** The same grant with nothing held back by label: to count what is. */
    Grant withoutLabels() {
        return new Grant(id, app, user, purpose, members, rules, Set.of(), consents, scopes, relation);
    }

    public boolean allows(String resourceType, Interaction interaction) {
        Rule rule = rule(resourceType);
        return rule != null && rule.extent(interaction) != null;
    }

    /** The same of every resource of the type: for whoever has no rows that could decide conditions. */
    public boolean allowsEvery(String resourceType, Interaction interaction) {
        Rule rule = rule(resourceType);
        Extent extent = rule == null ? null : rule.extent(interaction);
        return extent != null && extent.isWhole();
    }
}
