package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.SearchParameter;
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
    /** Resources that a {@code _has} may find, whatever the number of those that refer to them. */
    private static final int MAX_REFERRED = 50_000;
    /** Referring resources that may be read. */
    private static final int MAX_SOURCES = 50_000;
    private static final int MAX_DEPTH = 6;

    private final SearchRun run;
    private final SearchPlanner planner;
    private final RowConditions conditions;
    private final CanonicalHops canonical;

    /**
     * @param refs what the outer rows' {@code refs} must hold
     * @param members Patients' own, if all targets are Patients; null otherwise: what refers to a member's device, say, is not by that in the member's record
     * @param unverified what the outer resources must say besides; null if their rows decide
     */
    record Targets(long[] refs, long @Nullable [] members, Criterion.@Nullable Parameter unverified) {}

    HopResolver(SearchRun run, SearchPlanner planner, RowConditions conditions) {
        this.run = run;
        this.planner = planner;
        this.conditions = conditions;
        this.canonical = new CanonicalHops(run, conditions);
    }

    private static void checkDepth(int depth) {
        if (depth > MAX_DEPTH) {
            throw new SearchTooCostlyException("A chain may have at most " + MAX_DEPTH + " steps.");
        }
    }

    /** @param within members to whose records the targets are known to belong if they are Patients; null if that is not known */
    Targets chain(String type, Criterion.Chain chain, long @Nullable [] within, int depth) throws SQLException {
        checkDepth(depth);
        List<TypePlan> plans = new ArrayList<>();
        for (Criterion.Target target : chain.targets()) {
            TypePlan plan = run.grant().allows(target.type(), Interaction.READ, Interaction.SEARCH)
                ? planner.plan(target.type(), List.of(target.criterion()), target.type().equals("Patient") ? within : null, depth) : null;
            if (plan != null) {
                plans.add(plan);
            }
        }
        return canonical.follow(chain.reference()) ? canonical.chain(chain.reference(), plans) : literal(type, chain.reference(), plans);
    }

    private Targets literal(String type, SearchParameter reference, List<TypePlan> plans) throws SQLException {
        long by = conditions.reference(type, reference.code());
        LongStream.Builder refs = LongStream.builder();
        Set<Long> members = new TreeSet<>();
        int[] count = new int[1];
        for (TypePlan plan : plans) {
            each(plan, MAX_TARGETS, (self, member) -> {
                refs.add(self ^ by);
                members.add(plan.type().equals("Patient") ? member : MemberKeys.NOBODY);
                if (++count[0] > MAX_TARGETS) {
                    throw tooMany(reference.code(), MAX_TARGETS);
                }
            });
        }
        return new Targets(refs.build().toArray(), members.contains(MemberKeys.NOBODY) ? null : members.stream().mapToLong(Long::longValue).toArray(), null);
    }

    /**
     * {@code self} of the resources of the type that a source refers to.
     *
     * @param within members to whose records the sources are known to belong; null if that is not known
     * @param asked {@code self} of the resources that are asked about; null if that is not known. There may be far more sources than are asked about.
     */
    long[] has(String type, Criterion.Has has, long @Nullable [] within, long @Nullable [] asked, int depth) throws SQLException {
        checkDepth(depth);
        if (!run.grant().allows(has.sourceType(), Interaction.READ, Interaction.SEARCH)) {
            return new long[0];
        }
        TypePlan every = planner.plan(has.sourceType(), List.of(has.criterion()), within, depth);
        if (every == null) {
            return new long[0];
        }
        long[] selves = canonical.follow(has.reference()) ? referredToByUrl(type, has, every, asked) : referredTo(type, has, every, asked);
        if (selves.length > MAX_REFERRED) {
            throw tooMany("_has:" + has.sourceType(), MAX_REFERRED);
        }
        return selves;
    }

    private long[] referredTo(String type, Criterion.Has has, TypePlan every, long @Nullable [] asked) throws SQLException {
        long by = conditions.reference(has.sourceType(), has.reference().code());
        TypePlan plan = asked == null ? every : every.and(SearchPlanner.refersTo(LongStream.of(asked).map(self -> self ^ by).toArray()));
        // However many sources there are: they may all refer to the same few resources, so the database makes of them what is bounded.
        Sql refs = plan.exact() ? plan.references() : Sql.of("SELECT ref FROM unnest(").bind(refsOfRead(plan)).add(") AS ref");
        return referredTo(type, refs, by);
    }

    private long[] referredToByUrl(String type, Criterion.Has has, TypePlan every, long @Nullable [] asked) throws SQLException {
        CanonicalHops.Sources sources = canonical.sources(type, has.reference(), every, asked, MAX_SOURCES);
        long[] literal = referredTo(type, Sql.of("SELECT ref FROM unnest(").bind(sources.refs()).add(") AS ref"), conditions.reference(has.sourceType(), has.reference().code()));
        return LongStream.concat(LongStream.of(literal), LongStream.of(canonical.named(type, sources.names()))).sorted().distinct().toArray();
    }

    /** Of hashes in rows those that a reference by the parameter to a resource of the type has. A row's references by other parameters are of no resource: they are left out, and count for nothing. */
    private long[] referredTo(String type, Sql refs, long by) throws SQLException {
        LongList selves = new LongList(64);
        Sql sql = Sql.of("SELECT t.self FROM (SELECT DISTINCT s.ref # ").bind(by).add(" AS self FROM (").add(refs)
            .add(") s) d CROSS JOIN LATERAL (SELECT t.self FROM store.resource t WHERE t.self = d.self AND t.type = ").bind(run.context().names().type(type))
            .add(" AND NOT t.deleted LIMIT 1) t LIMIT ").bind(MAX_REFERRED + 1);
        run.query(sql, row -> selves.add(row.getLong(1)));
        return selves.toSortedSet();
    }

    /** What sources that have to be read refer to: they are bounded themselves. */
    private long[] refsOfRead(TypePlan plan) throws SQLException {
        List<SearchRun.Match> sources = run.matches(plan, RowOrder.DEFAULT, null, MAX_SOURCES + 1, true);
        if (sources.size() > MAX_SOURCES) {
            throw tooMany("_has:" + plan.type(), MAX_SOURCES);
        }
        LongList refs = new LongList(64);
        for (SearchRun.Match source : sources) {
            for (long ref : source.hit().refs()) {
                refs.add(ref);
            }
        }
        return refs.toSortedSet();
    }

    private interface TargetReader {
        void read(long self, long member);
    }

    private void each(TypePlan plan, int most, TargetReader reader) throws SQLException {
        if (plan.exact()) {
            run.query(plan.rows("r.self, r.member", RowOrder.DEFAULT, 0, null, most + 1),
                row -> reader.read(row.getLong(1), row.getLong(2)));
        } else {
            run.matches(plan, RowOrder.DEFAULT, null, most + 1, true).forEach(match -> reader.read(match.hit().self(), match.hit().member()));
        }
    }

    static SearchTooCostlyException tooMany(String step, int most) {
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
