package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.Criterion;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A scan's filters. SQL gives every row a number whose bits say which filters of its type may hold; what rows cannot decide, and past versions, are then judged by their content.
 */
final class ScanFilters {

    /** Bits of an int but its sign. */
    static final int MOST = 31;
    private static final int ALL = -1;

    private final StoreContext context;
    private final Map<String, List<Filter>> byType = new HashMap<>();

    /**
     * @param present as a condition on the present row; null if nothing can match
     * @param elsewhere the part of it that looks at other resources, as a condition on the present row; null if nothing can match
     */
    private record Filter(List<Criterion> criteria, @Nullable TypePlan present, @Nullable TypePlan elsewhere) {}

    private ScanFilters(StoreContext context) {
        this.context = context;
    }

    static ScanFilters of(SearchRun run, Map<String, List<List<Criterion>>> filters) throws SQLException {
        ScanFilters all = new ScanFilters(run.context());
        SearchPlanner planner = new SearchPlanner(run);
        for (Map.Entry<String, List<List<Criterion>>> ofType : filters.entrySet()) {
            if (ofType.getValue().size() > MOST) {
                throw new SearchTooCostlyException("At most " + MOST + " filters of one type are taken.");
            }
            List<Filter> planned = new ArrayList<>();
            for (List<Criterion> criteria : ofType.getValue()) {
                List<Criterion> elsewhere = criteria.stream().filter(criterion -> !SearchPlanner.isOwn(criterion)).toList();
                planned.add(new Filter(criteria, planner.plan(ofType.getKey(), criteria, null, 0), planner.plan(ofType.getKey(), elsewhere, null, 0)));
            }
            all.byType.put(ofType.getKey(), planned);
        }
        return all;
    }

    boolean isEmpty() {
        return byType.isEmpty();
    }

    boolean has(String type) {
        return byType.containsKey(type);
    }

    /** The number of a row {@code r}. */
    Sql number(long asOf) {
        if (byType.isEmpty()) {
            return Sql.of("0");
        }
        Sql sql = Sql.of("CASE r.type");
        byType.forEach((type, filters) -> {
            sql.add(" WHEN ").bind(context.names().type(type)).add(" THEN CASE WHEN r.updated > ").bind(asOf).add(" THEN 0");
            for (int i = 0; i < filters.size(); i++) {
                addBit(sql, i, filters.get(i).elsewhere(), filters.get(i).criteria().stream().allMatch(SearchPlanner::isOwn));
            }
            sql.add(" ELSE 0");
            for (int i = 0; i < filters.size(); i++) {
                addBit(sql, i, filters.get(i).present(), false);
            }
            sql.add(" END");
        });
        return sql.add(" ELSE ").bind(ALL).add(" END");
    }

    private static void addBit(Sql sql, int bit, @Nullable TypePlan plan, boolean always) {
        if (always) {
            sql.add(" + ").bind(1 << bit);
        } else if (plan != null) {
            sql.add(" + CASE WHEN ").add(plan.asCondition()).add(" THEN ").bind(1 << bit).add(" ELSE 0 END");
        }
    }

    /** A row as it is. */
    boolean present(String type, int number, StoredResource.Content content) {
        List<Filter> filters = byType.get(type);
        if (filters == null) {
            return true;
        }
        JsonDocument resource = null;
        for (int i = 0; i < filters.size(); i++) {
            if ((number & 1 << i) != 0) {
                List<Criterion> unverified = filters.get(i).present().unverified();
                if (unverified.isEmpty()) {
                    return true;
                }
                resource = resource == null ? JsonDocument.parse(content.json()) : resource;
                if (fulfils(resource, unverified)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean fulfils(JsonDocument resource, List<Criterion> criteria) {
        return criteria.stream().allMatch(criterion -> context.matcher().matches(resource, criterion));
    }

    /** A version that has no row any more. */
    boolean past(String type, int number, JsonDocument resource, Instant updated) {
        List<Filter> filters = byType.get(type);
        if (filters == null) {
            return true;
        }
        for (int i = 0; i < filters.size(); i++) {
            Filter filter = filters.get(i);
            if ((number & 1 << i) != 0 && filter.criteria().stream().allMatch(criterion -> holds(resource, updated, criterion))
                && (filter.elsewhere() == null || fulfils(resource, filter.elsewhere().unverified()))) {
                return true;
            }
        }
        return false;
    }

    private boolean holds(JsonDocument resource, Instant updated, Criterion criterion) {
        if (criterion instanceof Criterion.Ids ids) {
            return ids.anyOf().contains(resource.root().fieldText("id"));
        }
        if (criterion instanceof Criterion.LastUpdated last) {
            return last.anyOf().stream().anyMatch(date -> date.holds(updated.toEpochMilli()));
        }
        return !SearchPlanner.isOwn(criterion) || context.matcher().matches(resource, criterion);
    }
}
