package dev.portolan.members;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.InvalidSearchException;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.identity.scope.ResourceScope;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.members.consent.Exit.Api;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes a grant of an access token: its scopes become rules, its context the members (SMART App Launch 2.2, scopes).
 *
 * <p>Several scopes allow what any of them allows, interaction by interaction: {@code Observation.r} with {@code Observation.rs?category=laboratory} is to read every Observation and to search
 * those of the laboratory.
 *
 * <p>{@code fhirUser} allows to read one resource, the one that the id token names as the person who signed in ("permission to retrieve information about the current logged-in user"); it brings
 * nobody else's record into reach.
 */
public final class TokenGrants {

    private static final String ANY_TYPE = "*";
    /** Of all tokens that are kept. A token has a dozen or two as a rule, and may be made to have thousands. */
    private static final long MOST_CONDITIONS = 500_000;

    private final SearchQueryParser parser;
    private final Set<String> resourceTypes;
    private final SystemMembers systemMembers;
    private final Cache<String, Scoped> known = Caffeine.newBuilder().maximumWeight(MOST_CONDITIONS).<String, Scoped>weigher((id, scoped) -> 10 + scoped.conditions()).expireAfterAccess(Duration.ofMinutes(10)).build();

    /** Whose records an app reaches by {@code system/} scopes: by attribution for a provider's system, everyone for the plan's own, nobody elsewhere. */
    @FunctionalInterface
    public interface SystemMembers {

        Reach of(AccessToken token, Api api);
    }

    /** Whose records, and why. */
    public record Reach(Grant.Members members, Purpose purpose) {

        /** The plan's own programs: loading, repair. */
        public static final Reach OPERATOR = new Reach(new Grant.Members.Everyone(), Purpose.ADMINISTRATION);
        public static final Reach NOBODY = new Reach(new Grant.Members.Only(Set.of()), Purpose.OPERATIONS);
    }

    /**
     * @param parser reads the conditions of granular scopes
     * @param resourceTypes R4's types, over which {@code *} with a condition is spread
     */
    public TokenGrants(SearchQueryParser parser, Set<String> resourceTypes, SystemMembers systemMembers) {
        this.parser = parser;
        this.resourceTypes = new TreeSet<>(resourceTypes);
        this.systemMembers = systemMembers;
    }

    /**
     * A grant that holds what the token allows, which may be nothing.
     *
     * @param api by which door the data would leave: an app may reach other members by each
     */
    public Grant of(AccessToken token, Api api) {
        Scoped scoped = known.get(token.tokenId(), id -> scoped(token));
        if (!scoped.scopes().equals(token.scopes())) {
            scoped = scoped(token);
        }
        boolean system = scoped.system();
        List<ResourceScope> usable = scoped.usable();
        Reach reach = system ? systemMembers.of(token, api) : new Reach(member(token, usable), purpose(token));
        return new Grant(token.tokenId(), token.clientId(), token.user(), reach.purpose(), reach.members(), scoped.rules(), Set.of(), Set.of(token.consentId()),
            scoped.texts(), token.relation());
    }

    /** What staff look at they look at in the plan's work, whichever app they use. */
    private static Purpose purpose(AccessToken token) {
        return "staff".equals(token.relation()) ? Purpose.OPERATIONS : Purpose.MEMBER_REQUEST;
    }

    /** What a token's scopes alone come to: the same for each of its requests. */
    private record Scoped(SmartScopes scopes, boolean system, List<ResourceScope> usable, Map<String, Grant.Rule> rules, List<String> texts) {

        /** What it takes to keep this: its scopes, and the conditions that they come to for each type and interaction. */
        int conditions() {
            return texts.size() + rules.values().stream().flatMap(rule -> rule.extents().values().stream()).mapToInt(extent -> extent.anyOf().size()).sum();
        }
    }

    private Scoped scoped(AccessToken token) {
        List<ResourceScope> scopes = token.scopes().resources().toList();
        boolean system = token.user() == null && scopes.stream().anyMatch(scope -> scope.level() == ResourceScope.Level.SYSTEM);
        List<ResourceScope> usable = scopes.stream().filter(scope -> system == (scope.level() == ResourceScope.Level.SYSTEM)).toList();
        return new Scoped(token.scopes(), system, usable, rules(usable, whoSignedIn(token)), List.copyOf(token.scopes().texts()));
    }

    /** {@code patient/} scopes reach the patient in context; {@code user/} scopes without such a context reach the signed-in member's own record. */
    private static Grant.Members member(AccessToken token, List<ResourceScope> scopes) {
        if (token.patient() != null) {
            return new Grant.Members.Only(Set.of(token.patient()));
        }
        boolean user = scopes.stream().allMatch(scope -> scope.level() == ResourceScope.Level.USER);
        String fhirUser = token.fhirUser();
        return user && fhirUser != null && fhirUser.startsWith("Patient/") ? new Grant.Members.Only(Set.of(fhirUser.substring("Patient/".length()))) : new Grant.Members.Only(Set.of());
    }

    /** What {@code fhirUser} allows: to read this resource, and nothing more of its type. */
    private static Optional<String> whoSignedIn(AccessToken token) {
        return token.user() == null || !token.scopes().has("fhirUser") ? Optional.empty() : Optional.ofNullable(token.fhirUser()).filter(reference -> reference.matches("[A-Za-z]+/[A-Za-z0-9.-]{1,64}"));
    }

    private Map<String, Grant.Rule> rules(List<ResourceScope> scopes, Optional<String> whoSignedIn) {
        Map<String, List<Permission>> byType = new LinkedHashMap<>();
        whoSignedIn.map(reference -> reference.split("/")).ifPresent(person ->
            permission(EnumSet.of(Interaction.READ), List.of(new SearchQuery.RawParameter("_id", person[1])), person[0]).ifPresent(own -> byType.computeIfAbsent(person[0], key -> new ArrayList<>()).add(own)));
        for (ResourceScope scope : scopes) {
            boolean spread = scope.resourceType().equals(ANY_TYPE) && !scope.conditions().isEmpty();
            for (String type : spread ? resourceTypes : Set.of(scope.resourceType())) {
                permission(scope, type).ifPresent(permission -> byType.computeIfAbsent(type, key -> new ArrayList<>()).add(permission));
            }
        }
        List<Permission> anyType = byType.getOrDefault(ANY_TYPE, List.of());
        Map<String, Grant.Rule> rules = new HashMap<>();
        byType.forEach((type, own) -> {
            List<Permission> all = new ArrayList<>(own);
            if (!type.equals(ANY_TYPE)) {
                all.addAll(anyType);
            }
            rules.put(type, merge(all));
        });
        return Map.copyOf(rules);
    }

    /** One scope on one type. */
    private record Permission(Set<Interaction> interactions, List<Criterion> conditions) {}

    private Optional<Permission> permission(ResourceScope scope, String type) {
        Set<Interaction> interactions = EnumSet.noneOf(Interaction.class);
        scope.interactions().forEach(interaction -> interactions.add(Interaction.valueOf(interaction.name())));
        if (scope.conditions().isEmpty()) {
            return Optional.of(new Permission(interactions, List.of()));
        }
        return permission(interactions, scope.conditions().stream().map(condition -> new SearchQuery.RawParameter(condition.name(), condition.value())).toList(), type);
    }

    /** Empty if the type cannot be asked for the conditions: what cannot be decided grants nothing. */
    private Optional<Permission> permission(Set<Interaction> interactions, List<SearchQuery.RawParameter> conditions, String type) {
        try {
            SearchQuery query = parser.parse(List.of(type), conditions, Set.of(), true);
            boolean wholly = query.criteria().size() == conditions.size();
            return wholly ? Optional.of(new Permission(interactions, query.criteria())) : Optional.empty();
        } catch (InvalidSearchException e) {
            return Optional.empty();
        }
    }

    /** Several permissions allow what any of them allows. */
    private static Grant.Rule merge(List<Permission> permissions) {
        Map<Interaction, Grant.Extent> extents = new EnumMap<>(Interaction.class);
        for (Interaction interaction : Interaction.values()) {
            List<List<Criterion>> anyOf = permissions.stream().filter(permission -> permission.interactions().contains(interaction)).map(Permission::conditions).distinct().toList();
            if (anyOf.stream().anyMatch(List::isEmpty)) {
                extents.put(interaction, Grant.Extent.WHOLE);
            } else if (!anyOf.isEmpty()) {
                extents.put(interaction, new Grant.Extent(anyOf));
            }
        }
        return new Grant.Rule(extents);
    }
}
