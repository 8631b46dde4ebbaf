package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.Criterion;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Answers the inner question of a chain, a {@code _has} or a {@code _list} first, under the same grant and in the same snapshot: the outer search then asks for hashes. A type that the grant
 * does not let be both read and searched has no rows here.
 */
final class HopResolver {

    /** Resources that a chain may pass through. */
    private static final int MAX_TARGETS = 10_000;
    private static final int MAX_SOURCES = 50_000;
    private static final int MAX_DEPTH = 6;

    private final SearchRun run;
    private final SearchPlanner planner;
    private final RowConditions conditions;

    /**
     * @param refs what the outer rows' {@code refs} must hold
     * @param members whose records the targets are; null if one of them is nobody's
     */
    record Targets(long[] refs, long @Nullable [] members) {}

    HopResolver(SearchRun run, SearchPlanner planner, RowConditions conditions) {
        this.run = run;
        this.planner = planner;
        this.conditions = conditions;
    }

    private static void checkDepth(int depth) {
        if (depth > MAX_DEPTH) {
            throw new SearchTooCostlyException("A chain may have at most " + MAX_DEPTH + " steps.");
        }
    }

    /** @param within members to whose records the targets are known to belong if they are Patients; null if that is not known */
    Targets chain(String type, Criterion.Chain chain, long @Nullable [] within, int depth) throws SQLException {
        checkDepth(depth);
        long by = conditions.reference(type, chain.reference().code());
        LongStream.Builder refs = LongStream.builder();
        Set<Long> members = new TreeSet<>();
        int[] count = new int[1];
        for (Criterion.Target target : chain.targets()) {
            if (!run.grant().allows(target.type(), Interaction.READ, Interaction.SEARCH)) {
                continue;
            }
            TypePlan plan = planner.plan(target.type(), List.of(target.criterion()), target.type().equals("Patient") ? within : null, depth);
            if (plan == null) {
                continue;
            }
            each(plan, MAX_TARGETS, (self, member, unused) -> {
                refs.add(self ^ by);
                members.add(member);
                if (++count[0] > MAX_TARGETS) {
                    throw tooMany(chain.reference().code(), MAX_TARGETS);
                }
            });
        }
        return new Targets(refs.build().toArray(), members.contains(MemberKeys.NOBODY) ? null : members.stream().mapToLong(Long::longValue).toArray());
    }

    /** {@code self} of the resources that a source refers to; hashes among them that are none's self do no harm. */
    long[] has(Criterion.Has has, long @Nullable [] within, int depth) throws SQLException {
        checkDepth(depth);
        if (!run.grant().allows(has.sourceType(), Interaction.READ, Interaction.SEARCH)) {
            return new long[0];
        }
        TypePlan plan = planner.plan(has.sourceType(), List.of(has.criterion()), within, depth);
        if (plan == null) {
            return new long[0];
        }
        long by = conditions.reference(has.sourceType(), has.reference().code());
        Set<Long> selves = new TreeSet<>();
        each(plan, MAX_SOURCES, (self, member, refs) -> {
            for (long ref : refs) {
                selves.add(ref ^ by);
            }
            if (selves.size() > MAX_SOURCES) {
                throw tooMany("_has:" + has.sourceType(), MAX_SOURCES);
            }
        });
        return selves.stream().mapToLong(Long::longValue).toArray();
    }

    private interface TargetReader {
        void read(long self, long member, long[] refs);
    }

    private void each(TypePlan plan, int most, TargetReader reader) throws SQLException {
        if (plan.exact()) {
            run.query(plan.rows("r.self, r.member, r.refs", RowOrder.DEFAULT, 0, null, most + 1),
                row -> reader.read(row.getLong(1), row.getLong(2), Hit.longs(row, 3)));
        } else {
            run.matches(plan, RowOrder.DEFAULT, null, most + 1, true).forEach(match -> reader.read(match.hit().self(), match.hit().member(), match.hit().refs()));
        }
    }

    private static SearchTooCostlyException tooMany(String step, int most) {
        return new SearchTooCostlyException("More than " + most + " resources fulfil the part of the search behind '" + step + "'. Narrow that part, or name a patient.");
    }

    /** What the current entries of lists name (R4 search, section 3.1.1.5.11): entries marked as deleted are not current. */
    long[] inList(Criterion.InList lists) throws SQLException {
        if (!run.grant().allows("List", Interaction.READ, Interaction.SEARCH)) {
            return new long[0];
        }
        TypePlan plan = planner.plan("List", List.of(new Criterion.Ids(Set.copyOf(lists.listIds()))), null, 1);
        if (plan == null) {
            return new long[0];
        }
        List<Long> selves = new ArrayList<>();
        for (SearchRun.Match list : run.matches(plan, RowOrder.DEFAULT, null, lists.listIds().size(), false)) {
            for (JsonValue entry : JsonDocument.parse(list.hit().resource().content().json()).root().each("entry")) {
                addItem(entry, selves);
            }
        }
        return selves.stream().mapToLong(Long::longValue).toArray();
    }

    private void addItem(JsonValue entry, List<Long> selves) {
        JsonValue deleted = entry.field("deleted");
        JsonValue item = entry.field("item");
        String reference = item == null ? null : item.fieldText("reference");
        if (reference == null || deleted != null && deleted.text().equals("true")) {
            return;
        }
        String[] parts = run.context().settings().local(reference).split("/");
        if (parts.length >= 2 && run.context().names().isType(parts[0])) {
            selves.add(conditions.self(parts[0], parts[1]));
        }
    }
}
