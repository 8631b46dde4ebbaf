package dev.portolan.rest;

import dev.portolan.fhir.search.Criterion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The conditions of a search that look at other resources, through the types alone that the base has: otherwise they would tell of what is read there by no way. */
final class OfferedWays {

    private final FhirBase base;

    OfferedWays(FhirBase base) {
        this.base = base;
    }

    /** @throws FhirException if a condition can be met through other types only */
    List<Criterion> of(List<Criterion> criteria) {
        if (base.types().isEmpty() || criteria.stream().noneMatch(criterion -> criterion instanceof Criterion.Has || criterion instanceof Criterion.Chain)) {
            return criteria;
        }
        List<Criterion> offered = new ArrayList<>();
        for (Criterion criterion : criteria) {
            offered.add(of(criterion).orElseThrow(() -> new FhirException(Problem.UNSUPPORTED_PARAMETER,
                "a chain or _has goes through a type that this API does not have: its metadata names the types that it has")));
        }
        return offered;
    }

    private Optional<Criterion> of(Criterion criterion) {
        if (criterion instanceof Criterion.Has has) {
            return base.offersType(has.sourceType()) ? of(has.criterion()).map(rest -> new Criterion.Has(has.sourceType(), has.reference(), rest)) : Optional.empty();
        }
        if (criterion instanceof Criterion.Chain chain) {
            List<Criterion.Target> targets = chain.targets().stream().filter(target -> base.offersType(target.type()))
                .flatMap(target -> of(target.criterion()).map(rest -> new Criterion.Target(target.type(), rest)).stream()).toList();
            return targets.isEmpty() ? Optional.empty() : Optional.of(new Criterion.Chain(chain.reference(), targets));
        }
        return Optional.of(criterion);
    }
}
