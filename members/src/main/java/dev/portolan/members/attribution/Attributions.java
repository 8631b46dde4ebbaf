package dev.portolan.members.attribution;

import dev.portolan.members.MembersSchema;
import dev.portolan.members.consent.ConsentEngine;
import dev.portolan.members.consent.ConsentPolicy;
import dev.portolan.members.consent.Preferences;
import dev.portolan.store.Panels;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Changes to who is whose patient. Each is one transaction, holds from its end, and leaves what was known before as it was. */
public final class Attributions {

    private final TransactionTemplate transactions;
    /** A list and its panel as they were at one instant. */
    private final TransactionTemplate looks;
    private final JdbcClient jdbc;
    private final AttributionRows rows;
    private final AttributedPanels panels;
    private final Clock clock;
    /** Whoever waits for the lock in the database holds a connection meanwhile: of each node one does. */
    private final ReentrantLock oneAtATime = new ReentrantLock();

    /** @param preferences whose decisions change the panels from now on */
    public Attributions(DataSource dataSource, MembersSchema migrated, Panels panels, Preferences preferences, ConsentEngine consents, ConsentPolicy policy, Clock clock) {
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(dataSource));
        this.looks = new TransactionTemplate(new JdbcTransactionManager(dataSource));
        this.looks.setReadOnly(true);
        this.looks.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
        this.jdbc = JdbcClient.create(dataSource);
        this.rows = new AttributionRows(jdbc);
        this.panels = new AttributedPanels(dataSource, panels, consents, policy, clock);
        this.clock = clock;
        preferences.follow(this.panels);
    }

    /** Who recorded it, and from what. */
    public record Origin(String by, String source) {}

    /** How many members' attributions came, changed and went. */
    public record Changes(int added, int changed, int dropped) {}

    private <T> T change(Supplier<T> work) {
        oneAtATime.lock();
        try {
            return Objects.requireNonNull(transactions.execute(status -> {
                panels.lock();
                return work.get();
            }));
        } finally {
            oneAtATime.unlock();
        }
    }

    /** Makes a list, or gives the one of that id these particulars. It has no members yet that it did not have. */
    public void keep(ProviderGroup group) {
        change(() -> {
            rows.save(group, clock.instant());
            panels.count(Set.of(group.id()), null);
            return 0;
        });
    }

    /** The whole list as the plan has it now: who is not in it is no patient of that provider from now on. */
    public Changes replace(ProviderGroup group, Collection<Attribution> members, Origin origin) {
        return change(() -> {
            Instant now = clock.instant();
            rows.save(group, now);
            Map<AttributionRows.Key, Attribution> standing = new HashMap<>();
            rows.standing(group.id()).forEach(attribution -> standing.put(AttributionRows.Key.of(attribution), attribution));
            Map<AttributionRows.Key, Attribution> wanted = new LinkedHashMap<>();
            members.forEach(member -> wanted.put(AttributionRows.Key.of(member), member));
            AttributionRows.Batch batch = new AttributionRows.Batch();
            wanted.forEach((key, member) -> batch.put(standing.get(key), member, now));
            standing.forEach((key, member) -> {
                if (!wanted.containsKey(key)) {
                    batch.drop(member, now);
                }
            });
            rows.write(group.id(), batch, origin, now);
            panels.count(Set.of(group.id()), null);
            return batch.changes();
        });
    }

    /** One more patient, or another period for one. */
    public Changes add(String group, Attribution member, Origin origin) {
        return add(group, List.of(member), origin);
    }

    /** Of several that are about the same patient and practitioner the last one counts. */
    public Changes add(String group, Collection<Attribution> members, Origin origin) {
        return change(() -> {
            Instant now = clock.instant();
            AttributionRows.Batch batch = new AttributionRows.Batch();
            Set<String> patients = new TreeSet<>();
            Map<AttributionRows.Key, Attribution> wanted = new LinkedHashMap<>();
            members.forEach(member -> wanted.put(AttributionRows.Key.of(member), member));
            for (Attribution member : wanted.values()) {
                batch.put(rows.standing(group, member.patient(), member.providerNpi()).stream().findFirst().orElse(null), member, now);
                patients.add(member.patient());
            }
            rows.write(group, batch, origin, now);
            panels.count(Set.of(group), patients);
            return batch.changes();
        });
    }

    /**
     * No patient any more from now on, under whichever name the list has the member.
     *
     * @param providerNpi of which practitioner; null for all of the organization
     * @return without any change if the member was not in the list
     */
    public Changes remove(String group, String patient, @Nullable String providerNpi, Origin origin) {
        return change(() -> {
            Instant now = clock.instant();
            AttributionRows.Batch batch = new AttributionRows.Batch();
            rows.standingOfRecord(group, patient, providerNpi).forEach(member -> batch.drop(member, now));
            rows.write(group, batch, origin, now);
            panels.count(Set.of(group), Set.of(patient));
            return batch.changes();
        });
    }

    /** The whole network as the plan has it now. */
    public void replaceNetwork(Collection<NetworkParticipation> participations) {
        change(() -> {
            Instant now = clock.instant();
            if (rows.replaceNetwork(participations, now)) {
                rows.changed(rows.groups(), now);
            }
            panels.count(rows.groups(), null);
            return 0;
        });
    }

    public void status(String group, ProviderGroup.ListStatus status) {
        change(() -> rows.status(group, status, clock.instant()));
    }

    /** From now on the app has this list. */
    public void bind(String app, String group, String by) {
        change(() -> {
            rows.bind(app, group, by, clock.instant());
            panels.countApp(app, null);
            return 0;
        });
    }

    public void unbind(String app, String group, String by) {
        change(() -> {
            rows.unbind(app, group, by, clock.instant());
            panels.countApp(app, null);
            return 0;
        });
    }

    /** Counts everybody anew: for a policy that changed, at a start. */
    public void recount() {
        change(() -> {
            panels.count(rows.groups(), null);
            return 0;
        });
    }

    /** Counts these members anew, in the caller's transaction: for a merge, or its undoing. */
    public void recount(Collection<String> patients) {
        panels.of(patients);
    }

    /** Before a merge takes any other lock: whoever changes panels takes this one first. Held to the end of the caller's transaction. */
    public void lock() {
        panels.lock();
    }

    /** What changed by time alone takes effect: attributions that have begun or ended since. Cheap where there are none. */
    public void settle() {
        Instant now = clock.instant();
        if (!rows.isDue(now)) {
            return;
        }
        change(() -> {
            if (rows.settleNetwork(now) > 0) {
                rows.settle(now);
                rows.changed(rows.groups(), now);
                panels.count(rows.groups(), null);
            } else {
                Map<String, Set<String>> byGroup = rows.settle(now);
                byGroup.forEach((group, patients) -> panels.count(Set.of(group), patients));
            }
            return 0;
        });
    }

    /** The panel that an app's right reaches at this moment. An app without any list has an empty one. */
    public String panelOf(String app) {
        settle();
        return AttributedPanels.ofApp(app);
    }

    /** The panel of a list at this moment. */
    public String panelOfGroup(String group) {
        settle();
        return AttributedPanels.ofGroup(group);
    }

    /** Whether a provider is in the plan's network at this moment. */
    public boolean participates(String npi) {
        settle();
        return rows.participates(npi);
    }

    /** An app's lists, by id. */
    public List<ProviderGroup> groupsOf(String app) {
        settle();
        return rows.groupsOf(app);
    }

    /** Empty if there is no such list, or it is not this app's. */
    public Optional<ProviderGroup> find(String app, String group) {
        return groupsOf(app).stream().filter(it -> it.id().equals(group)).findFirst();
    }

    public Optional<ProviderGroup> find(String group) {
        return rows.find(group);
    }

    /** The apps that have a list. */
    public List<String> appsOf(String group) {
        return rows.appsOf(group);
    }

    /** Whose attribution to a list runs, at this moment, who did not opt out, and whose provider is in the network: those in its panel. Who is merged is listed as the survivor. */
    public List<Attribution.Listed> listed(String group) {
        settle();
        return Objects.requireNonNull(looks.execute(status -> {
            Set<String> members = panels.members(group);
            return rows.listed(group, "").stream().filter(listed -> members.contains(listed.attribution().patient())).toList();
        }));
    }

    /** The same as one app is told of it: without those who shut that app out, and with what was sent to it. */
    public List<Attribution.Listed> listed(String group, String app) {
        settle();
        return Objects.requireNonNull(looks.execute(status -> {
            Set<String> members = panels.members(group, app);
            return rows.listed(group, app).stream().filter(listed -> members.contains(listed.attribution().patient())).toList();
        }));
    }

    /** How many members {@link #listed} would give. */
    public int quantity(String group) {
        settle();
        return Math.toIntExact(panels.size(group));
    }

    /** The same as one app is told of it. */
    public int quantity(String group, String app) {
        settle();
        return Objects.requireNonNull(looks.execute(status -> panels.isShutOut(app) ? panels.members(group, app).size() : Math.toIntExact(panels.size(group))));
    }

    /** How many members are not in the list because they opted out. */
    public int optedOut(String group) {
        settle();
        return Math.toIntExact(Objects.requireNonNull(looks.execute(status -> rows.attributed(group) - panels.size(group))));
    }

    /** Every version that was ever known, oldest first. */
    public List<Attribution.Version> versions(String group) {
        return rows.versions(group);
    }

    /** Whose patients they were at an instant, as it was known then; opt-outs and the network aside. */
    public Set<String> attributedAt(String group, Instant at) {
        return rows.attributedAt(group, at);
    }

    /** Those of these members whose record held another's, too, and was parted from it since an instant. */
    public Set<String> partedSince(Instant since, Collection<String> patients) {
        return rows.partedSince(since, patients);
    }

    /**
     * What an app got of members.
     *
     * @param since what changed before was left out; null if nothing was left out for that
     * @param until what changed up to then
     * @param resources their types
     * @param filters the same for the same; empty for none
     * @param narrowed what else was left out, the same for the same; empty for nothing
     */
    public record Sent(@Nullable Instant since, Instant until, String resources, String filters, String narrowed) {}

    /** What a provider's app got of these members, for its next delta. */
    public void sent(String group, String app, Collection<String> patients, Sent sent) {
        rows.sent(group, app, new ArrayList<>(patients), sent);
    }

    /** What a provider's app was to get of these members by then was not given out: they count as never sent, unless something was sent since. */
    public void notSent(String group, String app, Collection<String> patients, Instant by) {
        rows.notSent(group, app, patients, by);
    }

    /**
     * When a provider's app last got these members' data, of what it got before an instant; without those who were never sent by then, or not all that is asked for now: too much is better than a gap.
     *
     * @param types that are asked for now
     * @param filters the same as {@link Sent#filters} if the same is asked for
     * @param narrowed the same as {@link Sent#narrowed} if the same is left out
     */
    public Map<String, Instant> sentBefore(String group, String app, Collection<String> patients, Instant before, Set<String> types, String filters, String narrowed) {
        return rows.sentBefore(group, app, patients, before, types, filters, narrowed);
    }
}
