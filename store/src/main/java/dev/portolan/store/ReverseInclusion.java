package dev.portolan.store;

import dev.portolan.fhir.search.Inclusion;
import dev.portolan.fhir.search.SearchParameter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;

/**
 * Who refers to the resources of a page. Value rows tell it at once where the parameter has them. Without them, what refers to a member's resource is looked for in that member's record and among
 * nobody's rows, not in the records of all others; but what refers to a Patient from another member's record (a dependent's Coverage to its subscriber) has value rows for that alone. What refers
 * to a shared resource by a parameter without value rows is looked for in every record that the grant reaches.
 */
final class ReverseInclusion {

    private final SearchRun run;
    private final RowConditions conditions;
    private final ValueRows valueRows;
    private final Canonicals canonicals;

    ReverseInclusion(SearchRun run, RowConditions conditions, Canonicals canonicals) {
        this.run = run;
        this.conditions = conditions;
        this.canonicals = canonicals;
        this.valueRows = new ValueRows(run.context().homes());
    }

    /**
     * What refers to one of the targets by one of the inclusions' parameters.
     *
     * @param shown {@code self} of what is not asked for
     * @throws SearchTooCostlyException if it is more than so much
     */
    List<Hit> sources(List<Hit> targets, List<Inclusion> inclusions, Set<Long> shown, int most) throws SQLException {
        Asked asked = new Asked();
        for (Inclusion inclusion : inclusions) {
            for (SearchParameter by : inclusion.by()) {
                if (run.grant().allows(by.resourceType(), Interaction.READ, Interaction.SEARCH)) {
                    asked.add(targets, by, inclusion);
                }
            }
        }
        List<Hit> found = new ArrayList<>();
        if (asked.ofMembers.size() > 0) {
            // Nobody's rows may refer to members' resources too: a group, a list.
            asked.members.add(MemberKeys.NOBODY);
            long[] records = asked.members.stream().mapToLong(Long::longValue).toArray();
            found.addAll(rows(new Driver.SomeMembers(records), asked.ofMembers, asked.types, shown, most));
        }
        if (asked.byValue.size() > 0) {
            found.addAll(rows(new Driver.Tokens(asked.byValue.toSortedSet()), asked.byValue, asked.types, shown, most));
        }
        if (asked.byScan.size() > 0) {
            found.addAll(rows(everyRecord(), asked.byScan, asked.types, shown, most));
        }
        // A row says that it names a definition's URL, but not whether it asks for another version of it.
        found.removeIf(hit -> asked.otherVersion(hit));
        return found;
    }

    private Driver everyRecord() {
        long[] members = run.grant().members();
        String panel = run.grant().panel();
        return panel != null ? new Driver.Panel(panel) : members == null ? new Driver.AllMembers()
            : new Driver.SomeMembers(LongStream.concat(LongStream.of(MemberKeys.NOBODY), LongStream.of(members)).toArray());
    }

    /** What the rows have to hold, by the way that leads to them. */
    private final class Asked {
        private final LongList ofMembers = new LongList(64);
        private final LongList byValue = new LongList(64);
        private final LongList byScan = new LongList(64);
        private final Set<Long> members = new TreeSet<>();
        private final Set<String> types = new TreeSet<>();
        private final Set<Long> literal = new HashSet<>();
        private final Map<SearchParameter, List<Canonicals.Name>> named = new HashMap<>();

        void add(List<Hit> targets, SearchParameter by, Inclusion inclusion) {
            long added = conditions.reference(by.resourceType(), by.code());
            boolean hasValueRows = valueRows.has(by);
            for (Hit target : targets) {
                String type = target.resource().key().type();
                boolean possible = by.targets().isEmpty() || by.targets().contains(type);
                if (possible && (inclusion.targetType() == null || inclusion.targetType().equals(type))) {
                    types.add(by.resourceType());
                    literal.add(target.self() ^ added);
                    add(target, target.self() ^ added, hasValueRows);
                    if (canonicals.mayStandIn(by)) {
                        addCanonical(target, by, hasValueRows);
                    }
                }
            }
        }

        private void add(Hit target, long ref, boolean hasValueRows) {
            if (hasValueRows) {
                byValue.add(ref);
            } else if (target.member() == MemberKeys.NOBODY) {
                byScan.add(ref);
            } else {
                members.add(target.member());
                ofMembers.add(ref);
                if (target.resource().key().type().equals("Patient")) {
                    byValue.add(ref);
                }
            }
        }

        private void addCanonical(Hit target, SearchParameter by, boolean hasValueRows) {
            Canonicals.Name name = canonicals.of(target);
            if (name != null) {
                named.computeIfAbsent(by, each -> new ArrayList<>()).add(name);
                add(target, canonicals.reference(by, name.url()), hasValueRows);
            }
        }

        /** True if the resource came for a definition's URL alone, and names another version. */
        private boolean otherVersion(Hit hit) {
            if (named.isEmpty() || Arrays.stream(hit.refs()).anyMatch(literal::contains)) {
                return false;
            }
            return named.entrySet().stream().filter(entry -> entry.getKey().resourceType().equals(hit.resource().key().type()))
                .noneMatch(entry -> canonicals.heldBy(hit, entry.getKey()).stream().anyMatch(name -> entry.getValue().stream().anyMatch(name::names)));
        }
    }

    private List<Hit> rows(Driver driver, LongList refs, Set<String> types, Set<Long> shown, int most) throws SQLException {
        Sql sql = Sql.of(" AND r.type = ANY(").bind(run.grant().numbers(types)).add(") AND NOT r.deleted AND ").add(SearchPlanner.refersTo(refs.toSortedSet()))
            .add(" AND ").add(run.grant().rows(types, Interaction.READ, Interaction.SEARCH)).add(" AND ").add(Inclusions.besides(shown));
        TypePlan plan = new TypePlan("", driver, sql, null, List.of(), null);
        return Inclusions.atMost(most, run.hits(plan.rows(Hit.COLUMNS_WITH_REFS, RowOrder.DEFAULT, 0, null, most + 1), true));
    }
}
