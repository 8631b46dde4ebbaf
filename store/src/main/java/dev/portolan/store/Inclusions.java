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
    private static final int MAX_ROUNDS = 5;

    private final SearchRun run;
    private final StoreContext context;
    private final RowConditions conditions;
    private final ReverseInclusion reverse;

    Inclusions(SearchRun run) {
        this.run = run;
        this.context = run.context();
        this.conditions = new RowConditions(context);
        this.reverse = new ReverseInclusion(run, conditions);
    }

    /** What the inclusions add to a page, each resource once and none that the page has. */
    Collection<Hit> of(List<Hit> page, List<Inclusion> inclusions) throws SQLException {
        Map<Long, Hit> included = new LinkedHashMap<>();
        Set<Long> shown = new HashSet<>();
        page.forEach(hit -> shown.add(hit.self()));
        List<Hit> from = page;
        for (int round = 0; round < MAX_ROUNDS && !from.isEmpty(); round++) {
            List<Hit> fresh = new ArrayList<>();
            boolean first = round == 0;
            List<Inclusion> active = inclusions.stream().filter(inclusion -> first || inclusion.iterate()).toList();
            for (Hit hit : follow(from, active)) {
                if (!shown.contains(hit.self()) && included.putIfAbsent(hit.self(), hit) == null) {
                    fresh.add(hit);
                }
            }
            if (included.size() > MAX_INCLUDED) {
                throw tooMany();
            }
            from = fresh;
        }
        return included.values();
    }

    static SearchTooCostlyException tooMany() {
        return new SearchTooCostlyException("The page would include more than " + MAX_INCLUDED + " resources. Ask for fewer matches on a page with _count, or for fewer inclusions.");
    }

    private List<Hit> follow(List<Hit> from, List<Inclusion> active) throws SQLException {
        List<Hit> found = new ArrayList<>();
        for (Inclusion inclusion : active) {
            if (!inclusion.reverse()) {
                found.addAll(targets(from, inclusion));
            }
        }
        List<Inclusion> reversed = active.stream().filter(Inclusion::reverse).toList();
        if (!reversed.isEmpty()) {
            found.addAll(reverse.sources(from, reversed, MAX_INCLUDED + 1));
        }
        return found;
    }

    private List<Hit> targets(List<Hit> from, Inclusion inclusion) throws SQLException {
        LongList selves = new LongList(64);
        Set<String> types = new TreeSet<>();
        for (Hit hit : from) {
            String type = hit.resource().key().type();
            if (inclusion.sourceType().equals("*") || inclusion.sourceType().equals(type)) {
                for (SearchParameter by : parameters(inclusion, type)) {
                    types.addAll(by.targets().isEmpty() ? context.definitions().resourceTypes() : by.targets());
                    long added = conditions.reference(type, by.code());
                    for (long ref : hit.refs()) {
                        selves.add(ref ^ added);
                    }
                }
            }
        }
        if (inclusion.targetType() != null) {
            types.retainAll(Set.of(inclusion.targetType()));
        }
        return selves.size() == 0 || types.isEmpty() ? List.of() : readable(selves.toSortedSet(), types);
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
        return run.hits(sql, true);
    }
}
