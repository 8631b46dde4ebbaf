package dev.portolan.members.attribution;

import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.members.consent.ConsentEngine;
import dev.portolan.members.consent.ConsentPolicy;
import dev.portolan.members.consent.Exit;
import dev.portolan.members.consent.Exit.Api;
import dev.portolan.members.consent.Permission;
import dev.portolan.members.consent.Preference;
import dev.portolan.members.consent.Preference.Kind;
import dev.portolan.members.consent.Preferences;
import dev.portolan.store.Panels;
import dev.portolan.store.Purpose;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The store's panels of providers: one for each list, and one for each app with the members of all its lists, which is what the app's grants reach. Whoever changes what they follow from counts them anew
 * in the same transaction, one at a time.
 */
final class AttributedPanels implements Preferences.Consequence {

    /** Of every list one lock: a decision of a member and a roster that arrives meanwhile must see each other. */
    private static final String LOCK = "select pg_advisory_xact_lock(hashtextextended('members.attribution', 0))";
    private static final Set<Kind> DECISIONS = Set.of(Kind.PROVIDER_ACCESS, Kind.SENSITIVE, Kind.APP);

    private final JdbcClient jdbc;
    private final JdbcTemplate template;
    private final Panels panels;
    private final ConsentEngine consents;
    private final ConsentPolicy policy;
    private final Clock clock;

    AttributedPanels(DataSource dataSource, Panels panels, ConsentEngine consents, ConsentPolicy policy, Clock clock) {
        this.jdbc = JdbcClient.create(dataSource);
        this.template = new JdbcTemplate(dataSource);
        this.panels = panels;
        this.consents = consents;
        this.policy = policy;
        this.clock = clock;
    }

    static String ofGroup(String group) {
        return "provider-group/" + group;
    }

    static String ofApp(String app) {
        return "provider-app/" + app;
    }

    /** The Patient ids of a list's panel. */
    Set<String> members(String group) {
        return template.execute((ConnectionCallback<Set<String>>) connection -> new HashSet<>(panels.page(connection, ofGroup(group), null, Integer.MAX_VALUE)));
    }

    /** Those of them whom an app reaches: who shut it out is another's patient still. */
    Set<String> members(String group, String app) {
        Set<String> members = members(group);
        if (isShutOut(app)) {
            members.retainAll(template.execute((ConnectionCallback<Set<String>>) connection -> new HashSet<>(panels.page(connection, ofApp(app), null, Integer.MAX_VALUE))));
        }
        return members;
    }

    /** Whether anybody shut the app out: it is seldom, and then only lists are to be gone through for it. */
    boolean isShutOut(String app) {
        return jdbc.sql("select exists (select from members.preference where kind = 'APP' and app = ? and decision = 'DENY')").param(app).query(Boolean.class).single();
    }

    long size(String group) {
        return template.execute((ConnectionCallback<Long>) connection -> panels.size(connection, ofGroup(group)));
    }

    /** Held to the end of the transaction. */
    void lock() {
        jdbc.sql(LOCK).query().singleRow();
    }

    @Override
    public void of(Preference decided) {
        if (DECISIONS.contains(decided.kind())) {
            of(Set.of(decided.patient()));
        }
    }

    /** Counts these members anew wherever they are attributed. */
    void of(Collection<String> patients) {
        lock();
        Set<String> people = people(patients);
        count(jdbc.sql("select distinct group_id from members.attribution where patient = any(?) and superseded_at is null order by group_id").param(people.toArray(String[]::new)).query(String.class).list(), people);
    }

    /** With everybody whose record is one with theirs: what is said of the one counts for the other. */
    private Set<String> people(Collection<String> patients) {
        Set<String> people = new HashSet<>(patients);
        people.addAll(jdbc.sql("""
            with standing as (select survivor, merged from members.merge where undone_at is null),
              survivors as (select survivor from standing where merged = any(?) or survivor = any(?))
            select survivor from survivors union select merged from standing where survivor in (select survivor from survivors)""")
            .params(patients.toArray(String[]::new), patients.toArray(String[]::new)).query(String.class).list());
        return people;
    }

    /** @param patients whose place is decided anew; null for everybody's */
    void count(Collection<String> groups, @Nullable Collection<String> changed) {
        if (groups.isEmpty()) {
            return;
        }
        Set<String> patients = changed == null ? null : people(changed);
        Set<String> others = new TreeSet<>();
        for (String group : new TreeSet<>(groups)) {
            Set<String> candidates = candidates("a.group_id = ?", group, patients);
            consents.decide(exit(""), candidates).forEach((patient, permission) -> {
                if (!permission.allowed()) {
                    candidates.remove(patient);
                }
            });
            if (keep(ofGroup(group), candidates, patients)) {
                others.add(group);
            }
        }
        for (String app : appsOf(groups)) {
            if (countApp(app, patients)) {
                others.addAll(groupsOf(app, groups));
            }
        }
        // Counted anew each day and at each start: a list that comes to the same has not changed.
        jdbc.sql("update members.provider_group set changed_at = greatest(changed_at, ?) where id = any(?)").params(Instants.sql(clock.instant()), others.toArray(String[]::new)).update();
    }

    /** @return whether it has others than before */
    boolean countApp(String app, @Nullable Collection<String> patients) {
        Set<String> candidates = candidates("a.group_id in (select group_id from members.group_app where app = ? and ended_at is null)", app, patients);
        Map<String, Permission> permissions = consents.decide(exit(app), candidates);
        candidates.removeIf(patient -> !permissions.get(patient).allowed());
        boolean changed = keep(ofApp(app), candidates, patients);
        Map<String, Set<String>> withheld = new HashMap<>();
        candidates.forEach(patient -> {
            Set<SensitiveCategory> beyondPolicy = new HashSet<>(permissions.get(patient).withheld());
            beyondPolicy.removeAll(policy.withheld().getOrDefault(Api.PROVIDER_ACCESS, Set.of()));
            if (!beyondPolicy.isEmpty()) {
                withheld.put(patient, SensitiveCategory.securityLabels(beyondPolicy));
            }
        });
        connected(connection -> {
            panels.withhold(connection, ofApp(app), patients, withheld);
            return 0;
        });
        return changed;
    }

    private Exit exit(String app) {
        return new Exit(Api.PROVIDER_ACCESS, Purpose.TREATMENT, app, null, Set.of(), clock.instant());
    }

    /** Who is attributed to a provider in the network, as far as time was settled; what members decided is not looked at. */
    private Set<String> candidates(String scope, String value, @Nullable Collection<String> patients) {
        String sql = """
            select distinct coalesce(m.survivor, a.patient) from members.attribution a join members.provider_group g on g.id = a.group_id
              left join members.merge m on m.merged = a.patient and m.undone_at is null
            where a.superseded_at is null and a.phase = 'CURRENT' and %s%s
              and exists (select from members.network_participation n where n.npi = g.npi and n.phase = 'CURRENT')
              and (a.provider_npi in ('', g.npi) or exists (select from members.network_participation n where n.npi = a.provider_npi and n.phase = 'CURRENT'))"""
            .formatted(scope, patients == null ? "" : " and coalesce(m.survivor, a.patient) = any(?)");
        var statement = jdbc.sql(sql).param(value);
        return new HashSet<>((patients == null ? statement : statement.param(patients.toArray(String[]::new))).query(String.class).list());
    }

    /** @return whether it has others than before */
    private boolean keep(String panel, Set<String> wanted, @Nullable Collection<String> patients) {
        return connected(connection -> patients == null ? panels.replace(connection, panel, wanted)
            : panels.remove(connection, panel, patients.stream().filter(patient -> !wanted.contains(patient)).toList()) + panels.add(connection, panel, wanted)) > 0;
    }

    private interface Change {
        int on(Connection connection) throws SQLException;
    }

    private int connected(Change change) {
        return Objects.requireNonNull(template.execute((ConnectionCallback<Integer>) change::on));
    }

    private List<String> groupsOf(String app, Collection<String> among) {
        return jdbc.sql("select group_id from members.group_app where app = ? and group_id = any(?) and ended_at is null").params(app, among.toArray(String[]::new)).query(String.class).list();
    }

    private List<String> appsOf(Collection<String> groups) {
        return jdbc.sql("select distinct app from members.group_app where group_id = any(?) and ended_at is null order by app").param(groups.toArray(String[]::new)).query(String.class).list();
    }
}
