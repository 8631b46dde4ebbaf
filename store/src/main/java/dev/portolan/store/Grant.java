package dev.portolan.store;

import dev.portolan.fhir.search.Criterion;
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
    }

    /**
     * @param interactions what may be done
     * @param anyOf if not empty, only resources that fulfil at least one of these (granular scopes such as {@code category=laboratory}): each is a list of criteria that
     *     must all hold
     */
    public record Rule(Set<Interaction> interactions, List<List<Criterion>> anyOf) {}

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
        return rule != null && rule.interactions().contains(interaction);
    }
}
