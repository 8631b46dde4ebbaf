package dev.portolan.store;

import dev.portolan.fhir.search.Inclusion;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code _include} and {@code _revinclude}. A row's references are hashes of what they point to, so the rows are followed without reading a resource.
 *
 * <p>What is included has to be readable under the grant; what is found from the other side (reverse) searchable too.
 */
final class Inclusions {

    private static final int MAX_INCLUDED = 1_000;
    /** How many references in a row an iteration follows. */
    private static final int MAX_ROUNDS = 20;

    private final SearchRun run;
    private final StoreContext context;
    private final RowConditions conditions;
    private final Canonicals canonicals;
    private final ReverseInclusion reverse;

    Inclusions(SearchRun run) {
        this.run = run;
        this.context = run.context();
        this.conditions = new RowConditions(context);
        this.canonicals = new Canonicals(context);
        this.reverse = new ReverseInclusion(run, conditions, canonicals);
    }

    /** What the inclusions add to a page, each resource once and none that the page has. */
    Collection<Hit> of(List<Hit> page, List<Inclusion> inclusions) throws SQLException {
        Map<Long, Hit> included = new LinkedHashMap<>();
        Set<Long> shown = new HashSet<>();
        page.forEach(hit -> shown.add(hit.self()));
        List<Hit> from = page;
        for (int round = 0; !from.isEmpty(); round++) {
            List<Hit> fresh = new ArrayList<>();
            boolean first = round == 0;
            List<Inclusion> active = inclusions.stream().filter(inclusion -> first || inclusion.iterate()).toList();
            for (Hit hit : follow(from, active, shown)) {
                if (included.putIfAbsent(hit.self(), hit) == null) {
                    fresh.add(hit);
                }
            }
            if (included.size() > MAX_INCLUDED) {
                throw tooMany();
            }
            if (round == MAX_ROUNDS && !fresh.isEmpty()) {
                throw new SearchTooCostlyException("The inclusions with :iterate go over more than " + MAX_ROUNDS + " references in a row. Ask for what is further away by a search of its own.");
            }
            fresh.forEach(hit -> shown.add(hit.self()));
            from = fresh;
        }
        return included.values();
    }

    static SearchTooCostlyException tooMany() {
        return new SearchTooCostlyException("The page would include more than " + MAX_INCLUDED + " resources. Ask for fewer matches on a page with _count, or for fewer inclusions.");
    }

    /** @param shown {@code self} of what the answer has already: left out by each statement itself, as what its limit cuts off must be more than may be included */
    private List<Hit> follow(List<Hit> from, List<Inclusion> active, Set<Long> shown) throws SQLException {
        List<Hit> found = new ArrayList<>();
        for (Inclusion inclusion : active) {
            if (!inclusion.reverse()) {
                found.addAll(targets(from, inclusion, shown));
            }
        }
        List<Inclusion> reversed = active.stream().filter(Inclusion::reverse).toList();
        if (!reversed.isEmpty()) {
            found.addAll(reverse.sources(from, reversed, shown, MAX_INCLUDED));
        }
        return found;
    }

    private List<Hit> targets(List<Hit> from, Inclusion inclusion, Set<Long> shown) throws SQLException {
        LongList selves = new LongList(64);
        Set<String> types = new TreeSet<>();
        Set<Canonicals.Name> named = new HashSet<>();
        Set<String> namedTypes = new TreeSet<>();
        for (Hit hit : from) {
            String type = hit.resource().key().type();
            if (inclusion.sourceType().equals("*") || inclusion.sourceType().equals(type)) {
                for (SearchParameter by : parameters(inclusion, type)) {
                    types.addAll(by.targets().isEmpty() ? context.definitions().resourceTypes() : by.targets());
                    long added = conditions.reference(type, by.code());
                    for (long ref : hit.refs()) {
                        if (!shown.contains(ref ^ added)) {
                            selves.add(ref ^ added);
                        }
                    }
                    if (canonicals.mayStandIn(by)) {
                        named.addAll(canonicals.heldBy(hit, by));
                        namedTypes.addAll(by.targets());
                    }
                }
            }
        }
        if (inclusion.targetType() != null) {
            types.retainAll(Set.of(inclusion.targetType()));
            namedTypes.retainAll(types);
        }
        List<Hit> found = new ArrayList<>();
        if (selves.size() > 0 && !types.isEmpty()) {
            found.addAll(readable(selves.toSortedSet(), types));
        }
        if (!named.isEmpty() && !namedTypes.isEmpty()) {
            found.addAll(definitions(named, namedTypes, shown));
        }
        return found;
    }

    /** What canonicals name: several versions of a definition if they ask for none. */
    private List<Hit> definitions(Set<Canonicals.Name> named, Set<String> types, Set<Long> shown) throws SQLException {
        TypePlan plan = canonicals.withUrls(named, types, run.grant(), Interaction.READ).and(besides(shown));
        return canonicals.named(atMost(MAX_INCLUDED, run.hits(plan.rows(Hit.COLUMNS_WITH_REFS, RowOrder.DEFAULT, 0, null, MAX_INCLUDED + 1), true)), named);
    }

    private List<SearchParameter> parameters(Inclusion inclusion, String type) {
        if (inclusion.by().isEmpty() || inclusion.sourceType().equals("*")) {
            return context.definitions().of(type).stream().filter(parameter -> parameter.type() == ParameterType.REFERENCE).toList();
        }
        return inclusion.by();
    }

    /** The rows among these that the grant lets be read. A hash that belongs to no resource finds nothing. */
    private List<Hit> readable(long[] selves, Set<String> types) throws SQLException {
        Sql sql = Sql.of("SELECT ").add(Hit.COLUMNS_WITH_REFS).add(" FROM store.resource r WHERE r.self = ANY(").bind(selves).add(") AND NOT r.deleted AND ")
            .add(run.grant().rows(types, Interaction.READ)).add(" ORDER BY r.rid LIMIT ").bind(MAX_INCLUDED + 1);
        return atMost(MAX_INCLUDED, run.hits(sql, true));
    }

    /** What a statement gave that was limited to one more: looked at before anything of it is left out. */
    static List<Hit> atMost(int most, List<Hit> hits) {
        if (hits.size() > most) {
            throw tooMany();
        }
        return hits;
    }

    /** A condition on the row {@code r}: it is none of these. */
    static Sql besides(Set<Long> selves) {
        return Sql.of("NOT (r.self IN (SELECT unnest(").bind(selves.stream().mapToLong(Long::longValue).toArray()).add(")))");
    }
}
