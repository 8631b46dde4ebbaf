package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.Criterion;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One search under way: its connection, its grant, its time. */
record SearchRun(StoreContext context, Connection connection, GrantPredicate grant, Deadline deadline) {

    /** Rows that one search may look into for what the rows themselves cannot decide. */
    static final int MAX_EXAMINED = 100_000;
    private static final int FIRST_BATCH = 100;
    private static final int LARGEST_BATCH = 2_000;
    private static final String QUERY_CANCELED = "57014";

    interface RowReader {
        void read(ResultSet row) throws SQLException;
    }

    /** A match and where it stands, so that the search can go on after it. */
    record Match(Hit hit, RowOrder.Place place) {}

    void query(Sql sql, RowReader reader) throws SQLException {
        try (PreparedStatement statement = sql.prepare(connection, deadline.remainingSeconds());
            ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                reader.read(rows);
            }
        } catch (SQLException e) {
            if (QUERY_CANCELED.equals(e.getSQLState())) {
                throw deadline.passed();
            }
            throw e;
        }
    }

    List<Hit> hits(Sql sql, boolean withRefs) throws SQLException {
        List<Hit> hits = new ArrayList<>();
        query(sql, row -> hits.add(Hit.read(row, withRefs, this)));
        return hits;
    }

    /** The next matches after a place, in order; fewer than wanted only if there are no more. */
    List<Match> matches(TypePlan plan, RowOrder order, RowOrder.@Nullable Place after, int wanted, boolean withRefs) throws SQLException {
        return matches(plan, order, after, wanted, withRefs, row -> {});
    }

    /** @param also looks at each row too, where the plan is exact */
    List<Match> matches(TypePlan plan, RowOrder order, RowOrder.@Nullable Place after, int wanted, boolean withRefs, RowReader also) throws SQLException {
        List<Match> found = new ArrayList<>(Math.min(wanted, 1_000));
        for (int segment = after == null ? 0 : after.segment(); segment < order.segments() && found.size() < wanted; segment++) {
            RowOrder.Place from = after != null && after.segment() == segment ? after : null;
            if (plan.exact()) {
                int turn = segment;
                Sql sql = plan.rows(withRefs ? Hit.COLUMNS_WITH_REFS : Hit.COLUMNS, order, segment, from, wanted - found.size());
                query(sql, row -> {
                    Hit hit = Hit.read(row, withRefs, this);
                    found.add(new Match(hit, order.placeOf(hit, turn)));
                    also.read(row);
                });
            } else {
                verified(plan, order, segment, from, wanted, withRefs, found);
            }
        }
        return found;
    }

    private void verified(TypePlan plan, RowOrder order, int segment, RowOrder.@Nullable Place from, int wanted, boolean withRefs, List<Match> found) throws SQLException {
        RowOrder.Place place = from;
        int batch = FIRST_BATCH;
        int examined = 0;
        while (found.size() < wanted) {
            List<Hit> rows = hits(plan.rows(withRefs ? Hit.COLUMNS_WITH_REFS : Hit.COLUMNS, order, segment, place, batch), withRefs);
            for (Hit hit : rows) {
                place = order.placeOf(hit, segment);
                if (found.size() < wanted && fulfils(hit, plan.unverified())) {
                    found.add(new Match(hit, place));
                }
            }
            examined += rows.size();
            if (rows.size() < batch) {
                return;
            }
            if (examined > MAX_EXAMINED && found.size() < wanted) {
                throw new SearchTooCostlyException("The search would have to read more than " + MAX_EXAMINED + " resources. Narrow it: name a patient, or add a code or a date.");
            }
            batch = Math.min(batch * 2, LARGEST_BATCH);
        }
    }

    private boolean fulfils(Hit hit, List<Criterion> criteria) {
        JsonDocument resource = JsonDocument.parse(hit.resource().content().json());
        return criteria.stream().allMatch(criterion -> context.matcher().matches(resource, criterion));
    }

    long count(TypePlan plan) throws SQLException {
        if (!plan.exact()) {
            return matches(plan, RowOrder.DEFAULT, null, Integer.MAX_VALUE, false).size();
        }
        long[] count = new long[1];
        query(plan.count(), row -> count[0] = row.getLong(1));
        return count[0];
    }
}
