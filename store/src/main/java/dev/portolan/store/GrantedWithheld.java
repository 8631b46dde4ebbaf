package dev.portolan.store;

import dev.portolan.fhir.search.SearchQuery;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Of a search that every row decides by itself, the labelled rows among its matches; of one that passes through other rows, which may be labelled too, the difference between its matches
 * without the labels and with them. A grant without labels costs nothing.
 */
final class GrantedWithheld implements Withheld {

    private final Grant grant;
    private final StoreContext context;
    private final StoreParts parts;

    GrantedWithheld(Grant grant, StoreContext context, StoreParts parts) {
        this.grant = grant;
        this.context = context;
        this.parts = parts;
    }

    @Override
    public long ofSearch(SearchRequest request) {
        SearchQuery query = request.query();
        return count(connection -> isByRow(query) ? labelled(connection, query.types().get(0), query)
            : total(connection, grant.withoutLabels(), query) - total(connection, grant, query));
    }

    /** True if every row decides by itself whether it is a match. */
    static boolean isByRow(SearchQuery query) {
        return query.types().size() == 1 && query.criteria().stream().allMatch(SearchPlanner::isOwn);
    }

    private long labelled(Connection connection, String type, SearchQuery query) throws SQLException {
        SearchRun run = new SearchRun(context, connection, GrantPredicate.of(grant.withoutLabels(), context, connection), new Deadline(context.settings().searchTimeout()));
        TypePlan plan = new SearchPlanner(run).plan(type, query.criteria(), null, 0);
        GrantPredicate given = GrantPredicate.of(grant, context, connection);
        // Where nobody's row has a label, none is looked at.
        return plan == null ? 0 : run.count(plan.and(given.holdsAny(type, plan.scope()).add(" AND ").add(given.held(type))));
    }

    private long total(Connection connection, Grant counted, SearchQuery query) throws SQLException {
        return parts.searches().search(connection, counted, new SearchRequest(query, null, 0)).total().orElseThrow();
    }

    @Override
    public boolean holds(ResourceKey key) {
        if (!grant.allows(key.type(), Interaction.READ)) {
            return false;
        }
        return count(connection -> {
            if (key.type().equals("Patient") && !GrantPredicate.of(grant, context, connection).reachesPatient(key.id())) {
                return 0;
            }
            boolean given = parts.reads().read(connection, GrantPredicate.of(grant, context, connection), key) instanceof ReadResult.Found;
            boolean there = parts.reads().read(connection, GrantPredicate.of(grant.withoutLabels(), context, connection), key) instanceof ReadResult.Found;
            return there && !given ? 1 : 0;
        }) > 0;
    }

    @Override
    public long ofRecord(String patientId) {
        return count(connection -> {
            GrantPredicate given = GrantPredicate.of(grant, context, connection);
            GrantPredicate there = GrantPredicate.of(grant.withoutLabels(), context, connection);
            Long member = context.members().find(connection, Set.of(patientId)).get(patientId);
            if (member == null || !there.reachesMember("Patient", member)) {
                return 0;
            }
            // By the labels' value rows, which lead to what is labelled alone: a record may have thousands of rows without any.
            List<String> types = List.copyOf(new TreeSet<>(context.names().typeNames()));
            GrantPredicate.Labels labels = given.withheld(types);
            Sql sql = Sql.of("SELECT count(DISTINCT r.rid) FROM unnest(").bind(labels.types()).add(", ").bind(labels.hashes())
                .add(") AS l (type, hash) JOIN store.value_token v ON v.hash = l.hash AND v.member = ").bind(member)
                .add(" JOIN store.resource r ON r.member = v.member AND r.type = l.type AND r.rid = v.rid WHERE NOT r.deleted AND ").add(there.record());
            try (PreparedStatement select = sql.prepare(connection, (int) context.settings().searchTimeout().toSeconds()); ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        });
    }

    private interface Counting {
        long run(Connection connection) throws SQLException;
    }

    private long count(Counting counting) {
        if (grant.withheldLabels().isEmpty()) {
            return 0;
        }
        try (Connection connection = context.dataSource().getConnection()) {
            return counting.run(connection);
        } catch (SQLException e) {
            throw new StoreFailureException("The database could not count what is held back.", e);
        }
    }
}
