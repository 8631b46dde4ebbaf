package dev.portolan.store;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.StringNormalization;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chooses the criterion whose value rows lead to few rows: an identifier before a name, a name before a code. */
final class ValueDrivers {

    private static final int NONE = Integer.MAX_VALUE;

    private final StoreContext context;
    private final RowConditions conditions;
    private final ValueRows rows;

    ValueDrivers(StoreContext context, RowConditions conditions) {
        this.context = context;
        this.conditions = conditions;
        this.rows = new ValueRows(context.homes());
    }

    @Nullable Driver choose(String type, List<Criterion> criteria) {
        Driver best = null;
        int bestRank = NONE;
        for (Criterion criterion : criteria) {
            if (criterion instanceof Criterion.Parameter parameter && rows.has(parameter.parameter())) {
                int rank = rank(parameter);
                Driver driver = rank < bestRank ? driver(type, parameter) : null;
                if (driver != null) {
                    best = driver;
                    bestRank = rank;
                }
            }
        }
        return best;
    }

    private static int rank(Criterion.Parameter parameter) {
        if (parameter.parameter().code().equals("identifier")) {
            return 0;
        }
        return switch (parameter.parameter().type()) {
            case STRING -> parameter.modifier() == Modifier.EXACT ? 1 : 2;
            case REFERENCE -> 3;
            case URI -> 4;
            // A label may stand on everything that a source sends.
            case TOKEN -> parameter.parameter().code().equals(ValueRows.LABELS) ? 6 : 5;
            default -> NONE;
        };
    }

    private @Nullable Driver driver(String type, Criterion.Parameter criterion) {
        short parameter = context.names().parameter(criterion.parameter().code());
        if (criterion.parameter().type() == ParameterType.STRING && criterion.modifier() == Modifier.NONE) {
            return texts(type, parameter, criterion);
        }
        if (criterion.modifier() == Modifier.NOT || hasOpenCode(criterion)) {
            return null;
        }
        long[] hashes = conditions.valueHashes(type, criterion, parameter);
        return hashes == null || hashes.length == 0 ? null : new Driver.Tokens(hashes);
    }

    /** {@code system|} has no value rows. */
    private static boolean hasOpenCode(Criterion.Parameter criterion) {
        return criterion.anyOf().stream().anyMatch(value -> value instanceof CriterionValue.Token token && token.code() == null);
    }

    private @Nullable Driver texts(String type, short parameter, Criterion.Parameter criterion) {
        List<String> prefixes = new ArrayList<>();
        for (CriterionValue value : criterion.anyOf()) {
            String prefix = value instanceof CriterionValue.Text text ? IndexRow.cutToValueText(StringNormalization.normalize(text.value())) : "";
            if (prefix.isEmpty()) {
                return null;
            }
            prefixes.add(prefix);
        }
        return new Driver.Texts(context.names().type(type), parameter, prefixes);
    }
}
