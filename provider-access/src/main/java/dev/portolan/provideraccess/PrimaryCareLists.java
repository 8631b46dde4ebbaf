package dev.portolan.provideraccess;

import dev.portolan.jobs.JobKind;
import dev.portolan.jobs.Jobs;
import dev.portolan.members.attribution.Attribution;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.attribution.PrimaryCare;
import dev.portolan.members.attribution.ProviderGroup;
import dev.portolan.tables.OneTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Lists that follow from members' primary care practitioners. The plan says which practitioners are whose; the lists are counted when it does, when it asks for it (after enrollments were loaded), and each day. */
public final class PrimaryCareLists {

    static final String SOURCE = "primary-care";
    private static final Logger LOG = LoggerFactory.getLogger(PrimaryCareLists.class);
    private static final String KIND = "provider-primary-care";
    private static final Duration BETWEEN = Duration.ofDays(1);
    private static final Duration FIRST_PAUSE = Duration.ofMinutes(1);

    private static final String LOCK = "select pg_advisory_xact_lock(hashtextextended('provider_access.primary_care', 0))";

    private final DataSource dataSource;
    private final JdbcClient jdbc;
    private final TransactionTemplate transactions;
    private final Attributions attributions;
    private final PrimaryCare primaryCare;
    private final Clock clock;
    /** Whoever waits for the lock in the database holds a connection meanwhile: of each node one does. */
    private final ReentrantLock oneAtATime = new ReentrantLock();

    /** @param jobs not started yet */
    public PrimaryCareLists(DataSource dataSource, Attributions attributions, PrimaryCare primaryCare, Jobs jobs, Clock clock) {
        this.dataSource = dataSource;
        this.jdbc = JdbcClient.create(dataSource);
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(dataSource));
        this.attributions = attributions;
        this.primaryCare = primaryCare;
        this.clock = clock;
        jobs.add(new JobKind(KIND, Integer.MAX_VALUE, FIRST_PAUSE, new Daily()));
        jobs.submit(KIND, "all");
    }

    /** What became of a list. */
    record Counted(ProviderGroup group, int members, Attributions.Changes changes) {}

    private final class Daily implements JobKind.Work {

        @Override
        public JobKind.Next run(String id, JobKind.Running running) {
            for (Counted list : count(SOURCE)) {
                LOG.info("list {} counted by primary care: {} members, {} came, {} went", list.group().id(), list.members(), list.changes().added(), list.changes().dropped());
            }
            return new JobKind.Next.Again(BETWEEN);
        }

        @Override
        public void gaveUp(String id, Throwable cause) {
            throw new IllegalStateException("counting is never given up", cause);
        }
    }

    /** Whether a list follows from here, and so from no roster. */
    boolean has(String group) {
        return jdbc.sql("select exists (select from provider_access.primary_care where group_id = ?)").param(group).query(Boolean.class).single();
    }

    /** On all nodes. Who counts by what the plan said before would else bring patients back to a list that it has taken away meanwhile. */
    private <T> T alone(Supplier<T> work) {
        oneAtATime.lock();
        try (Connection held = dataSource.getConnection(); Statement lock = held.createStatement()) {
            return OneTransaction.on(held, () -> {
                lock.execute(LOCK);
                return work.get();
            });
        } catch (SQLException e) {
            throw new DataAccessResourceFailureException("The lists cannot be counted now.", e);
        } finally {
            oneAtATime.unlock();
        }
    }

    /** All of them from now on; a list that is named no more has no patients any more. */
    List<Counted> replace(Map<ProviderGroup, Set<String>> practitioners, String by) {
        return alone(() -> replaced(practitioners, by));
    }

    /** Every list anew, by the records as they are. */
    List<Counted> count(String by) {
        return alone(() -> counted(by));
    }

    private List<Counted> replaced(Map<ProviderGroup, Set<String>> practitioners, String by) {
        Map<ProviderGroup, Set<String>> before = practitioners();
        transactions.executeWithoutResult(status -> {
            jdbc.sql("delete from provider_access.primary_care").update();
            practitioners.forEach((group, npis) -> jdbc.sql("""
                insert into provider_access.primary_care (group_id, name, npi, tin, organization, contract, provider_npi) select ?, ?, ?, ?, ?, ?, p from unnest(?::text[]) as p""")
                .params(group.id(), group.name(), group.npi(), group.tin(), group.organization(), group.contract(), npis.toArray(String[]::new)).update());
        });
        Set<String> named = new TreeSet<>();
        practitioners.keySet().forEach(group -> named.add(group.id()));
        List<Counted> counted = new ArrayList<>(counted(by));
        before.keySet().stream().filter(group -> !named.contains(group.id())).forEach(group -> counted.add(put(group, List.of(), by)));
        return counted;
    }

    private List<Counted> counted(String by) {
        List<Counted> counted = new ArrayList<>();
        practitioners().forEach((group, npis) -> counted.add(put(group, primaryCare.patientsOf(npis), by)));
        return counted;
    }

    private Counted put(ProviderGroup group, List<Attribution> members, String by) {
        return new Counted(group, members.size(), attributions.replace(group, members, new Attributions.Origin(by, SOURCE)));
    }

    private Map<ProviderGroup, Set<String>> practitioners() {
        Map<ProviderGroup, Set<String>> practitioners = new LinkedHashMap<>();
        jdbc.sql("select group_id, name, npi, tin, organization, contract, array_agg(provider_npi order by provider_npi) from provider_access.primary_care group by 1, 2, 3, 4, 5, 6 order by 1")
            .query((row, number) -> practitioners.put(new ProviderGroup(row.getString(1), ProviderGroup.Kind.ATTRIBUTED, row.getString(2), row.getString(3), row.getString(4), row.getString(5), row.getString(6),
                ProviderGroup.ListStatus.OPEN, clock.instant()), new TreeSet<>(List.of((String[]) row.getArray(7).getArray())))).list();
        return practitioners;
    }
}
