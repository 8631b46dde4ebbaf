package dev.portolan.store;

import dev.portolan.fhir.search.Inclusion;
import dev.portolan.fhir.search.SearchParameter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;

/**
 * Who refers to the resources of a page. What refers to a member's resource is looked for in that member's record and among nobody's rows, not in the records of all others; what refers to a
 * shared resource, in value rows where there are any, else in every record that the grant reaches.
 */
final class ReverseInclusion {

    private final SearchRun run;
    private final RowConditions conditions;
    private final ValueRows valueRows;

    ReverseInclusion(SearchRun run, RowConditions conditions) {
        this.run = run;
        this.conditions = conditions;
        this.valueRows = new ValueRows(run.context().homes());
    }

    /** What refers to one of the targets by one of the inclusions' parameters. */
    List<Hit> sources(List<Hit> targets, List<Inclusion> inclusions, int most) throws SQLException {
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
            found.addAll(rows(new Driver.SomeMembers(records), asked.ofMembers, asked.types, most));
        }
        if (asked.byValue.size() > 0) {
            found.addAll(rows(new Driver.Tokens(asked.byValue.toSortedSet()), asked.byValue, asked.types, most));
        }
        if (asked.byScan.size() > 0) {
            found.addAll(rows(everyRecord(), asked.byScan, asked.types, most));
        }
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

        void add(List<Hit> targets, SearchParameter by, Inclusion inclusion) {
            long added = conditions.reference(by.resourceType(), by.code());
            boolean hasValueRows = valueRows.has(by);
            for (Hit target : targets) {
                String type = target.resource().key().type();
                boolean possible = by.targets().isEmpty() || by.targets().contains(type);
                if (possible && (inclusion.targetType() == null || inclusion.targetType().equals(type))) {
                    types.add(by.resourceType());
                    members.add(target.member());
                    (target.member() != MemberKeys.NOBODY ? ofMembers : hasValueRows ? byValue : byScan).add(target.self() ^ added);
                }
            }
        }
    }

    private List<Hit> rows(Driver driver, LongList refs, Set<String> types, int most) throws SQLException {
        Sql sql = Sql.of(" AND r.type = ANY(").bind(run.grant().numbers(types)).add(") AND NOT r.deleted AND ").add(SearchPlanner.refersTo(refs.toSortedSet()))
            .add(" AND ").add(run.grant().rows(types, Interaction.READ, Interaction.SEARCH));
        TypePlan plan = new TypePlan("", driver, sql, null, List.of());
        return run.hits(plan.rows(Hit.COLUMNS_WITH_REFS, RowOrder.DEFAULT, 0, null, most), true);
    }
}
