package dev.portolan.store;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.StringNormalization;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Turns criteria that one row decides into conditions on that row. Chains and the like are resolved before, see {@link HopResolver}. */
final class RowConditions {

    private final StoreContext context;

    RowConditions(StoreContext context) {
        this.context = context;
    }

    /** @param type the row's type: a parameter of {@code Resource} stands for that of each type */
    RowCondition of(String type, Criterion criterion) {
        if (criterion instanceof Criterion.Parameter parameter) {
            return parameter(type, parameter);
        } else if (criterion instanceof Criterion.Ids ids) {
            return RowCondition.exactly(Sql.of("r.self = ANY(").bind(selves(type, ids.anyOf())).add(")"));
        } else if (criterion instanceof Criterion.LastUpdated updated) {
            return RowCondition.exactly(DateRange.anyOf("r.updated", "r.updated", updated.anyOf()));
        } else if (criterion instanceof Criterion.InCompartment compartment) {
            return RowCondition.exactly(inCompartment(type, compartment));
        } else if (criterion instanceof Criterion.FullText) {
            return RowCondition.atMost(Sql.of("true"));
        }
        throw new IllegalArgumentException("not a question about one row: " + criterion.getClass().getSimpleName());
    }

    long self(String type, String id) {
        return context.hash().self(context.names().type(type), id);
    }

    /** What a reference by this parameter adds to its target's {@code self}. */
    long reference(String sourceType, String parameterCode) {
        return context.hash().reference(context.names().type(sourceType), context.names().parameter(parameterCode));
    }

    long[] selves(String type, Set<String> ids) {
        return ids.stream().mapToLong(id -> self(type, id)).toArray();
    }

    private Sql inCompartment(String type, Criterion.InCompartment compartment) {
        long owner = self(compartment.ownerType(), compartment.ownerId());
        long[] refs = compartment.by(type).stream().mapToLong(by -> owner ^ reference(type, by.code())).toArray();
        Sql sql = Sql.of("(r.refs && ").bind(refs);
        if (type.equals(compartment.ownerType())) {
            sql.add(" OR r.self = ").bind(owner);
        }
        return sql.add(")");
    }

    private RowCondition parameter(String type, Criterion.Parameter criterion) {
        Short number = context.names().findParameter(criterion.parameter().code());
        if (number == null) {
            return RowCondition.atMost(Sql.of("true"));
        }
        Modifier modifier = criterion.modifier();
        if (modifier == Modifier.MISSING) {
            return missing(criterion, number);
        }
        if (modifier == Modifier.NOT_IN) {
            return RowCondition.atMost(Sql.of("true"));
        }
        RowCondition decided = switch (criterion.parameter().type()) {
            case TOKEN -> tokens(type, criterion, number);
            case STRING -> strings(type, criterion, number);
            case REFERENCE -> references(type, criterion, number);
            case URI -> inTokens(uriHashes(type, criterion, number));
            case DATE -> dates(type, criterion, number);
            case NUMBER, QUANTITY, COMPOSITE, SPECIAL -> null;
        };
        if (decided != null) {
            return decided;
        }
        return RowCondition.atMost(modifier == Modifier.NOT ? Sql.of("true") : present(number));
    }

    private static Sql present(short parameter) {
        return Sql.of("").bind(parameter).add(" = ANY(r.parameters)");
    }

    private static RowCondition missing(Criterion.Parameter criterion, short number) {
        Set<Boolean> asked = new LinkedHashSet<>();
        for (CriterionValue value : criterion.anyOf()) {
            asked.add(((CriterionValue.Missing) value).missing());
        }
        if (asked.size() > 1) {
            return RowCondition.exactly(Sql.of("true"));
        }
        return RowCondition.exactly(asked.contains(true) ? Sql.of("NOT (").add(present(number)).add(")") : present(number));
    }

    /** The hashes of every value asked for, or null if one has none. */
    private static <V extends CriterionValue> long @Nullable [] hashes(List<CriterionValue> values, Class<V> as, Function<V, @Nullable Long> hash) {
        long[] hashes = new long[values.size()];
        for (int i = 0; i < hashes.length; i++) {
            Long one = as.isInstance(values.get(i)) ? hash.apply(as.cast(values.get(i))) : null;
            if (one == null) {
                return null;
            }
            hashes[i] = one;
        }
        return hashes;
    }

    private static Sql holdsAny(String column, long[] hashes) {
        return hashes.length == 1
            ? Sql.of("").bind(hashes[0]).add(" = ANY(").add(column).add(")")
            : Sql.of(column).add(" && ").bind(hashes);
    }

    private @Nullable RowCondition tokens(String type, Criterion.Parameter criterion, short parameter) {
        long[] hashes = tokenHashes(type, criterion, parameter);
        if (hashes == null) {
            return null;
        }
        Sql holds = holdsAny("r.tokens", hashes);
        return RowCondition.exactly(criterion.modifier() == Modifier.NOT ? Sql.of("NOT (").add(holds).add(")") : holds);
    }

    /** The hashes of which the row, and where the parameter has them its value rows, must hold at least one; null if hashes cannot tell. */
    long @Nullable [] valueHashes(String type, Criterion.Parameter criterion, short parameter) {
        return switch (criterion.parameter().type()) {
            case TOKEN -> tokenHashes(type, criterion, parameter);
            case URI -> uriHashes(type, criterion, parameter);
            case STRING -> exactHashes(type, criterion, parameter);
            case REFERENCE -> criterion.modifier() == Modifier.IDENTIFIER ? identifierHashes(type, criterion, parameter) : referenceHashes(type, criterion, parameter);
            default -> null;
        };
    }

    private long @Nullable [] tokenHashes(String type, Criterion.Parameter criterion, short parameter) {
        short number = context.names().type(type);
        ValueHash hash = context.hash();
        return switch (criterion.modifier()) {
            case NONE, NOT -> hashes(criterion.anyOf(), CriterionValue.Token.class, token -> {
                if (token.code() == null) {
                    return token.system() == null || token.system().isEmpty() ? null : hash.tokenAnyCode(number, parameter, token.system());
                }
                return token.system() == null ? hash.tokenAnySystem(number, parameter, token.code()) : hash.token(number, parameter, token.system(), token.code());
            });
            case OF_TYPE -> hashes(criterion.anyOf(), CriterionValue.OfType.class, it -> hash.ofType(number, parameter, it.typeSystem(), it.typeCode(), it.value()));
            default -> null;
        };
    }

    private long @Nullable [] identifierHashes(String type, Criterion.Parameter criterion, short parameter) {
        short number = context.names().type(type);
        ValueHash hash = context.hash();
        return hashes(criterion.anyOf(), CriterionValue.Token.class, token -> {
            if (token.code() == null) {
                return token.system() == null || token.system().isEmpty() ? null : hash.identifierAnyCode(number, parameter, token.system());
            }
            return token.system() == null ? hash.identifierAnySystem(number, parameter, token.code()) : hash.identifier(number, parameter, token.system(), token.code());
        });
    }

    private long @Nullable [] uriHashes(String type, Criterion.Parameter criterion, short parameter) {
        short number = context.names().type(type);
        return criterion.modifier() != Modifier.NONE ? null : hashes(criterion.anyOf(), CriterionValue.Uri.class, uri -> context.hash().uri(number, parameter, uri.value()));
    }

    private long @Nullable [] exactHashes(String type, Criterion.Parameter criterion, short parameter) {
        short number = context.names().type(type);
        return criterion.modifier() != Modifier.EXACT ? null
            : hashes(criterion.anyOf(), CriterionValue.Text.class, text -> context.hash().exactString(number, parameter, text.value()));
    }

    private static @Nullable RowCondition inTokens(long @Nullable [] hashes) {
        return hashes == null ? null : RowCondition.exactly(holdsAny("r.tokens", hashes));
    }

    private @Nullable RowCondition strings(String type, Criterion.Parameter criterion, short parameter) {
        if (criterion.modifier() == Modifier.EXACT) {
            return inTokens(exactHashes(type, criterion, parameter));
        }
        if (criterion.modifier() != Modifier.NONE && criterion.modifier() != Modifier.CONTAINS) {
            return null;
        }
        String test = criterion.modifier() == Modifier.NONE ? "starts_with(t.value, " : "0 < strpos(t.value, ";
        Sql sql = Sql.of("EXISTS (SELECT FROM unnest(r.text_parameters, r.texts) AS t(parameter, value) WHERE t.parameter = ").bind(parameter).add(" AND (");
        String or = "";
        for (CriterionValue value : criterion.anyOf()) {
            if (!(value instanceof CriterionValue.Text text)) {
                return null;
            }
            sql.add(or).add(test).bind(StringNormalization.normalize(text.value())).add(")");
            or = " OR ";
        }
        return RowCondition.exactly(sql.add("))"));
    }

    private @Nullable RowCondition dates(String type, Criterion.Parameter criterion, short parameter) {
        if (criterion.modifier() != Modifier.NONE) {
            return null;
        }
        List<CriterionValue.Date> values = new ArrayList<>();
        for (CriterionValue value : criterion.anyOf()) {
            if (!(value instanceof CriterionValue.Date date)) {
                return null;
            }
            values.add(date);
        }
        long key = IndexRow.dateKey(parameter);
        Sql others = Sql.of("EXISTS (SELECT FROM generate_series(1, cardinality(r.dates), 3) AS i WHERE r.dates[i] = ").bind(key).add(" AND ")
            .add(DateRange.anyOf("r.dates[i + 1]", "r.dates[i + 2]", values)).add(")");
        if (!isMainDate(type, criterion.parameter())) {
            return RowCondition.exactly(others);
        }
        Sql sql = new Sql();
        Long start = DateRange.earliestEnd(values);
        if (start != null) {
            // Date_high is the latest end of all values: a comparison of one number, made before arrays are looked into, leaves out what ended before.
            sql.add("r.date_high >= ").bind(start).add(" AND ");
        }
        // A main date with several values stands in the triples too, and only they can tell.
        return RowCondition.exactly(sql.add("CASE WHEN ").bind(key).add(" = ANY(r.dates) THEN ").add(others)
            .add(" ELSE r.date_low > ").bind(IndexRow.NO_DATE).add(" AND ").add(DateRange.anyOf("r.date_low", "r.date_high", values)).add(" END"));
    }

    boolean isMainDate(String type, SearchParameter parameter) {
        return parameter.type() == ParameterType.DATE && MainDates.isMainDate(type, parameter.code(), context.definitions());
    }

    private @Nullable RowCondition references(String type, Criterion.Parameter criterion, short parameter) {
        if (criterion.modifier() == Modifier.IDENTIFIER) {
            return inTokens(identifierHashes(type, criterion, parameter));
        }
        long[] hashes = referenceHashes(type, criterion, parameter);
        if (hashes == null) {
            return null;
        }
        // Versions of local references are not in the row.
        boolean exact = criterion.anyOf().stream().allMatch(value -> value instanceof CriterionValue.Reference it && (it.id() == null || it.version() == null));
        return new RowCondition(holdsAny("r.refs", hashes), exact);
    }

    private long @Nullable [] referenceHashes(String type, Criterion.Parameter criterion, short parameter) {
        if (criterion.modifier() != Modifier.NONE) {
            return null;
        }
        List<Long> hashes = new ArrayList<>();
        for (CriterionValue value : criterion.anyOf()) {
            if (!(value instanceof CriterionValue.Reference reference)) {
                return null;
            }
            hashes.addAll(referenceHashes(context.names().type(type), parameter, criterion.parameter(), reference));
        }
        return hashes.stream().mapToLong(Long::longValue).toArray();
    }

    private List<Long> referenceHashes(short type, short parameter, SearchParameter definition, CriterionValue.Reference reference) {
        if (reference.id() == null) {
            return List.of(context.hash().url(type, parameter, reference.url(), reference.version()));
        }
        long by = context.hash().reference(type, parameter);
        Set<String> targets = reference.type() != null ? Set.of(reference.type()) : definition.targets();
        List<Long> hashes = new ArrayList<>(targets.stream().filter(context.names()::isType).map(target -> self(target, reference.id()) ^ by).toList());
        if (reference.url() != null) {
            // A canonical below our own base stands in the row as the URL that it is.
            hashes.add(context.hash().url(type, parameter, reference.url(), null));
        }
        return hashes;
    }
}
