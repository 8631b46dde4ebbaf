package dev.portolan.store;

import dev.portolan.fhir.search.Inclusion;
import dev.portolan.fhir.search.SearchParameter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who refers to the resources of a page. What refers to a member's resource is looked for in that member's record and among nobody's rows, not in the records of all others; what refers to a
 * shared resource, in value rows where there are any, else in every record that the grant reaches.
 */
final class ReverseInclusion {

    private final SearchRun run;
    private final StoreContext context;
    private final RowConditions conditions;

    ReverseInclusion(SearchRun run, RowConditions conditions) {
        this.run = run;
        this.context = run.context();
        this.conditions = conditions;
    }

    List<Hit> sources(List<Hit> targets, SearchParameter by, Inclusion inclusion, int most) throws SQLException {
        String source = by.resourceType();
        if (!run.grant().allows(source, Interaction.READ, Interaction.SEARCH)) {
            return List.of();
        }
        long added = conditions.reference(source, by.code());
        LongList ofMembers = new LongList(64);
        LongList ofNobody = new LongList(64);
        Set<Long> members = new TreeSet<>();
        for (Hit target : targets) {
            String type = target.resource().key().type();
            if (isAskedFor(type, by, inclusion)) {
                (target.member() == MemberKeys.NOBODY ? ofNobody : ofMembers).add(target.self() ^ added);
                members.add(target.member());
            }
        }
        boolean shared = context.homes().isShared(source);
        List<Hit> found = new ArrayList<>();
        if (ofMembers.size() > 0) {
            // Nobody's rows may refer to members' resources too: a group, a list.
            members.add(MemberKeys.NOBODY);
            found.addAll(inRecords(source, ofMembers.toSortedSet(), shared ? new long[] {MemberKeys.NOBODY} : members.stream().mapToLong(Long::longValue).toArray(), most));
        }
        if (ofNobody.size() > 0) {
            found.addAll(anywhere(source, by, ofNobody.toSortedSet(), shared, most));
        }
        return found;
    }

    private static boolean isAskedFor(String type, SearchParameter by, Inclusion inclusion) {
        boolean possible = by.targets().isEmpty() || by.targets().contains(type);
        return possible && (inclusion.targetType() == null || inclusion.targetType().equals(type));
    }

    private List<Hit> inRecords(String source, long[] refs, long[] members, int most) throws SQLException {
        long[] reached = run.grant().membersOf(source);
        long[] scope = reached == null ? members : SearchPlanner.intersection(members, reached);
        if (scope.length == 0) {
            return List.of();
        }
        Driver driver = scope.length == 1 ? new Driver.OneMember(scope[0]) : new Driver.SomeMembers(scope);
        return run.hits(plan(source, driver, refs, scope).rows(Hit.COLUMNS_WITH_REFS, RowOrder.DEFAULT, 0, null, most), true);
    }

    private List<Hit> anywhere(String source, SearchParameter by, long[] refs, boolean shared, int most) throws SQLException {
        long[] scope = shared ? new long[] {MemberKeys.NOBODY} : run.grant().membersOf(source);
        Driver driver = new ValueRows(context.homes()).has(by) ? new Driver.Tokens(refs)
            : scope == null ? new Driver.AllMembers() : new Driver.SomeMembers(scope);
        return run.hits(plan(source, driver, refs, scope).rows(Hit.COLUMNS_WITH_REFS, RowOrder.DEFAULT, 0, null, most), true);
    }

    private TypePlan plan(String source, Driver driver, long[] refs, long[] scope) {
        Sql sql = Sql.of(" AND r.type = ").bind(context.names().type(source)).add(" AND NOT r.deleted AND ").add(SearchPlanner.refersTo(refs))
            .add(" AND ").add(run.grant().content(source));
        return new TypePlan(source, driver, sql, scope, List.of());
    }
}
