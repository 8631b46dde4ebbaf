package dev.portolan.members.attribution;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What stood in providers' lists in a time that is asked about, from their history: for the plan's reports. */
public final class ListFigures {

    /** As it stood at an instant, which is bound twice. */
    private static final String MERGED = "select merged as patient, survivor, merged_at from members.merge where merged_at < ? and (undone_at is null or undone_at >= ?)";

    private final JdbcClient jdbc;

    /** @param dataSource whose schema {@code members} is there */
    public ListFigures(DataSource dataSource) {
        this.jdbc = JdbcClient.create(dataSource);
    }

    /**
     * One organization's list.
     *
     * @param apps client ids that had the list at some moment of the time
     * @param attributed members who were its patients at the end of the time, as it was known then
     * @param optedOut those of them who had said no to Provider Access by then
     */
    public record Figures(String group, String name, String npi, List<String> apps, int attributed, int optedOut) {}

    /** @param to excluded */
    public List<Figures> of(Instant from, Instant to) {
        OffsetDateTime start = Instants.sql(from);
        OffsetDateTime end = Instants.sql(to);
        return jdbc.sql("""
            with merged as (%s),
            attributed as (
              select distinct a.group_id, coalesce(m.survivor, a.patient) as patient from members.attribution a left join merged m on m.patient = a.patient
              where a.recorded_at < ? and (a.superseded_at is null or a.superseded_at >= ?) and a.starts < ? and (a.ends is null or a.ends >= ?)),
            decided as (select distinct on (patient) patient, decision, recorded_at from members.preference_version where kind = 'PROVIDER_ACCESS' and recorded_at < ? order by patient, recorded_at desc, version desc),
            denied as (
              select distinct coalesce(m.survivor, d.patient) as patient from decided d left join merged m on m.patient = d.patient
              where d.decision = 'DENY' and not exists (select from decided s where s.patient = m.survivor and s.recorded_at > m.merged_at and s.recorded_at > d.recorded_at))
            select g.id, g.name, g.npi, array(select distinct b.app from members.group_app b where b.group_id = g.id and b.recorded_at < ? and (b.ended_at is null or b.ended_at > ?) order by b.app) as apps,
              (select count(*) from attributed a where a.group_id = g.id) as attributed, (select count(*) from attributed a join denied d on d.patient = a.patient where a.group_id = g.id) as opted_out
            from members.provider_group g where g.created_at < ? order by g.name, g.id""".formatted(MERGED))
            .params(end, end, end, end, end, end, end, end, start, end)
            .query((row, number) -> new Figures(row.getString("id"), row.getString("name"), row.getString("npi"), List.of((String[]) row.getArray("apps").getArray()), row.getInt("attributed"),
                row.getInt("opted_out"))).list();
    }

    /** Whom each member was merged into at an instant, by the Patients' ids: two names of one person are one patient. */
    public Map<String, String> survivors(Instant at) {
        Map<String, String> survivors = new HashMap<>();
        jdbc.sql(MERGED).params(Instants.sql(at), Instants.sql(at)).query((row, number) -> survivors.put(row.getString("patient"), row.getString("survivor"))).list();
        return survivors;
    }

    /** Different members who said no to Provider Access within a time. */
    public int optOuts(Instant from, Instant to) {
        return jdbc.sql("select count(distinct patient) from members.preference_version where kind = 'PROVIDER_ACCESS' and decision = 'DENY' and recorded_at >= ? and recorded_at < ?")
            .params(Instants.sql(from), Instants.sql(to)).query(Integer.class).single();
    }

    /** Patient ids of those who were in the list at some moment of the time. */
    public Set<String> patients(String group, Instant from, Instant to) {
        return new TreeSet<>(jdbc.sql("""
            select distinct patient from members.attribution
            where group_id = ? and recorded_at < ? and (superseded_at is null or superseded_at > ?) and starts < ? and (ends is null or ends > ?)""")
            .params(group, Instants.sql(to), Instants.sql(from), Instants.sql(to), Instants.sql(from)).query(String.class).list());
    }
}
