package dev.portolan.provideraccess;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.members.MembersSchema;
import dev.portolan.members.attribution.Attribution;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.attribution.NetworkParticipation;
import dev.portolan.members.attribution.ProviderGroup;
import dev.portolan.members.consent.ConsentEngine;
import dev.portolan.members.consent.ConsentPolicy;
import dev.portolan.members.consent.Preference;
import dev.portolan.members.consent.PreferenceRecord;
import dev.portolan.members.consent.Preferences;
import dev.portolan.store.Grant;
import dev.portolan.store.GrantRefusedException;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.ScanRange;
import dev.portolan.store.ScanRequest;
import dev.portolan.store.ScanSink;
import dev.portolan.store.StoredResource;
import dev.portolan.store.SearchRequest;
import dev.portolan.store.StoreSettings;
import dev.portolan.store.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Random histories of rosters, additions, removals, opt-outs, networks and bindings, with time passing between them: at every moment that is tried, what an app can read, search and export is what an oracle
 * says that knows nothing of panels and goes through all that ever happened ({@code -Dportolan.histories=N}, {@code -Dportolan.seed=N}).
 */
class AttributionHistoryTest {

    private static final List<String> PATIENTS = List.of("p0", "p1", "p2", "p3", "p4", "p5");
    private static final List<String> GROUPS = List.of("g0", "g1", "g2");
    private static final List<String> APPS = List.of("a0", "a1");
    private static final List<String> NPIS = List.of("1234567893", "1679576722", "1982947230", "1245319599");
    private static final int STEPS = 14;

    private static HikariDataSource pool;
    private static RecordDatabase database;
    private static SearchQueryParser parser;
    private static MembersSchema schema;

    @BeforeAll
    static void open() throws Exception {
        pool = TestDatabase.migrated();
        schema = MembersSchema.migrate(pool, "postgres");
        FhirPackages packages = FhirPackages.load(new PackageSources(null, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), List.of());
        SearchDefinitions definitions = SearchDefinitions.compile(packages);
        database = RecordDatabase.open(pool, definitions.parameters(), definitions.extractor(), definitions.matcher(), StoreSettings.DEFAULT);
        parser = definitions.parser(new PackageTerminology(packages), SearchBounds.DEFAULT, Clock.systemUTC());
        Grant everything = grant(new Grant.Members.Everyone(), "loader");
        for (String patient : PATIENTS) {
            put(everything, "{\"resourceType\":\"Patient\",\"id\":\"" + patient + "\"}");
            put(everything, "{\"resourceType\":\"Observation\",\"id\":\"o-" + patient + "\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/" + patient + "\"}}");
        }
    }

    @AfterAll
    static void close() {
        database.close();
        pool.close();
    }

    private static void put(Grant grant, String json) {
        JsonDocument resource = JsonDocument.parse(json);
        database.records().open(grant).write(transaction -> transaction.put(new ResourceKey(resource.root().fieldText("resourceType"), resource.root().fieldText("id")), resource));
    }

    private static Grant grant(Grant.Members members, String app) {
        return new Grant(app, app, null, Purpose.TREATMENT, members, Map.of("*", new Grant.Rule(Set.of(Interaction.values()), List.of())), Set.of(), Set.of());
    }

    /** Time goes as the test says. */
    private static final class TestClock extends Clock {
        private Instant now = Instant.parse("2027-01-01T00:00:00Z");

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    /** All that happened, kept plainly: the last word on each thing, and nothing derived from it. */
    private static final class Oracle {
        private final Map<String, Map<String, Attribution>> lists = new HashMap<>();
        private final Map<String, String> npiOfGroup = new HashMap<>();
        private final Map<String, Boolean> denied = new HashMap<>();
        private final Map<String, Set<String>> groupsOfApp = new HashMap<>();
        private List<NetworkParticipation> network = List.of();

        private boolean inNetwork(String npi, Instant at) {
            return network.stream().anyMatch(it -> it.npi().equals(npi) && !it.starts().isAfter(at) && (it.ends() == null || it.ends().isAfter(at)));
        }

        Set<String> ofGroup(String group, Instant at) {
            Set<String> patients = new TreeSet<>();
            String npi = npiOfGroup.get(group);
            if (npi != null && inNetwork(npi, at)) {
                lists.getOrDefault(group, Map.of()).values().forEach(it -> {
                    boolean runs = !it.starts().isAfter(at) && (it.ends() == null || it.ends().isAfter(at));
                    boolean provider = it.providerNpi().isEmpty() || it.providerNpi().equals(npi) || inNetwork(it.providerNpi(), at);
                    if (runs && provider && !denied.getOrDefault(it.patient(), false)) {
                        patients.add(it.patient());
                    }
                });
            }
            return patients;
        }

        Set<String> ofApp(String app, Instant at) {
            Set<String> patients = new TreeSet<>();
            groupsOfApp.getOrDefault(app, Set.of()).forEach(group -> patients.addAll(ofGroup(group, at)));
            return patients;
        }

        private static boolean runsOn(Attribution attribution, Instant at) {
            return attribution.ends() == null || attribution.ends().isAfter(at);
        }

        void put(String group, Attribution asked, Instant now) {
            Map<String, Attribution> list = lists.computeIfAbsent(group, id -> new HashMap<>());
            String key = asked.patient() + "/" + asked.providerNpi();
            Attribution before = list.get(key);
            Instant starts = asked.starts() != null ? asked.starts() : before != null && runsOn(before, now) ? before.starts() : now;
            list.put(key, new Attribution(asked.patient(), asked.providerNpi(), "", starts, asked.ends()));
        }

        void drop(String group, String key, Instant now) {
            Attribution before = lists.get(group).get(key);
            if (runsOn(before, now)) {
                if (before.starts().isBefore(now)) {
                    lists.get(group).put(key, new Attribution(before.patient(), before.providerNpi(), "", before.starts(), now));
                } else {
                    lists.get(group).remove(key);
                }
            }
        }
    }

    @Test
    void what_an_app_reads_searches_and_exports_is_what_the_oracle_says_at_every_moment() throws Exception {
        int histories = Integer.getInteger("portolan.histories", 20);
        long first = Long.getLong("portolan.seed", 20270101L);
        int tried = 0;
        for (long seed = first; seed < first + histories; seed++) {
            tried += history(seed);
        }
        assertThat(tried).isGreaterThan(histories * STEPS);
    }

    private int history(long seed) throws Exception {
        forget();
        Random random = new Random(seed);
        TestClock clock = new TestClock();
        Preferences preferences = new Preferences(pool, schema, new PreferenceRecord(database, "plan"), event -> { }, clock);
        ConsentPolicy policy = ConsentPolicy.DEFAULT;
        ConsentEngine engine = new ConsentEngine(preferences, policy, patient -> null);
        Attributions attributions = new Attributions(pool, schema, database.panels(), preferences, engine, policy, clock);
        Oracle oracle = new Oracle();
        int moments = 0;
        List<String> story = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            story.add(clock.now + " " + happen(random, clock, attributions, preferences, oracle));
            int looks = 1 + random.nextInt(2);
            for (int look = 0; look < looks; look++) {
                for (String app : APPS) {
                    check(app, attributions, oracle, clock.now, "seed " + seed + ", at " + clock.now + "\n" + String.join("\n", story));
                    moments++;
                }
                clock.now = clock.now.plus(Duration.ofHours(random.nextInt(36)));
            }
        }
        return moments;
    }

    private static void forget() throws Exception {
        try (var connection = pool.getConnection(); var statement = connection.createStatement()) {
            statement.execute("truncate members.provider_group, members.attribution, members.group_app, members.network_participation, members.preference, members.preference_version, members.transmission, store.panel_member, store.panel_withheld");
        }
    }

    private static <T> T any(Random random, List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private static ProviderGroup group(String id, Oracle oracle, Random random) {
        String npi = oracle.npiOfGroup.computeIfAbsent(id, any -> any(random, NPIS));
        return new ProviderGroup(id, ProviderGroup.Kind.ATTRIBUTED, "Group " + id, npi, "", "", "", ProviderGroup.ListStatus.OPEN, Instant.EPOCH);
    }

    private static Attribution attribution(Random random, Instant now) {
        Instant starts = random.nextInt(3) == 0 ? null : now.plus(Duration.ofHours(random.nextInt(120) - 60));
        Instant ends = random.nextBoolean() ? null : (starts == null ? now : starts).plus(Duration.ofHours(1 + random.nextInt(90)));
        return new Attribution(any(random, PATIENTS), random.nextBoolean() ? "" : any(random, NPIS), "", starts, ends);
    }

    private static String happen(Random random, TestClock clock, Attributions attributions, Preferences preferences, Oracle oracle) {
        Instant now = clock.now;
        String group = any(random, GROUPS);
        Attributions.Origin origin = new Attributions.Origin("test", "roster");
        switch (random.nextInt(8)) {
            case 0, 1 -> {
                Map<String, Attribution> roster = new HashMap<>();
                for (int i = random.nextInt(5); i >= 0; i--) {
                    Attribution one = attribution(random, now);
                    roster.put(one.patient() + "/" + one.providerNpi(), one);
                }
                try {
                    attributions.replace(group(group, oracle, random), roster.values(), origin);
                } catch (IllegalArgumentException endsBeforeItBegan) {
                    return "roster refused for " + group;
                }
                for (String key : List.copyOf(oracle.lists.computeIfAbsent(group, id -> new HashMap<>()).keySet())) {
                    if (!roster.containsKey(key)) {
                        oracle.drop(group, key, now);
                    }
                }
                roster.values().forEach(one -> oracle.put(group, one, now));
                return "roster for " + group + ": " + roster.values();
            }
            case 2 -> {
                attributions.keep(group(group, oracle, random));
                Attribution one = attribution(random, now);
                try {
                    attributions.add(group, one, origin);
                } catch (IllegalArgumentException endsBeforeItBegan) {
                    return "addition refused for " + group;
                }
                oracle.put(group, one, now);
                return "added to " + group + ": " + one;
            }
            case 3 -> {
                String patient = any(random, PATIENTS);
                attributions.remove(group, patient, null, origin);
                List.copyOf(oracle.lists.getOrDefault(group, Map.of()).keySet()).stream().filter(key -> key.startsWith(patient + "/")).forEach(key -> oracle.drop(group, key, now));
                return "removed from " + group + ": " + patient;
            }
            case 4, 5 -> {
                String patient = any(random, PATIENTS);
                boolean deny = random.nextBoolean();
                preferences.record(new Preferences.Choice(patient, Preference.Kind.PROVIDER_ACCESS, "", deny ? Preference.Decision.DENY : Preference.Decision.PERMIT, Set.of(), null),
                    new Preference.Recorded("test", "self", "api", "en"));
                oracle.denied.put(patient, deny);
                return (deny ? "opted out: " : "opted in: ") + patient;
            }
            case 6 -> {
                List<NetworkParticipation> network = NPIS.stream().filter(npi -> random.nextInt(5) > 0)
                    .map(npi -> new NetworkParticipation(npi, now.plus(Duration.ofHours(random.nextInt(60) - 50)), random.nextInt(3) > 0 ? null : now.plus(Duration.ofHours(11 + random.nextInt(60))))).toList();
                attributions.replaceNetwork(network);
                oracle.network = network;
                return "network: " + network;
            }
            default -> {
                String app = any(random, APPS);
                attributions.keep(group(group, oracle, random));
                if (random.nextInt(3) > 0) {
                    attributions.bind(app, group, "test");
                    oracle.groupsOfApp.computeIfAbsent(app, id -> new TreeSet<>()).add(group);
                    return "bound " + app + " to " + group;
                }
                attributions.unbind(app, group, "test");
                oracle.groupsOfApp.computeIfAbsent(app, id -> new TreeSet<>()).remove(group);
                return "unbound " + app + " from " + group;
            }
        }
    }

    private void check(String app, Attributions attributions, Oracle oracle, Instant now, String story) throws IOException {
        Set<String> expected = oracle.ofApp(app, now);
        Grant grant = grant(new Grant.Members.Panel(attributions.panelOf(app)), app);
        RecordView view = database.records().open(grant);
        assertThat(read(view)).as("read by " + app + ", " + story).isEqualTo(expected);
        SearchQuery query = parser.parse(List.of("Observation"), List.<RawParameter>of(), Set.of(), true);
        Set<String> found = new TreeSet<>();
        view.search(new SearchRequest(query, null, 100)).entries().forEach(entry -> found.add(entry.resource().key().id().substring(2)));
        assertThat(found).as("searched by " + app + ", " + story).isEqualTo(expected);
        for (ProviderGroup group : attributions.groupsOf(app)) {
            Set<String> inGroup = oracle.ofGroup(group.id(), now);
            assertThat(exported(view, attributions.panelOfGroup(group.id()))).as("exported of " + group.id() + " by " + app + ", " + story).isEqualTo(inGroup);
            Set<String> listed = new TreeSet<>();
            attributions.listed(group.id()).forEach(member -> listed.add(member.attribution().patient()));
            assertThat(listed).as("listed in " + group.id() + ", " + story).isEqualTo(inGroup);
        }
    }

    private static Set<String> read(RecordView view) {
        Set<String> read = new TreeSet<>();
        for (String patient : PATIENTS) {
            try {
                if (view.read(new ResourceKey("Patient", patient)) instanceof ReadResult.Found) {
                    read.add(patient);
                }
            } catch (GrantRefusedException refused) {
                assertThat(view.read(new ResourceKey("Observation", "o-" + patient))).isInstanceOf(ReadResult.Absent.class);
            }
        }
        return read;
    }

    private static Set<String> exported(RecordView view, String panel) throws IOException {
        Set<String> exported = new TreeSet<>();
        var scan = view.scan(new ScanRequest(Set.of("Observation"), Map.of(), Instant.now(), null, null, panel, ScanRequest.Shared.REFERENCED));
        for (ScanRange range : scan.ranges(100)) {
            scan.read(range, new ScanSink() {
                @Override
                public boolean member(String patientId) {
                    return true;
                }

                @Override
                public void resource(String type, StoredResource.Content content) {
                    exported.add(JsonDocument.parse(content.json()).root().fieldText("id").substring(2));
                }

                @Override
                public void deleted(ResourceKey key) {
                    // nothing is
                }
            });
        }
        return exported;
    }
}
