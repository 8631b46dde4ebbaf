package dev.portolan.provideraccess;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionMatcher;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.members.attribution.Attribution;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.attribution.ProviderGroup;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.Problem;
import dev.portolan.rest.TypeProvider;
import dev.portolan.store.Grant;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A provider's lists of patients as Groups: an app finds those that it is bound to, and of any other learns nothing (PRV-02). */
public final class ProviderGroups implements TypeProvider {

    private static final List<String> PARAMETERS = List.of("identifier", "code", "characteristic", "value", "characteristic-value", "exclude", "member", "type", "actual", "managing-entity", "name", "_lastUpdated");
    /** A search gives larger lists without their members, a read with them. */
    private static final int MOST_MEMBERS_IN_SEARCH = 1_000;

    private final Attributions attributions;
    private final SearchQueryParser parser;
    private final CriterionMatcher matcher;

    public ProviderGroups(Attributions attributions, SearchQueryParser parser, CriterionMatcher matcher) {
        this.attributions = attributions;
        this.parser = parser;
        this.matcher = matcher;
    }

    @Override
    public String type() {
        return "Group";
    }

    @Override
    public List<String> parameters() {
        return PARAMETERS;
    }

    /** Without members: what a search by anything else looks at. */
    private byte[] head(ProviderGroup group, int quantity) {
        return GroupResource.of(group, null, quantity, attributions.optedOut(group.id()));
    }

    private Found whole(Grant grant, ProviderGroup group) {
        List<Attribution.Listed> members = attributions.listed(group.id(), grant.app());
        List<String> patients = patients(members);
        return new Found(group.id(), GroupResource.of(group, members, patients.size(), attributions.optedOut(group.id())), patients);
    }

    private static List<String> patients(List<Attribution.Listed> members) {
        return members.stream().map(member -> member.attribution().patient()).distinct().toList();
    }

    @Override
    public @Nullable Found read(Grant grant, String id) {
        return ProviderExports.group(attributions, grant, id).map(group -> whole(grant, group)).orElse(null);
    }

    @Override
    public Page search(Grant grant, List<RawParameter> parameters, int count, @Nullable String cursor) {
        List<Asked> asked = parameters.stream().map(this::asked).toList();
        boolean byMember = parameters.stream().anyMatch(parameter -> parameter.name().matches("member([.:].*)?"));
        List<ProviderGroup> matches = attributions.groupsOf(grant.app()).stream().filter(group -> {
            JsonDocument json = JsonDocument.parse(byMember ? whole(grant, group).json() : head(group, 0));
            return asked.stream().allMatch(condition -> condition.holds(group, json));
        }).toList();
        int from = cursor == null ? 0 : after(matches, cursor);
        int to = Math.min(matches.size(), from + count);
        List<Found> page = matches.subList(from, to).stream().map(group -> found(grant, group)).toList();
        return new Page(page, count > 0 && to < matches.size() ? matches.get(to - 1).id() : null, OptionalLong.of(matches.size()));
    }

    private Found found(Grant grant, ProviderGroup group) {
        int quantity = attributions.quantity(group.id(), grant.app());
        return quantity > MOST_MEMBERS_IN_SEARCH ? new Found(group.id(), head(group, quantity)) : whole(grant, group);
    }

    /** Lists are in the order of their ids. */
    private static int after(List<ProviderGroup> matches, String id) {
        return (int) matches.stream().filter(group -> group.id().compareTo(id) <= 0).count();
    }

    private interface Asked {
        boolean holds(ProviderGroup group, JsonDocument json);
    }

    private Asked asked(RawParameter parameter) {
        String name = parameter.name();
        if (name.equals("name") || name.startsWith("name:")) {
            return name(parameter);
        }
        List<Criterion> criteria = parser.parse(List.of("Group"), List.of(parameter), Set.of(), true).criteria();
        return (group, json) -> criteria.stream().allMatch(criterion -> holds(group, json, criterion));
    }

    private boolean holds(ProviderGroup group, JsonDocument json, Criterion criterion) {
        if (criterion instanceof Criterion.Ids ids) {
            return ids.anyOf().contains(group.id());
        }
        if (criterion instanceof Criterion.LastUpdated updated) {
            return updated.anyOf().stream().anyMatch(date -> date.holds(group.changedAt().toEpochMilli()));
        }
        if (criterion instanceof Criterion.Parameter) {
            return matcher.matches(json, criterion);
        }
        throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "Group is searched by its own elements here, without chains");
    }

    /** ATR's parameter: R4 has none for the name. */
    private static Asked name(RawParameter parameter) {
        String modifier = parameter.name().contains(":") ? parameter.name().substring(parameter.name().indexOf(':') + 1) : "";
        List<String> values = List.of(parameter.value().split(","));
        return switch (modifier) {
            case "" -> (group, json) -> values.stream().anyMatch(value -> group.name().toLowerCase(Locale.ROOT).startsWith(value.toLowerCase(Locale.ROOT)));
            case "contains" -> (group, json) -> values.stream().anyMatch(value -> group.name().toLowerCase(Locale.ROOT).contains(value.toLowerCase(Locale.ROOT)));
            case "exact" -> (group, json) -> values.contains(group.name());
            default -> throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "name is searched as it is, or with :contains or :exact");
        };
    }
}
