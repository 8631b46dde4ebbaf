package dev.portolan.store;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.SearchParameter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Chains and {@code _has} along references that may be canonicals. A row holds the URL that it names, and not which of the definitions with that URL: both sides have to be read for their URLs
 * and versions. Such a reference may be literal all the same, so both are followed.
 */
final class CanonicalHops {

    /** Definitions that a chain may lead to, or that a {@code _has} looks at first: the outer resources are compared with each of them. */
    private static final int MAX_DEFINITIONS = 1_000;
    private static final int MAX_NAMED = 10_000;

    private final SearchRun run;
    private final Canonicals canonicals;
    private final RowConditions conditions;

    /** @param refs what the sources' rows hold, by whatever parameter */
    record Sources(long[] refs, Set<Canonicals.Name> names) {}

    CanonicalHops(SearchRun run, RowConditions conditions) {
        this.run = run;
        this.conditions = conditions;
        this.canonicals = new Canonicals(run.context());
    }

    boolean follow(SearchParameter reference) {
        return canonicals.mayStandIn(reference);
    }

    /** @param plans of the definitions that fulfil the rest of the chain */
    HopResolver.Targets chain(SearchParameter reference, List<TypePlan> plans) throws SQLException {
        List<Hit> definitions = new ArrayList<>();
        for (TypePlan plan : plans) {
            run.matches(plan, RowOrder.DEFAULT, null, MAX_DEFINITIONS + 1, true).forEach(match -> definitions.add(match.hit()));
            if (definitions.size() > MAX_DEFINITIONS) {
                throw HopResolver.tooMany(reference.code(), MAX_DEFINITIONS);
            }
        }
        List<CriterionValue> anyOf = new ArrayList<>();
        for (Hit definition : definitions) {
            ResourceKey key = definition.resource().key();
            anyOf.add(new CriterionValue.Reference(key.type(), key.id(), null, null));
            Canonicals.Name name = canonicals.of(definition);
            if (name != null) {
                anyOf.add(new CriterionValue.Definition(name.url(), name.version()));
            }
        }
        // The row tells the URL alone: whether another version of it is named has to be read.
        boolean byUrl = anyOf.size() > definitions.size();
        return new HopResolver.Targets(refsTo(reference, definitions), null, byUrl ? new Criterion.Parameter(reference, Modifier.NONE, anyOf) : null);
    }

    private long[] refsTo(SearchParameter reference, List<Hit> definitions) {
        long by = conditions.reference(reference.resourceType(), reference.code());
        LongList refs = new LongList(8);
        for (Hit definition : definitions) {
            refs.add(definition.self() ^ by);
            Canonicals.Name name = canonicals.of(definition);
            if (name != null) {
                refs.add(canonicals.reference(reference, name.url()));
            }
        }
        return refs.toSortedSet();
    }

    /**
     * What sources name.
     *
     * @param asked {@code self} of the definitions that are asked about; null if that is not known. There may be far more sources than name these.
     */
    Sources sources(String type, SearchParameter reference, TypePlan every, long @Nullable [] asked, int most) throws SQLException {
        TypePlan plan = asked == null || asked.length > MAX_DEFINITIONS ? every : every.and(SearchPlanner.refersTo(refsTo(reference, definitions(type, asked))));
        List<SearchRun.Match> sources = run.matches(plan, RowOrder.DEFAULT, null, most + 1, true);
        if (sources.size() > most) {
            throw HopResolver.tooMany("_has:" + reference.resourceType(), most);
        }
        LongList refs = new LongList(64);
        Set<Canonicals.Name> names = new HashSet<>();
        for (SearchRun.Match source : sources) {
            LongStream.of(source.hit().refs()).forEach(refs::add);
            names.addAll(canonicals.heldBy(source.hit(), reference));
        }
        return new Sources(refs.toSortedSet(), names);
    }

    private List<Hit> definitions(String type, long[] selves) throws SQLException {
        Sql sql = Sql.of(" AND r.type = ").bind(run.context().names().type(type)).add(" AND NOT r.deleted AND ").add(run.grant().rows(List.of(type), Interaction.SEARCH));
        return run.hits(new TypePlan(type, new Driver.Selves(selves), sql, null, List.of(), null).rows(Hit.COLUMNS_WITH_REFS, RowOrder.DEFAULT, 0, null, selves.length), true);
    }

    /** {@code self} of the definitions of the type that the names are of. */
    long[] named(String type, Set<Canonicals.Name> names) throws SQLException {
        if (names.isEmpty()) {
            return new long[0];
        }
        TypePlan plan = canonicals.withUrls(names, Set.of(type), run.grant(), Interaction.SEARCH);
        List<Hit> hits = run.hits(plan.rows(Hit.COLUMNS_WITH_REFS, RowOrder.DEFAULT, 0, null, MAX_NAMED + 1), true);
        if (hits.size() > MAX_NAMED) {
            throw HopResolver.tooMany("_has", MAX_NAMED);
        }
        return canonicals.named(hits, names).stream().mapToLong(Hit::self).toArray();
    }
}
