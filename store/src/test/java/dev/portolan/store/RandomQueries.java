package dev.portolan.store;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.Inclusion;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.Prefix;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SortKey;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Queries and grants at random over {@link RandomRecords}. */
final class RandomQueries {

    private static final List<String> TYPES =
        List.of("Observation", "Observation", "Observation", "Patient", "Patient", "Encounter", "Practitioner", "PractitionerRole", "Organization", "Coverage", "Provenance", "Group");

    private final Random random;
    private final SmallDefinitions definitions;
    private final int members;
    private final List<Long> times;

    RandomQueries(long seed, SmallDefinitions definitions, int members, List<Long> times) {
        this.random = new Random(seed);
        this.definitions = definitions;
        this.members = members;
        this.times = times;
    }

    String type() {
        return one(TYPES);
    }

    static SearchQuery query(String type, List<Criterion> criteria, List<SortKey> sort, List<Inclusion> inclusions) {
        return new SearchQuery(List.of(type), criteria, inclusions, sort, OptionalInt.empty(), SearchQuery.Total.NONE, SearchQuery.Summary.FALSE, Set.of(), List.of(), List.of());
    }

    List<Criterion> criteria(String type) {
        List<Criterion> criteria = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            criteria.add(criterion(type, 0));
        }
        return criteria;
    }

    Criterion criterion(String type, int depth) {
        int kind = random.nextInt(depth > 1 ? 10 : 16);
        if (kind == 8) {
            return new Criterion.Ids(new TreeSet<>(List.of(id(type), id(type))));
        } else if (kind == 9) {
            long low = one(times);
            return new Criterion.LastUpdated(List.of(new CriterionValue.Date(one(List.of(Prefix.values())), low, low + random.nextInt(1_000))));
        } else if (kind >= 12) {
            Criterion hop = kind < 14 ? chain(type, depth) : has(type, depth);
            if (hop != null) {
                return hop;
            }
        } else if (kind == 11) {
            return new Criterion.InList(List.of("l" + random.nextInt(4)));
        }
        List<SearchParameter> own = definitions.of(type).stream().filter(parameter -> !parameter.expression().isEmpty()).toList();
        return parameter(one(own), type);
    }

    private Criterion chain(String type, int depth) {
        List<SearchParameter> references = definitions.of(type).stream().filter(parameter -> !parameter.targets().isEmpty()).toList();
        if (references.isEmpty()) {
            return null;
        }
        SearchParameter by = one(references);
        List<Criterion.Target> targets = new ArrayList<>();
        for (String target : new TreeSet<>(by.targets())) {
            targets.add(new Criterion.Target(target, criterion(target, depth + 1)));
        }
        return new Criterion.Chain(by, targets);
    }

    private Criterion has(String type, int depth) {
        List<SearchParameter> references = definitions.resourceTypes().stream().sorted().flatMap(source -> definitions.of(source).stream())
            .filter(parameter -> parameter.targets().contains(type)).toList();
        if (references.isEmpty()) {
            return null;
        }
        SearchParameter by = one(references);
        return new Criterion.Has(by.resourceType(), by, criterion(by.resourceType(), depth + 1));
    }

    private Criterion parameter(SearchParameter parameter, String type) {
        if (random.nextInt(10) == 0) {
            return new Criterion.Parameter(parameter, Modifier.MISSING, List.of(new CriterionValue.Missing(random.nextBoolean())));
        }
        return switch (parameter.type()) {
            case TOKEN -> new Criterion.Parameter(parameter, random.nextInt(5) == 0 ? Modifier.NOT : Modifier.NONE, some(this::token));
            case STRING -> new Criterion.Parameter(parameter, one(List.of(Modifier.NONE, Modifier.NONE, Modifier.EXACT, Modifier.CONTAINS)), some(this::text));
            case DATE -> new Criterion.Parameter(parameter, Modifier.NONE, some(this::date));
            case REFERENCE -> new Criterion.Parameter(parameter, Modifier.NONE, some(() -> reference(parameter)));
            case QUANTITY -> new Criterion.Parameter(parameter, Modifier.NONE, some(this::quantity));
            case URI -> new Criterion.Parameter(parameter, Modifier.NONE, some(() -> new CriterionValue.Uri("urn:p")));
            default -> throw new IllegalStateException(parameter.code());
        };
    }

    private CriterionValue token() {
        if (random.nextInt(8) == 0) {
            return new CriterionValue.Token("urn:label", one(List.of("r", "v")));
        }
        String system = one(List.of("urn:x", "urn:y", "", "*"));
        String code = one(List.of("a", "b", "c", "A", "male", "t", "nowhere"));
        return system.equals("*") ? new CriterionValue.Token(null, code) : new CriterionValue.Token(system, system.isEmpty() || random.nextInt(4) > 0 ? code : null);
    }

    private CriterionValue text() {
        String name = one(List.of(RandomRecords.NAMES));
        return new CriterionValue.Text(name.substring(0, random.nextInt(name.length()) + 1));
    }

    private CriterionValue date() {
        long[] stretch = SmallDefinitions.stretch(one(List.of(RandomRecords.DAYS)));
        return new CriterionValue.Date(one(List.of(Prefix.values())), stretch[0], stretch[1]);
    }

    private CriterionValue quantity() {
        BigDecimal value = BigDecimal.valueOf(random.nextInt(4));
        BigDecimal half = new BigDecimal("0.5");
        return new CriterionValue.Quantity(new CriterionValue.Number(one(List.of(Prefix.EQ, Prefix.GT)), value, value.subtract(half), value.add(half)), null, null);
    }

    private CriterionValue reference(SearchParameter parameter) {
        String target = parameter.targets().isEmpty() ? one(List.of("Observation", "Encounter")) : one(new ArrayList<>(new TreeSet<>(parameter.targets())));
        boolean untyped = parameter.targets().size() == 1 || !parameter.targets().isEmpty() && random.nextBoolean();
        return new CriterionValue.Reference(untyped ? null : target, id(target), null, null);
    }

    String id(String type) {
        int member = random.nextInt(members);
        return switch (type) {
            case "Patient" -> "p" + member;
            case "Observation" -> "x" + member + "-" + random.nextInt(6);
            case "Encounter" -> "e" + member + "-" + random.nextInt(2);
            case "Provenance" -> "v" + member + "-" + random.nextInt(2);
            case "Coverage" -> "c" + member;
            case "Practitioner" -> "d" + random.nextInt(4);
            case "PractitionerRole" -> "r" + random.nextInt(4);
            case "Organization" -> "o" + random.nextInt(4);
            default -> "g0";
        };
    }

    List<SortKey> sort(String type) {
        List<SortKey> keys = new ArrayList<>();
        List<SearchParameter> own = definitions.of(type).stream().filter(parameter -> !parameter.code().equals("_tag")).toList();
        for (int i = random.nextInt(3); i > 0; i--) {
            keys.add(new SortKey(one(own), random.nextBoolean()));
        }
        return keys;
    }

    List<Inclusion> inclusions(String type) {
        List<Inclusion> inclusions = new ArrayList<>();
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            boolean reverse = random.nextBoolean();
            List<SearchParameter> possible = definitions.resourceTypes().stream().sorted().flatMap(source -> definitions.of(source).stream())
                .filter(parameter -> reverse ? parameter.targets().contains(type) : parameter.resourceType().equals(type) && !parameter.targets().isEmpty()).toList();
            if (!possible.isEmpty()) {
                SearchParameter by = one(possible);
                inclusions.add(new Inclusion(reverse, by.resourceType(), List.of(by), null, random.nextInt(3) == 0));
            }
        }
        return inclusions;
    }

    Grant grant() {
        Grant.Members whose = new Grant.Members.Everyone();
        int reach = random.nextInt(4);
        if (reach > 0) {
            Set<String> ids = new TreeSet<>();
            for (int i = reach == 1 ? 1 : random.nextInt(4); i > 0; i--) {
                ids.add(random.nextInt(12) == 0 ? "unknown" : "p" + random.nextInt(members));
            }
            whose = new Grant.Members.Only(ids);
        }
        Map<String, Grant.Rule> rules = new HashMap<>();
        Set<Interaction> all = Set.of(Interaction.values());
        rules.put("*", new Grant.Rule(all, List.of()));
        if (random.nextInt(3) == 0) {
            String type = type();
            rules.put(type, new Grant.Rule(random.nextBoolean() ? Set.of() : one(List.of(Set.of(Interaction.READ), Set.of(Interaction.SEARCH))), List.of()));
        }
        if (random.nextInt(3) == 0) {
            Criterion category = new Criterion.Parameter(definitions.get("Observation", "category"), Modifier.NONE, List.of(new CriterionValue.Token("urn:x", "a")));
            Criterion status = new Criterion.Parameter(definitions.get("Observation", "status"), Modifier.NONE, List.of(new CriterionValue.Token(null, "b")));
            rules.put("Observation", new Grant.Rule(all, List.of(List.of(category), List.of(status))));
        }
        Set<String> labels = random.nextInt(3) == 0 ? Set.of("urn:label|r") : Set.of();
        return new Grant("g" + random.nextInt(1_000), "app", null, Purpose.MEMBER_REQUEST, whose, rules, labels, Set.of());
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    private <T> T one(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    private List<CriterionValue> some(Supplier<CriterionValue> make) {
        List<CriterionValue> values = new ArrayList<>();
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
            values.add(make.get());
        }
        return values;
    }
}
