package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.Criterion;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A grant as SQL: a condition on the row {@code r} of {@code store.resource} that every statement carries for every row that it gives or passes through. Absence is refusal: a type
 * without a rule, a member without a key, a granular rule that one row cannot decide, all give {@code false}.
 */
final class GrantPredicate {

    private final Grant grant;
    private final StoreContext context;
    /** Null where everything is known already. */
    private final @Nullable Connection connection;
    private final RowConditions conditions;
    /** Sorted keys of the members; null for everyone, and for a panel. */
    private final long @Nullable [] members;
    /** The panel whose members are reached, or null. */
    private final @Nullable String panel;
    /** Labels that are withheld of some of the panel's members. */
    private final List<String> ofSomeMembers;

    private GrantPredicate(Grant grant, StoreContext context, @Nullable Connection connection, long @Nullable [] members, List<String> ofSomeMembers) {
        this.grant = grant;
        this.context = context;
        this.connection = connection;
        this.conditions = new RowConditions(context);
        this.members = members;
        this.panel = grant.members() instanceof Grant.Members.Panel it ? it.id() : null;
        this.ofSomeMembers = ofSomeMembers;
    }

    static GrantPredicate of(Grant grant, StoreContext context, Connection connection) throws SQLException {
        if (grant.members() instanceof Grant.Members.Only only) {
            long[] keys = context.members().find(connection, only.patientIds()).values().stream().mapToLong(Long::longValue).sorted().toArray();
            return new GrantPredicate(grant, context, connection, keys, List.of());
        }
        List<String> ofSomeMembers = grant.members() instanceof Grant.Members.Panel it ? Panels.withheld(connection, it.id()) : List.of();
        return new GrantPredicate(grant, context, connection, null, ofSomeMembers);
    }

    /** The same without asking the database; null if it has to be asked. */
    static @Nullable GrantPredicate known(Grant grant, StoreContext context) {
        if (grant.members() instanceof Grant.Members.Panel) {
            return null;
        }
        long[] keys = grant.members() instanceof Grant.Members.Only only ? context.members().known(only.patientIds()) : null;
        return keys == null && grant.members() instanceof Grant.Members.Only ? null : new GrantPredicate(grant, context, null, keys, List.of());
    }

    Grant grant() {
        return grant;
    }

    private Connection connection() {
        return Objects.requireNonNull(connection, "a panel is asked of the database");
    }

    /** Keys of all members that are reached, null for everyone and for a panel. */
    long @Nullable [] members() {
        return members;
    }

    /** The panel whose members are reached, or null. */
    @Nullable String panel() {
        return panel;
    }

    private boolean everyone() {
        return members == null && panel == null;
    }

    /** Whether a panel's members are all that is reached of a type. */
    boolean isByPanel(String type) {
        return panel != null && !context.homes().isShared(type);
    }

    /** @param column a constant: a column that holds a member's key */
    Sql inPanel(String column) {
        return Panels.holds(String.valueOf(panel), column);
    }

    boolean allows(String type, Interaction... all) {
        for (Interaction interaction : all) {
            if (!grant.allows(type, interaction)) {
                return false;
            }
        }
        return true;
    }

    /** @throws GrantRefusedException if the interaction is not allowed on the type at all */
    void require(String type, Interaction interaction) {
        if (!grant.allows(type, interaction)) {
            throw new GrantRefusedException("This access does not include " + interaction.name().toLowerCase(java.util.Locale.ROOT) + " on " + type + ".");
        }
    }

    /**
     * Keys of the members whose rows of the type can be reached; null if keys do not say it: the rows of every member can, or those {@link #isByPanel}. Shared types are
     * {@link MemberKeys#NOBODY}'s under a grant for some members.
     */
    long @Nullable [] membersOf(String type) {
        if (everyone()) {
            return null;
        }
        return context.homes().isShared(type) ? new long[] {MemberKeys.NOBODY} : members;
    }

    /** Whether the row's member is reached, for rows of one type. */
    boolean reachesMember(String type, long member) throws SQLException {
        if (isByPanel(type)) {
            return Panels.contains(connection(), String.valueOf(panel), member);
        }
        long[] reached = membersOf(type);
        return reached == null || java.util.Arrays.binarySearch(reached, member) >= 0;
    }

    /** Whether the grant reaches the Patient: told by the id alone, whether or not there is such a Patient. */
    boolean reachesPatient(String patientId) throws SQLException {
        if (panel != null) {
            Long member = context.members().find(connection(), List.of(patientId)).get(patientId);
            return member != null && Panels.contains(connection(), panel, member);
        }
        return !(grant.members() instanceof Grant.Members.Only only) || only.patientIds().contains(patientId);
    }

    /** @throws GrantRefusedException if this names a Patient whom the grant does not reach */
    void requirePatient(String type, String id) throws SQLException {
        if (type.equals("Patient") && !reachesPatient(id)) {
            throw new GrantRefusedException("This access does not include the record of this Patient.");
        }
    }

    /** Members, labels and granular rules of one type. The caller has asked {@link #allows} before, and adds the condition on the type itself. */
    Sql row(String type, Interaction... interactions) {
        Sql sql = Sql.of("(");
        long[] reached = membersOf(type);
        if (reached != null) {
            sql.add(reached.length == 1 ? "r.member = " : "r.member = ANY(");
            sql = reached.length == 1 ? sql.bind(reached[0]) : sql.bind(reached).add(")");
            sql.add(" AND ");
        }
        if (isByPanel(type)) {
            sql.add(inPanel("r.member")).add(" AND ");
        }
        return sql.add(content(type, interactions)).add(")");
    }

    /** Labels and granular rules alone, of all these interactions together: for statements that fix the member themselves. */
    Sql content(String type, Interaction... interactions) {
        Sql sql = new Sql();
        String and = "";
        long[] withheld = hashes(grant.withheldLabels(), List.of(type));
        if (withheld.length > 0) {
            // What was withheld and then deleted has no label any more, and that it was there is not told either.
            sql.add("NOT r.deleted AND NOT (").add(labelled(withheld)).add(")");
            and = " AND ";
        }
        if (!ofSomeMembers.isEmpty()) {
            sql.add(and).add(withheldOfMembers(List.of(type)));
            and = " AND ";
        }
        for (Grant.@Nullable Extent extent : extents(type, interactions)) {
            if (extent == null) {
                return Sql.of("false");
            }
            sql.add(and).add(granular(type, extent));
            and = " AND ";
        }
        return and.isEmpty() ? Sql.of("true") : sql;
    }

    /** True if {@link #content} says nothing. */
    boolean isPlain(String type, Interaction... interactions) {
        return grant.withheldLabels().isEmpty() && ofSomeMembers.isEmpty() && extents(type, interactions).isEmpty();
    }

    /** True if the interaction reaches every row of these types. */
    boolean isEverything(Collection<String> types, Interaction interaction) {
        return everyone() && types.stream().allMatch(type -> isPlain(type, interaction));
    }

    /** What limits these interactions, each once; null among them if one is not allowed. */
    private Set<Grant.@Nullable Extent> extents(String type, Interaction... interactions) {
        if (interactions.length == 0) {
            throw new IllegalArgumentException("nothing limits no interaction: name those that are about to happen");
        }
        Set<Grant.@Nullable Extent> extents = new LinkedHashSet<>();
        Grant.Rule rule = grant.rule(type);
        for (Interaction interaction : interactions) {
            Grant.Extent extent = rule == null ? null : rule.extent(interaction);
            if (extent == null || !extent.isWhole()) {
                extents.add(extent);
            }
        }
        return extents;
    }

    /** Rows of several types, the condition on the type included; types on which not all the interactions are allowed are left out. */
    Sql rows(Collection<String> types, Interaction... interactions) {
        List<String> own = new ArrayList<>();
        List<String> shared = new ArrayList<>();
        List<String> granular = new ArrayList<>();
        for (String type : new TreeSet<>(types)) {
            if (context.names().isType(type) && allows(type, interactions)) {
                (!extents(type, interactions).isEmpty() ? granular : !everyone() && context.homes().isShared(type) ? shared : own).add(type);
            }
        }
        Sql sql = Sql.of("(false");
        if (!own.isEmpty()) {
            sql.add(" OR r.type = ANY(").bind(numbers(own)).add(")");
            if (members != null) {
                sql.add(" AND r.member = ANY(").bind(members).add(")");
            } else if (panel != null) {
                sql.add(" AND ").add(inPanel("r.member"));
            }
            addLabels(sql, own);
        }
        if (!shared.isEmpty()) {
            sql.add(" OR r.type = ANY(").bind(numbers(shared)).add(") AND r.member = ").bind(MemberKeys.NOBODY);
            addLabels(sql, shared);
        }
        for (String type : granular) {
            sql.add(" OR r.type = ").bind(context.names().type(type)).add(" AND ").add(row(type, interactions));
        }
        return sql.add(")");
    }

    /**
     * Rows of a member that is known to be reached, whatever their type: says what may not be read, so that the order of the index on (member, type, rid) stays of use.
     */
    Sql record() {
        List<String> plain = new ArrayList<>();
        List<String> others = new ArrayList<>();
        List<String> granular = new ArrayList<>();
        for (String type : new TreeSet<>(context.names().typeNames())) {
            boolean allowed = allows(type, Interaction.READ);
            boolean whole = allowed && extents(type, Interaction.READ).isEmpty();
            (whole ? plain : others).add(type);
            if (allowed && !whole) {
                granular.add(type);
            }
        }
        Sql sql = Sql.of("(");
        sql = others.isEmpty() ? sql.add("true") : sql.add("NOT r.type = ANY(").bind(numbers(others)).add(")");
        addLabels(sql, plain);
        for (String type : granular) {
            sql.add(" OR r.type = ").bind(context.names().type(type)).add(" AND ").add(content(type, Interaction.READ));
        }
        return sql.add(")");
    }

    /**
     * The same decided on a resource itself: for past versions, which have no search values in their rows, and for what is about to be written. The caller has decided the member.
     */
    boolean admits(String type, JsonDocument resource, Interaction interaction, long member) throws SQLException {
        return admits(type, resource, interaction, ofSomeMembers.isEmpty() ? List.of() : Panels.withheld(connection(), String.valueOf(panel), member));
    }

    /** The same where the member is not known: what is withheld of any member is not admitted. */
    boolean admits(String type, JsonDocument resource, Interaction interaction) {
        return admits(type, resource, interaction, ofSomeMembers);
    }

    private boolean admits(String type, JsonDocument resource, Interaction interaction, List<String> ofMember) {
        Grant.Rule rule = grant.rule(type);
        Grant.Extent extent = rule == null ? null : rule.extent(interaction);
        if (extent == null || hasLabel(resource, grant.withheldLabels()) || hasLabel(resource, ofMember)) {
            return false;
        }
        return extent.anyOf().stream().anyMatch(all -> isDecidable(type, all) && all.stream().allMatch(criterion -> matches(resource, criterion)));
    }

    private boolean matches(JsonDocument resource, Criterion criterion) {
        if (criterion instanceof Criterion.Ids ids) {
            return ids.anyOf().contains(resource.root().fieldText("id"));
        }
        return criterion instanceof Criterion.Parameter && context.matcher().matches(resource, criterion);
    }

    private static boolean hasLabel(JsonDocument resource, Collection<String> labels) {
        if (labels.isEmpty()) {
            return false;
        }
        var meta = resource.root().field("meta");
        var security = meta == null ? null : meta.field("security");
        if (security == null || !security.isArray()) {
            return false;
        }
        for (var label = security.firstChild(); label != null; label = label.nextSibling()) {
            String system = label.fieldText("system");
            if (labels.contains((system == null ? "" : system) + "|" + label.fieldText("code"))) {
                return true;
            }
        }
        return false;
    }

    private Sql granular(String type, Grant.Extent extent) {
        Sql sql = Sql.of("(false");
        for (List<Criterion> all : extent.anyOf()) {
            if (isDecidable(type, all)) {
                // What was deleted has no values: whether it fulfilled a condition nobody can say, also one that asks for what is not there.
                sql.add(all.stream().allMatch(Criterion.Ids.class::isInstance) ? " OR (true" : " OR (NOT r.deleted");
                all.forEach(criterion -> sql.add(" AND ").add(conditions.of(type, criterion).sql()));
                sql.add(")");
            }
        }
        return sql.add(")");
    }

    /** What one row cannot decide grants nothing: letting too much pass and looking at the content later would leave a way around in some statement. */
    private boolean isDecidable(String type, List<Criterion> all) {
        return all.stream().allMatch(criterion -> (criterion instanceof Criterion.Parameter || criterion instanceof Criterion.Ids) && conditions.of(type, criterion).exact());
    }

    private void addLabels(Sql sql, List<String> types) {
        long[] withheld = hashes(grant.withheldLabels(), types);
        if (withheld.length > 0) {
            sql.add(" AND NOT r.deleted AND NOT (").add(labelled(withheld)).add(")");
        }
        if (!ofSomeMembers.isEmpty()) {
            sql.add(" AND ").add(withheldOfMembers(types));
        }
    }

    /** What some members of the panel hold back, of their own rows: those with the label, and deletions, which have no label any more. */
    private Sql withheldOfMembers(Collection<String> types) {
        Sql held = Sql.of(" EXISTS (SELECT FROM store.panel_withheld w WHERE w.panel = ").bind(String.valueOf(panel)).add(" AND w.member = r.member");
        Sql sql = Sql.of("NOT (r.deleted AND").add(held).add("))");
        for (String label : ofSomeMembers) {
            sql.add(" AND NOT (").add(labelled(hashes(List.of(label), types))).add(" AND").add(held)
                .add(" AND w.label = ").bind(label).add("))");
        }
        return sql;
    }

    /** Few rows have any label: the short array is asked first. */
    private Sql labelled(long[] hashes) {
        return new Sql().bind(context.names().parameter(ValueRows.LABELS)).add(" = ANY(r.parameters) AND r.tokens && ").bind(hashes);
    }

    /** Rows of the type with a label that the grant withholds. */
    Sql held(String type) {
        return labelled(hashes(grant.withheldLabels(), List.of(type)));
    }

    /**
     * Whether there is any row of the type with a label that the grant withholds, and in the member's record if it is only that: asked of the value rows, once for a whole statement.
     *
     * @param scope the members that are asked about, or null for all
     */
    Sql holdsAny(String type, long @Nullable [] scope) {
        Sql sql = Sql.of("EXISTS (SELECT FROM store.value_token v WHERE v.hash = ANY(").bind(hashes(grant.withheldLabels(), List.of(type))).add(")");
        if (scope != null && scope.length == 1) {
            sql.add(" AND v.member = ").bind(scope[0]);
        }
        return sql.add(")");
    }

    /** Where labelled rows are found: the hash of a withheld label stands beside the type that it is made for. */
    record Labels(short[] types, long[] hashes) {}

    Labels withheld(List<String> types) {
        return new Labels(numbers(types.stream().flatMap(type -> grant.withheldLabels().stream().map(label -> type)).toList()), hashes(grant.withheldLabels(), types));
    }

    private long[] hashes(Collection<String> labels, Collection<String> types) {
        if (labels.isEmpty()) {
            return new long[0];
        }
        short parameter = context.names().parameter(ValueRows.LABELS);
        return types.stream().flatMapToLong(type -> labels.stream().mapToLong(label -> {
            int bar = label.indexOf('|');
            return context.hash().token(context.names().type(type), parameter, bar < 0 ? null : label.substring(0, bar), label.substring(bar + 1));
        })).toArray();
    }

    short[] numbers(Collection<String> types) {
        short[] numbers = new short[types.size()];
        int i = 0;
        for (String type : types) {
            numbers[i++] = context.names().type(type);
        }
        return numbers;
    }
}
