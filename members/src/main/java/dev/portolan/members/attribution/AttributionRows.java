package dev.portolan.members.attribution;

import dev.portolan.members.attribution.Attributions.Changes;
import dev.portolan.members.attribution.Attributions.Origin;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The tables of attribution. */
final class AttributionRows {

    private static final String GROUP = "id, kind, name, npi, tin, organization, contract, list_status, changed_at";

    /** Rows {@code a} with the member in whose record the patient's data is, {@code a.member}: whoever is merged is the survivor. */
    private static final String ATTRIBUTED = """
        (select coalesce(m.survivor, x.patient) as member, x.* from members.attribution x left join members.merge m on m.merged = x.patient and m.undone_at is null) a""";
    /** Rows {@code a} of a list that count now. Who of them may be told of is the panel's to say, where the decisions of everybody in one record are. */
    private static final String COUNTING = """
        a.group_id = ? and a.superseded_at is null and a.phase = 'CURRENT'
          and exists (select from members.provider_group g join members.network_participation n on n.npi = g.npi and n.phase = 'CURRENT' where g.id = a.group_id
            and (a.provider_npi in ('', g.npi) or exists (select from members.network_participation o where o.npi = a.provider_npi and o.phase = 'CURRENT')))""";

    /** Of what was sent: it begins with a start, and what was older may never have been sent. Nothing is asked for in these words, so no delta goes on from it. */
    private static final String SINCE = "_since";

    private final JdbcClient jdbc;

    AttributionRows(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** A list holds a member once for each practitioner. */
    record Key(String patient, String providerNpi) {

        static Key of(Attribution attribution) {
            return new Key(attribution.patient(), attribution.providerNpi());
        }
    }

    /** Rows that end, and rows that begin in their place. */
    static final class Batch {

        private final List<Key> ended = new ArrayList<>();
        private final List<Attribution> begun = new ArrayList<>();
        private final List<String> changes = new ArrayList<>();
        private int added;
        private int changed;
        private int dropped;

        private static boolean runs(Attribution attribution, Instant now) {
            Instant ends = attribution.ends();
            return ends == null || ends.isAfter(now);
        }

        /** @param before what stands, or null */
        void put(@Nullable Attribution before, Attribution member, Instant now) {
            boolean running = before != null && runs(before, now);
            Instant since = running ? before.starts() : now;
            if (member.starts() == null && member.ends() != null && since != null && !member.ends().isAfter(since)) {
                // As it stands it is over, whenever it began: there is nothing of it but the end of what stood.
                if (running) {
                    drop(before, now);
                }
                return;
            }
            Instant starts = member.starts() != null ? member.starts() : since;
            if (member.ends() != null && !member.ends().isAfter(starts)) {
                throw new IllegalArgumentException("An attribution ends after it starts.");
            }
            Attribution after = new Attribution(member.patient(), member.providerNpi(), member.coverage(), Instants.micros(starts), member.ends() == null ? null : Instants.micros(member.ends()));
            if (after.equals(before)) {
                return;
            }
            begin(before, after, running ? "change" : "add");
            added += running ? 0 : 1;
            changed += running ? 1 : 0;
        }

        void drop(Attribution before, Instant now) {
            if (!runs(before, now)) {
                return;
            }
            Instant end = Instants.micros(now);
            if (before.starts() != null && before.starts().isBefore(end)) {
                begin(before, new Attribution(before.patient(), before.providerNpi(), before.coverage(), before.starts(), end), "drop");
            } else {
                // It had not begun: there is no time that it held.
                ended.add(Key.of(before));
            }
            dropped++;
        }

        private void begin(@Nullable Attribution before, Attribution after, String change) {
            if (before != null) {
                ended.add(Key.of(before));
            }
            begun.add(after);
            changes.add(change);
        }

        Changes changes() {
            return new Changes(added, changed, dropped);
        }
    }

    void save(ProviderGroup group, Instant now) {
        jdbc.sql("""
            insert into members.provider_group (id, kind, name, npi, tin, organization, contract, list_status, created_at, changed_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (id) do update set name = excluded.name, npi = excluded.npi, tin = excluded.tin, organization = excluded.organization, contract = excluded.contract,
              changed_at = greatest(provider_group.changed_at, excluded.changed_at)
            where (provider_group.name, provider_group.npi, provider_group.tin, provider_group.organization, provider_group.contract)
              is distinct from (excluded.name, excluded.npi, excluded.tin, excluded.organization, excluded.contract)""")
            .params(group.id(), group.kind().name(), group.name(), group.npi(), group.tin(), group.organization(), group.contract(), group.status().name().toLowerCase(Locale.ROOT), Instants.sql(now),
                Instants.sql(now)).update();
    }

    /** What they say is another from now on, though they may have the same members. */
    void changed(Collection<String> groups, Instant now) {
        jdbc.sql("update members.provider_group set changed_at = greatest(changed_at, ?) where id = any(?)").params(Instants.sql(now), groups.toArray(String[]::new)).update();
    }

    int status(String group, ProviderGroup.ListStatus status, Instant now) {
        return jdbc.sql("update members.provider_group set list_status = ?, changed_at = ? where id = ?").params(status.name().toLowerCase(Locale.ROOT), Instants.sql(now), group).update();
    }

    void write(String group, Batch batch, Origin origin, Instant now) {
        if (batch.ended.isEmpty() && batch.begun.isEmpty()) {
            return;
        }
        changed(List.of(group), now);
        String[] endedPatients = batch.ended.stream().map(Key::patient).toArray(String[]::new);
        String[] endedProviders = batch.ended.stream().map(Key::providerNpi).toArray(String[]::new);
        jdbc.sql("""
            update members.attribution a set superseded_at = ?, superseded_by = ? from unnest(?::text[], ?::text[]) as e(patient, provider_npi)
            where a.group_id = ? and a.patient = e.patient and a.provider_npi = e.provider_npi and a.superseded_at is null""")
            .params(Instants.sql(now), origin.by(), endedPatients, endedProviders, group).update();
        jdbc.sql("""
            insert into members.attribution (group_id, patient, provider_npi, coverage, starts, ends, change, source, recorded_at, recorded_by, phase)
            select ?, b.patient, b.provider_npi, b.coverage, b.starts, b.ends, b.change, ?, ?, ?, case when b.ends <= ? then 'OVER' when b.starts > ? then 'WAITING' else 'CURRENT' end
            from unnest(?::text[], ?::text[], ?::text[], ?::text[]::timestamptz[], ?::text[]::timestamptz[], ?::text[]) as b(patient, provider_npi, coverage, starts, ends, change)""")
            .params(group, origin.source(), Instants.sql(now), origin.by(), Instants.sql(now), Instants.sql(now), batch.begun.stream().map(Attribution::patient).toArray(String[]::new),
                batch.begun.stream().map(Attribution::providerNpi).toArray(String[]::new), batch.begun.stream().map(Attribution::coverage).toArray(String[]::new),
                Instants.texts(batch.begun.stream().map(Attribution::starts)), Instants.texts(batch.begun.stream().map(Attribution::ends)),
                batch.changes.toArray(String[]::new)).update();
    }

    List<Attribution> standing(String group) {
        return jdbc.sql("select patient, provider_npi, coverage, starts, ends from members.attribution where group_id = ? and superseded_at is null").param(group).query(AttributionRows::attribution).list();
    }

    List<Attribution> standing(String group, String patient, @Nullable String providerNpi) {
        return jdbc.sql("select patient, provider_npi, coverage, starts, ends from members.attribution where group_id = ? and patient = ? and superseded_at is null and (?::text is null or provider_npi = ?)")
            .params(java.util.Arrays.asList(group, patient, providerNpi, providerNpi)).query(AttributionRows::attribution).list();
    }

    /** What stands of a member's own, and of whom is merged into the member. */
    List<Attribution> standingOfRecord(String group, String member, @Nullable String providerNpi) {
        return jdbc.sql("select a.patient, a.provider_npi, a.coverage, a.starts, a.ends from " + ATTRIBUTED
                + " where a.group_id = ? and ? in (a.patient, a.member) and a.superseded_at is null and (?::text is null or a.provider_npi = ?)")
            .params(java.util.Arrays.asList(group, member, providerNpi, providerNpi)).query(AttributionRows::attribution).list();
    }

    /** @return whether it is another than before */
    boolean replaceNetwork(Collection<NetworkParticipation> participations, Instant now) {
        List<String> before = network();
        jdbc.sql("delete from members.network_participation").update();
        jdbc.sql("""
            insert into members.network_participation (npi, starts, ends, phase)
            select n.npi, n.starts, n.ends, case when n.ends <= ? then 'OVER' when n.starts > ? then 'WAITING' else 'CURRENT' end
            from unnest(?::text[], ?::text[]::timestamptz[], ?::text[]::timestamptz[]) as n(npi, starts, ends)""")
            .params(Instants.sql(now), Instants.sql(now), participations.stream().map(NetworkParticipation::npi).toArray(String[]::new),
                Instants.texts(participations.stream().map(NetworkParticipation::starts)), Instants.texts(participations.stream().map(NetworkParticipation::ends)))
            .update();
        return !before.equals(network());
    }

    private List<String> network() {
        return jdbc.sql("select n::text from members.network_participation n order by 1").query(String.class).list();
    }

    boolean participates(String npi) {
        return jdbc.sql("select exists (select from members.network_participation where npi = ? and phase = 'CURRENT')").param(npi).query(Boolean.class).single();
    }

    void bind(String app, String group, String by, Instant now) {
        jdbc.sql("insert into members.group_app (app, group_id, recorded_at, recorded_by) values (?, ?, ?, ?) on conflict (app, group_id) where ended_at is null do nothing")
            .params(app, group, Instants.sql(now), by).update();
    }

    void unbind(String app, String group, String by, Instant now) {
        jdbc.sql("update members.group_app set ended_at = ?, ended_by = ? where app = ? and group_id = ? and ended_at is null").params(Instants.sql(now), by, app, group).update();
    }

    boolean isDue(Instant now) {
        OffsetDateTime at = Instants.sql(now);
        return jdbc.sql("""
            select exists (select from members.attribution where superseded_at is null and phase = 'WAITING' and starts <= ?)
                or exists (select from members.attribution where superseded_at is null and phase = 'CURRENT' and ends is not null and ends <= ?)
                or exists (select from members.network_participation where phase = 'WAITING' and starts <= ? or phase = 'CURRENT' and ends <= ?)""")
            .params(at, at, at, at).query(Boolean.class).single();
    }

    int settleNetwork(Instant now) {
        OffsetDateTime at = Instants.sql(now);
        return jdbc.sql("""
            update members.network_participation set phase = case when ends <= ? then 'OVER' else 'CURRENT' end where phase = 'WAITING' and starts <= ? or phase = 'CURRENT' and ends <= ?""")
            .params(at, at, at).update();
    }

    /** Who is concerned, by list. */
    Map<String, Set<String>> settle(Instant now) {
        OffsetDateTime at = Instants.sql(now);
        Map<String, Set<String>> byGroup = new HashMap<>();
        jdbc.sql("""
            update members.attribution set phase = case when ends <= ? then 'OVER' else 'CURRENT' end
            where superseded_at is null and (phase = 'WAITING' and starts <= ? or phase = 'CURRENT' and ends is not null and ends <= ?) returning group_id, patient""")
            .params(at, at, at).query((row, number) -> byGroup.computeIfAbsent(row.getString(1), group -> new TreeSet<>()).add(row.getString(2))).list();
        changed(byGroup.keySet(), now);
        return byGroup;
    }

    List<String> groups() {
        return jdbc.sql("select id from members.provider_group order by id").query(String.class).list();
    }

    Optional<ProviderGroup> find(String group) {
        return jdbc.sql("select " + GROUP + " from members.provider_group where id = ?").param(group).query(AttributionRows::group).optional();
    }

    List<ProviderGroup> groupsOf(String app) {
        return jdbc.sql("select " + GROUP + " from members.provider_group where id in (select group_id from members.group_app where app = ? and ended_at is null) order by id").param(app)
            .query(AttributionRows::group).list();
    }

    List<String> appsOf(String group) {
        return jdbc.sql("select app from members.group_app where group_id = ? and ended_at is null order by app").param(group).query(String.class).list();
    }

    /**
     * A member who is on the list under several names stands there once for each practitioner, as was said of the member's own.
     *
     * @param app to which it was sent what is said to have been
     */
    List<Attribution.Listed> listed(String group, String app) {
        return jdbc.sql("""
            select distinct on (a.member, a.provider_npi) a.member as patient, a.provider_npi, a.coverage, a.starts, a.ends, a.change, t.sent_at, t.resources, t.filters
            from %s left join members.transmission t on t.group_id = a.group_id and t.app = ? and t.patient = a.member and t.resources <> ''
            where %s order by a.member, a.provider_npi, a.patient <> a.member, a.patient""".formatted(ATTRIBUTED, COUNTING)).params(app, group)
            .query((row, number) -> new Attribution.Listed(attribution(row, number), row.getString("change"), Instants.read(row, "sent_at"), orEmpty(row.getString("resources")),
                orEmpty(row.getString("filters")))).list();
    }

    /** How many members are attributed, whatever they decided. */
    long attributed(String group) {
        return jdbc.sql("select count(distinct a.member) from " + ATTRIBUTED + " where " + COUNTING).param(group).query(Long.class).single();
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    List<Attribution.Version> versions(String group) {
        return jdbc.sql("select * from members.attribution where group_id = ? order by recorded_at, id").param(group)
            .query((row, number) -> new Attribution.Version(row.getString("group_id"), attribution(row, number), row.getString("change"), row.getString("source"), Instants.required(row, "recorded_at"),
                row.getString("recorded_by"), Instants.read(row, "superseded_at"), row.getString("superseded_by"))).list();
    }

    Set<String> attributedAt(String group, Instant at) {
        OffsetDateTime instant = Instants.sql(at);
        return new TreeSet<>(jdbc.sql("""
            select distinct patient from members.attribution where group_id = ? and recorded_at <= ? and (superseded_at is null or superseded_at > ?) and starts <= ? and (ends is null or ends > ?)""")
            .params(group, instant, instant, instant, instant).query(String.class).list());
    }

    Set<String> partedSince(Instant since, Collection<String> patients) {
        return new TreeSet<>(jdbc.sql("select distinct survivor from members.merge where undone_at >= ? and survivor = any(?)").params(Instants.sql(since), patients.toArray(String[]::new)).query(String.class).list());
    }

    void sent(String group, String app, List<String> patients, Attributions.Sent sent) {
        jdbc.sql("""
            insert into members.transmission (group_id, app, patient, sent_at, resources, filters, narrowed) select ?, ?, p, ?, ?, ?, ? from unnest(?::text[]) as p
            on conflict (group_id, app, patient) do update set sent_at = excluded.sent_at, resources = excluded.resources, filters = excluded.filters, narrowed = excluded.narrowed""")
            .params(group, app, Instants.sql(sent.until()), sent.resources(), sent.filters(), sent.since() == null ? sent.narrowed() : SINCE, patients.toArray(String[]::new)).update();
    }

    void notSent(String group, String app, Collection<String> patients, Instant by) {
        // Nothing of theirs was sent; the server has no right to delete what it noted.
        jdbc.sql("update members.transmission set resources = '' where group_id = ? and app = ? and patient = any(?) and sent_at <= ?").params(group, app, patients.toArray(String[]::new), Instants.sql(by)).update();
    }

    Map<String, Instant> sentBefore(String group, String app, Collection<String> patients, Instant before, Set<String> types, String filters, String narrowed) {
        Map<String, Instant> sent = new HashMap<>();
        // Who held something back, or no longer does, since then is sent whole: what was withheld has not changed meanwhile. A minute for clocks that differ.
        jdbc.sql("""
            select t.patient, t.sent_at from members.transmission t where t.group_id = ? and t.app = ? and t.patient = any(?) and t.sent_at < ? and t.resources <> ''
              and string_to_array(t.resources, ',') @> ?::text[] and t.filters in ('', ?) and t.narrowed in ('', ?) and not exists (
              select from members.preference_version p where p.kind = 'SENSITIVE' and p.recorded_at >= t.sent_at - interval '1 minute'
                and (p.patient = t.patient or p.patient in (select m.merged from members.merge m where m.survivor = t.patient and m.undone_at is null)))""")
            .params(group, app, patients.toArray(String[]::new), Instants.sql(before), types.toArray(String[]::new), filters, narrowed)
            .query((row, number) -> sent.put(row.getString(1), Instants.required(row, "sent_at"))).list();
        return sent;
    }

    private static Attribution attribution(ResultSet row, int number) throws SQLException {
        return new Attribution(row.getString("patient"), row.getString("provider_npi"), row.getString("coverage"), Instants.required(row, "starts"), Instants.read(row, "ends"));
    }

    private static ProviderGroup group(ResultSet row, int number) throws SQLException {
        return new ProviderGroup(row.getString("id"), ProviderGroup.Kind.valueOf(row.getString("kind")), row.getString("name"), row.getString("npi"), row.getString("tin"), row.getString("organization"),
            row.getString("contract"), ProviderGroup.ListStatus.valueOf(row.getString("list_status").toUpperCase(Locale.ROOT)), Instants.required(row, "changed_at"));
    }
}
