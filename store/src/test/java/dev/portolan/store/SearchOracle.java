package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.CriterionMatcher;
import dev.portolan.fhir.search.Inclusion;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchValue;
import dev.portolan.fhir.search.SearchValueExtractor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a search should give, found by looking at every resource: written on the definitions of a criterion and of a grant alone. */
final class SearchOracle {

    private static final Set<String> SHARED = Set.of("Practitioner", "PractitionerRole", "Organization");
    private static final String NOBODY = "";

    private final Map<ResourceKey, JsonDocument> all = new LinkedHashMap<>();
    private final Map<ResourceKey, Long> updated;
    private final Map<ResourceKey, String> homes = new HashMap<>();
    private final SearchValueExtractor extractor;
    private final CriterionMatcher matcher;

    SearchOracle(SearchValueExtractor extractor, CriterionMatcher matcher, List<JsonDocument> resources, Map<ResourceKey, Long> updated) {
        this.extractor = extractor;
        this.matcher = matcher;
        this.updated = updated;
        for (JsonDocument resource : resources) {
            ResourceKey key = key(resource);
            all.put(key, resource);
            homes.put(key, home(key, resource));
        }
        inheritLabels();
    }

    /** What is about a labelled resource has its labels, and what is about that too. */
    private void inheritLabels() {
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Map.Entry<ResourceKey, JsonDocument> entry : all.entrySet()) {
                Set<String> labels = new TreeSet<>();
                String about = Map.of("Provenance", "target", "List", "item").get(entry.getKey().type());
                for (ResourceKey target : about == null ? List.<ResourceKey>of() : targets(entry.getValue(), about)) {
                    if (all.containsKey(target)) {
                        labels.addAll(labels(all.get(target)));
                    }
                }
                if (!labels(entry.getValue()).containsAll(labels)) {
                    entry.setValue(SecurityLabels.add(entry.getValue(), labels));
                    changed = true;
                }
            }
        }
    }

    private static Set<String> labels(JsonDocument resource) {
        JsonValue meta = resource.root().field("meta");
        JsonValue security = meta == null ? null : meta.field("security");
        Set<String> labels = new TreeSet<>();
        for (JsonValue label : security == null ? List.<JsonValue>of() : security.each()) {
            labels.add(label.fieldText("system") + "|" + label.fieldText("code"));
        }
        return labels;
    }

    static ResourceKey key(JsonDocument resource) {
        return new ResourceKey(resource.root().fieldText("resourceType"), resource.root().fieldText("id"));
    }

    private String home(ResourceKey key, JsonDocument resource) {
        List<String> by = switch (key.type()) {
            case "Patient" -> List.of();
            case "Observation" -> List.of("subject", "performer");
            case "Encounter", "RelatedPerson" -> List.of("patient");
            case "Coverage" -> List.of("beneficiary", "subscriber");
            case "List" -> List.of("subject");
            default -> List.of();
        };
        if (key.type().equals("Patient")) {
            return key.id();
        }
        for (String code : by) {
            for (ResourceKey target : targets(resource, code)) {
                if (target.type().equals("Patient")) {
                    return target.id();
                }
            }
        }
        if (key.type().equals("Provenance")) {
            for (ResourceKey target : targets(resource, "target")) {
                if (!homes.getOrDefault(target, NOBODY).equals(NOBODY)) {
                    return homes.get(target);
                }
            }
        }
        return NOBODY;
    }

    private List<ResourceKey> targets(JsonDocument resource, String code) {
        List<ResourceKey> targets = new ArrayList<>();
        extractor.extract(resource, (parameter, value) -> {
            if (parameter.code().equals(code) && value instanceof SearchValue.Reference reference && reference.id() != null) {
                targets.add(new ResourceKey(reference.type(), reference.id()));
            }
        });
        return targets;
    }

    boolean visible(ResourceKey key, Grant grant, Interaction... interactions) {
        JsonDocument resource = all.get(key);
        for (Interaction interaction : interactions) {
            if (!grant.allows(key.type(), interaction)) {
                return false;
            }
        }
        boolean reached = !(grant.members() instanceof Grant.Members.Only only) || SHARED.contains(key.type()) || only.patientIds().contains(homes.get(key));
        Grant.Rule rule = grant.rule(key.type());
        return reached && !labelled(resource, grant.withheldLabels()) && java.util.Arrays.stream(interactions).allMatch(interaction ->
            rule.extent(interaction).anyOf().stream().anyMatch(criteria -> criteria.stream().allMatch(criterion -> matcher.matches(resource, criterion))));
    }

    /** What of a member's record is held back because of its labels alone. */
    long withheldOfRecord(String patientId, Grant grant) {
        Grant whole = grant.withoutLabels();
        return all.keySet().stream().filter(key -> patientId.equals(homes.get(key)) && visible(key, whole, Interaction.READ) && !visible(key, grant, Interaction.READ)).count();
    }

    /** SMT-34: a search that asks by name for the record of a Patient whom the grant does not reach is refused, not empty. */
    boolean namesForeignRecord(String type, List<Criterion> criteria, Grant grant) {
        if (!(grant.members() instanceof Grant.Members.Only only)) {
            return false;
        }
        Set<String> named = new java.util.HashSet<>();
        for (Criterion criterion : criteria) {
            if (criterion instanceof Criterion.Ids ids && type.equals("Patient")) {
                named.addAll(ids.anyOf());
            } else if (criterion instanceof Criterion.InCompartment compartment && compartment.ownerType().equals("Patient")) {
                named.add(compartment.ownerId());
            } else if (criterion instanceof Criterion.Parameter parameter && parameter.modifier() == dev.portolan.fhir.search.Modifier.NONE
                && Set.of("patient", "subject", "beneficiary").contains(parameter.parameter().code())) {
                parameter.anyOf().forEach(value -> {
                    if (value instanceof CriterionValue.Reference reference && reference.id() != null
                        && (reference.type() == null ? parameter.parameter().targets().equals(Set.of("Patient")) || parameter.parameter().code().equals("patient") : reference.type().equals("Patient"))) {
                        named.add(reference.id());
                    }
                });
            }
        }
        return !only.patientIds().containsAll(named);
    }

    private static boolean labelled(JsonDocument resource, Set<String> withheld) {
        JsonValue meta = resource.root().field("meta");
        JsonValue security = meta == null ? null : meta.field("security");
        if (security != null) {
            for (JsonValue label : security.each()) {
                if (withheld.contains(label.fieldText("system") + "|" + label.fieldText("code"))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The matches, in the order of writing. */
    List<ResourceKey> search(String type, List<Criterion> criteria, Grant grant) {
        List<ResourceKey> found = new ArrayList<>();
        for (ResourceKey key : all.keySet()) {
            if (key.type().equals(type) && visible(key, grant, Interaction.SEARCH) && criteria.stream().allMatch(criterion -> fulfils(key, criterion, grant))) {
                found.add(key);
            }
        }
        return found;
    }

    private boolean fulfils(ResourceKey key, Criterion criterion, Grant grant) {
        JsonDocument resource = all.get(key);
        if (criterion instanceof Criterion.Ids ids) {
            return ids.anyOf().contains(key.id());
        } else if (criterion instanceof Criterion.LastUpdated asked) {
            long at = this.updated.get(key);
            return asked.anyOf().stream().anyMatch(date -> SmallDefinitions.inDate(date, at, at));
        } else if (criterion instanceof Criterion.Chain chain) {
            return targets(resource, chain.reference().code()).stream().anyMatch(target -> all.containsKey(target) && visible(target, grant, Interaction.READ, Interaction.SEARCH)
                && chain.targets().stream().anyMatch(it -> it.type().equals(target.type()) && fulfils(target, it.criterion(), grant)));
        } else if (criterion instanceof Criterion.Has has) {
            return all.keySet().stream().anyMatch(source -> source.type().equals(has.sourceType()) && visible(source, grant, Interaction.READ, Interaction.SEARCH)
                && targets(all.get(source), has.reference().code()).contains(key) && fulfils(source, has.criterion(), grant));
        } else if (criterion instanceof Criterion.InList list) {
            return list.listIds().stream().map(id -> new ResourceKey("List", id)).anyMatch(it -> all.containsKey(it) && visible(it, grant, Interaction.READ) && lists(all.get(it), key));
        }
        return matcher.matches(resource, criterion);
    }

    private static boolean lists(JsonDocument list, ResourceKey key) {
        for (JsonValue entry : list.root().field("entry").each()) {
            if (entry.field("deleted") == null && key.toString().equals(entry.field("item").fieldText("reference"))) {
                return true;
            }
        }
        return false;
    }

    /** What is included, by the same rounds as the specification's: first from the matches, then by those with :iterate. */
    Set<ResourceKey> included(List<ResourceKey> page, List<Inclusion> inclusions, Grant grant) {
        Set<ResourceKey> included = new HashSet<>();
        Set<ResourceKey> from = new TreeSet<>(page);
        for (int round = 0; !from.isEmpty(); round++) {
            Set<ResourceKey> fresh = new TreeSet<>();
            for (Inclusion inclusion : inclusions) {
                if (round == 0 || inclusion.iterate()) {
                    fresh.addAll(inclusion.reverse() ? sources(from, inclusion, grant) : targets(from, inclusion, grant));
                }
            }
            page.forEach(fresh::remove);
            fresh.removeAll(included);
            included.addAll(fresh);
            from = fresh;
        }
        return included;
    }

    private Set<ResourceKey> targets(Set<ResourceKey> from, Inclusion inclusion, Grant grant) {
        Set<ResourceKey> found = new TreeSet<>();
        for (ResourceKey key : from) {
            for (SearchParameter by : inclusion.by()) {
                if (key.type().equals(inclusion.sourceType())) {
                    targets(all.get(key), by.code()).stream().filter(target -> all.containsKey(target) && visible(target, grant, Interaction.READ)).forEach(found::add);
                }
            }
        }
        return found;
    }

    /** By the store's documented rule, what refers to a Patient is found in every record, what refers to another of a member's resources in that member's record and among nobody's. */
    private Set<ResourceKey> sources(Set<ResourceKey> from, Inclusion inclusion, Grant grant) {
        Set<ResourceKey> found = new TreeSet<>();
        Set<@Nullable String> records = new HashSet<>();
        from.forEach(key -> records.add(homes.get(key)));
        for (ResourceKey source : all.keySet()) {
            for (SearchParameter by : inclusion.by()) {
                boolean possible = source.type().equals(by.resourceType()) && visible(source, grant, Interaction.READ, Interaction.SEARCH);
                for (ResourceKey target : possible ? targets(all.get(source), by.code()) : List.<ResourceKey>of()) {
                    boolean inReach = from.contains(target) && (target.type().equals("Patient") || homes.get(target).equals(NOBODY) || homes.get(source).equals(NOBODY) || records.contains(homes.get(source)));
                    if (inReach) {
                        found.add(source);
                    }
                }
            }
        }
        return found;
    }
}
