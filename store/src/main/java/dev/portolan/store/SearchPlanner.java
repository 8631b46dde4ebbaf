package dev.portolan.store;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.Prefix;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Makes the plan of one type's search: resolves what needs other resources, finds whose rows can match, and chooses where to start. */
final class SearchPlanner {

    /** Beyond so many members a value row leads to the rows sooner than the members do. */
    private static final int FEW_MEMBERS = 50;
    /** Types whose home parameter may name several Patients: naming one of them does not tell the home. */
    private static final Set<String> SEVERAL_HOMES = Set.of("Account", "Appointment", "AuditEvent", "Contract", "Person", "Provenance", "Schedule");
    private static final Set<Prefix> LATE = EnumSet.of(Prefix.GE, Prefix.GT, Prefix.SA);
    private static final Interaction[] MATCHED = {Interaction.SEARCH};
    private static final Interaction[] PASSED = {Interaction.READ, Interaction.SEARCH};
    /** Codes that select the same element wherever a type has more than one of them. */
    private static final Set<String> SUBJECT = Set.of("patient", "subject", "beneficiary");

    private final SearchRun run;
    private final StoreContext context;
    private final RowConditions conditions;
    private final ValueDrivers values;
    private final HopResolver hops;

    SearchPlanner(SearchRun run) {
        this.run = run;
        this.context = run.context();
        this.conditions = new RowConditions(context);
        this.values = new ValueDrivers(context, conditions);
        this.hops = new HopResolver(run, this, conditions);
    }

    /** What is known so far of a search: mutable while it is planned. */
    private static final class Draft {
        private final Sql sql = new Sql();
        private final List<Criterion> unverified = new ArrayList<>();
        private long @Nullable [] scope;
        private long @Nullable [] selves;

        void narrowScope(long[] members) {
            scope = scope == null ? members : intersection(scope, members);
        }

        void narrowSelves(long[] hashes) {
            selves = selves == null ? hashes : intersection(selves, hashes);
        }

        boolean impossible() {
            return scope != null && scope.length == 0 || selves != null && selves.length == 0;
        }
    }

    /**
     * @param within members that the caller knows all matches to belong to, or null
     * @return null if nothing can match
     */
    @Nullable TypePlan plan(String type, List<Criterion> criteria, long @Nullable [] within, int depth) throws SQLException {
        Draft draft = new Draft();
        draft.scope = context.homes().isShared(type) ? new long[] {MemberKeys.NOBODY} : run.grant().membersOf(type);
        if (within != null) {
            draft.narrowScope(within);
        }
        draft.sql.add(" AND r.type = ").bind(context.names().type(type)).add(" AND NOT r.deleted");
        for (Criterion criterion : criteria) {
            addOwn(type, criterion, draft);
        }
        for (Criterion criterion : criteria) {
            if (draft.impossible()) {
                return null;
            }
            addHop(type, criterion, draft, depth);
        }
        if (draft.impossible()) {
            return null;
        }
        if (run.grant().isByPanel(type)) {
            draft.sql.add(" AND ").add(run.grant().inPanel("r.member"));
        }
        // What is passed through on the way to a match must be readable by itself.
        Interaction[] needed = depth == 0 ? MATCHED : PASSED;
        if (!run.grant().isPlain(type, needed)) {
            draft.sql.add(" AND ").add(run.grant().content(type, needed));
        }
        return new TypePlan(type, driver(type, criteria, draft), draft.sql, draft.scope, draft.unverified, null);
    }

    /**
     * @param oneOfSeveral whether other types are searched, too: an id alone names no Patient then, since it may be anything's
     * @throws GrantRefusedException if the search asks by name for the record of a Patient whom the grant does not reach (SMT-34), whether or not there is such a Patient
     */
    void requireReached(String type, boolean oneOfSeveral, List<Criterion> criteria) throws SQLException {
        for (Criterion criterion : criteria) {
            if (criterion instanceof Criterion.Ids ids) {
                for (String id : oneOfSeveral ? Set.<String>of() : ids.anyOf()) {
                    run.grant().requirePatient(type, id);
                }
            } else if (criterion instanceof Criterion.InCompartment compartment) {
                run.grant().requirePatient(compartment.ownerType(), compartment.ownerId());
            } else if (criterion instanceof Criterion.Parameter parameter && parameter.modifier() == Modifier.NONE && namesSubject(type, parameter.parameter().code())) {
                for (CriterionValue value : parameter.anyOf()) {
                    if (value instanceof CriterionValue.Reference reference && reference.id() != null && isPatient(parameter, reference)) {
                        run.grant().requirePatient("Patient", reference.id());
                    }
                }
            }
        }
    }

    private boolean namesSubject(String type, String code) {
        List<String> homes = context.homes().parameters(type);
        return !homes.isEmpty() && (SUBJECT.contains(code) || code.equals(homes.get(0)));
    }

    /** True if one row, or the row and its content, decides it. */
    static boolean isOwn(Criterion criterion) {
        return !isHop(criterion);
    }

    private static boolean isHop(Criterion criterion) {
        return criterion instanceof Criterion.Chain || criterion instanceof Criterion.Has || criterion instanceof Criterion.InList;
    }

    private void addOwn(String type, Criterion criterion, Draft draft) throws SQLException {
        if (isHop(criterion)) {
            return;
        }
        if (criterion instanceof Criterion.Ids ids) {
            draft.narrowSelves(conditions.selves(type, ids.anyOf()));
            return;
        }
        RowCondition condition = conditions.of(type, criterion);
        draft.sql.add(" AND ").add(condition.sql());
        if (!condition.exact()) {
            draft.unverified.add(ofType(type, criterion));
        }
        Set<String> patients = homePatients(type, criterion);
        if (patients != null) {
            draft.narrowScope(memberKeys(patients));
        }
    }

    /** A parameter of {@code Resource}, as searches of several types have it, as that type's own. */
    private Criterion ofType(String type, Criterion criterion) {
        if (criterion instanceof Criterion.Parameter it && !it.parameter().resourceType().equals(type)) {
            return context.definitions().find(type, it.parameter().code()).map(own -> (Criterion) new Criterion.Parameter(own, it.modifier(), it.anyOf())).orElse(criterion);
        }
        return criterion;
    }

    private void addHop(String type, Criterion criterion, Draft draft, int depth) throws SQLException {
        if (criterion instanceof Criterion.Chain chain) {
            HopResolver.Targets targets = hops.chain(type, chain, namesHome(type, chain.reference().code()) ? draft.scope : null, depth + 1);
            draft.sql.add(" AND ").add(refersTo(targets.refs()));
            if (targets.unverified() != null) {
                draft.unverified.add(targets.unverified());
            }
            if (targets.refs().length == 0) {
                draft.narrowSelves(new long[0]);
            } else if (targets.members() != null && namesHome(type, chain.reference().code())) {
                draft.narrowScope(targets.members());
            }
        } else if (criterion instanceof Criterion.Has has) {
            boolean home = type.equals("Patient") && namesHome(has.sourceType(), has.reference().code());
            draft.narrowSelves(hops.has(type, has, home ? draft.scope : null, draft.selves, depth + 1));
        } else if (criterion instanceof Criterion.InList list) {
            draft.narrowSelves(hops.inList(list));
        }
    }

    /** A long list is made a hash table once, a short one is compared. */
    static Sql refersTo(long[] refs) {
        if (refs.length == 1) {
            return new Sql().bind(refs[0]).add(" = ANY(r.refs)");
        }
        if (refs.length <= 64) {
            return Sql.of("r.refs && ").bind(refs);
        }
        return Sql.of("EXISTS (SELECT FROM unnest(r.refs) AS ref WHERE ref IN (SELECT unnest(").bind(refs).add(")))");
    }

    /** True if a resource of the type that names a Patient by this parameter belongs to that Patient's record. */
    boolean namesHome(String type, String code) {
        List<String> homes = context.homes().parameters(type);
        if (homes.isEmpty() || SEVERAL_HOMES.contains(type)) {
            return false;
        }
        return code.equals(homes.get(0)) || SUBJECT.contains(code) && SUBJECT.contains(homes.get(0));
    }

    /** Ids of the Patients to whose records a criterion restricts the search, or null if it does not. */
    private @Nullable Set<String> homePatients(String type, Criterion criterion) {
        if (criterion instanceof Criterion.InCompartment compartment && compartment.ownerType().equals("Patient")
            && compartment.by(type).size() == 1 && namesHome(type, compartment.by(type).get(0).code())) {
            return Set.of(compartment.ownerId());
        }
        if (!(criterion instanceof Criterion.Parameter parameter) || parameter.modifier() != Modifier.NONE || !namesHome(type, parameter.parameter().code())) {
            return null;
        }
        Set<String> ids = new TreeSet<>();
        for (CriterionValue value : parameter.anyOf()) {
            if (!(value instanceof CriterionValue.Reference reference) || reference.id() == null || !isPatient(parameter, reference)) {
                return null;
            }
            ids.add(reference.id());
        }
        return ids;
    }

    private static boolean isPatient(Criterion.Parameter parameter, CriterionValue.Reference reference) {
        return reference.type() != null
            ? reference.type().equals("Patient")
            : parameter.parameter().code().equals("patient") || parameter.parameter().targets().equals(Set.of("Patient"));
    }

    private long[] memberKeys(Set<String> patientIds) throws SQLException {
        return context.members().find(run.connection(), patientIds).values().stream().mapToLong(Long::longValue).sorted().toArray();
    }

    private Driver driver(String type, List<Criterion> criteria, Draft draft) {
        long[] scope = draft.scope;
        if (draft.selves != null) {
            return new Driver.Selves(draft.selves);
        }
        boolean shared = context.homes().isShared(type);
        if (!shared && scope != null && scope.length == 1) {
            return new Driver.OneMember(scope[0]);
        }
        if (!shared && scope != null && scope.length <= FEW_MEMBERS) {
            return new Driver.SomeMembers(scope);
        }
        Driver byValue = values.choose(type, criteria);
        if (byValue != null) {
            return byValue;
        }
        if (criteria.stream().anyMatch(SearchPlanner::isRecent)) {
            return new Driver.Updated();
        }
        if (scope == null) {
            String panel = run.grant().panel();
            return panel == null ? new Driver.AllMembers() : new Driver.Panel(panel);
        }
        return scope.length == 1 ? new Driver.OneMember(scope[0]) : new Driver.SomeMembers(scope);
    }

    private static boolean isRecent(Criterion criterion) {
        return criterion instanceof Criterion.LastUpdated updated
            && updated.anyOf().stream().noneMatch(date -> date.prefix() == Prefix.NE || date.prefix() == Prefix.LT || date.prefix() == Prefix.LE || date.prefix() == Prefix.EB);
    }

    /**
     * The order of matches where the caller asks for none. Rows of a member come mostly in the order of their dates: a search for what is as late as a date or later fills its page soonest from the newest rows on.
     * It depends on the search alone, and not on what is there: every page of a search has to take the same way.
     */
    RowOrder unsorted(List<String> types, List<Criterion> criteria) {
        if (types.size() > 1) {
            return RowOrder.DEFAULT;
        }
        String type = types.get(0);
        List<CriterionValue> dates = criteria.stream().filter(Criterion.Parameter.class::isInstance).map(Criterion.Parameter.class::cast)
            .filter(it -> it.modifier() == Modifier.NONE && conditions.isMainDate(type, it.parameter())).flatMap(it -> it.anyOf().stream()).toList();
        boolean late = !dates.isEmpty() && dates.stream().allMatch(value -> value instanceof CriterionValue.Date date && LATE.contains(date.prefix()));
        return late && isOfOneMember(type, criteria) ? RowOrder.NEWEST_ROWS_FIRST : RowOrder.DEFAULT;
    }

    private boolean isOfOneMember(String type, List<Criterion> criteria) {
        return criteria.stream().map(criterion -> homePatients(type, criterion)).anyMatch(patients -> patients != null && patients.size() == 1);
    }

    /** Both in any order; the result is sorted. */
    static long[] intersection(long[] a, long[] b) {
        long[] sorted = b.clone();
        Arrays.sort(sorted);
        return Arrays.stream(a).filter(value -> Arrays.binarySearch(sorted, value) >= 0).sorted().distinct().toArray();
    }
}
