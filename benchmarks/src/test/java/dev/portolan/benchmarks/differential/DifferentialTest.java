package dev.portolan.benchmarks.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.benchmarks.data.SyntheticData;
import dev.portolan.benchmarks.http.FhirClient;
import dev.portolan.benchmarks.servers.FhirServer;
import dev.portolan.benchmarks.servers.PeerServerProcess;
import dev.portolan.benchmarks.servers.PortolanServerProcess;
import dev.portolan.benchmarks.servers.PostgresCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Portolan and HAPI FHIR's JPA server on the same members: what a search, a transaction, a conditional write should do. The new seed of a run is printed; {@code -Dportolan.differential.seed=N}
 * asks its searches again.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DifferentialTest {

    private static final Path CHECKOUT = Path.of("..");
    private static final int MEMBERS = 6;
    private static final int OF_A_TYPE = 5;
    private static final long FIXED_SEED = 42;

    /** What was started, the last first. */
    private final Deque<AutoCloseable> running = new ConcurrentLinkedDeque<>();
    private SampleData data;
    private Map<String, List<ParameterDefinition>> definitions;
    private FhirClient ours;
    private FhirClient peer;

    private interface Start {
        FhirServer on(PostgresCluster database);
    }

    @BeforeAll
    void loadBothServers(@TempDir Path work) throws IOException {
        definitions = ParameterDefinition.baseDefinitions();
        // A thread for each: they mostly wait for processes.
        Executor threads = task -> new Thread(task, "differential").start();
        CompletableFuture<SampleData> sample = CompletableFuture.supplyAsync(DifferentialTest::sample, threads);
        CompletableFuture<FhirClient> portolan = CompletableFuture.supplyAsync(() -> started(work.resolve("ours"), database -> PortolanServerProcess.start(
                CHECKOUT.resolve("server/target/portolan.jar"), database, work.resolve("ours/data"), work.resolve("portolan.log"))), threads);
        CompletableFuture<FhirClient> hapi = CompletableFuture.supplyAsync(() -> started(work.resolve("peer"), database -> PeerServerProcess.start(
                CHECKOUT.resolve("peer"), database, "differential", "2g", work.resolve("peer.log"))), threads);
        // All of them, whichever fails: what one has started has to be known before it can be stopped.
        CompletableFuture.allOf(
                sample.thenAcceptBoth(portolan, DifferentialTest::load),
                sample.thenAcceptBoth(hapi, DifferentialTest::load)).join();
        data = sample.join();
        ours = portolan.join();
        peer = hapi.join();
    }

    private static SampleData sample() {
        try {
            return SampleData.of(SyntheticData.of(MEMBERS, Path.of(System.getProperty("user.home"), ".cache", "portolan")), OF_A_TYPE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private FhirClient started(Path folder, Start start) {
        try {
            PostgresCluster database = PostgresCluster.start(folder.resolve("database"));
            running.push(database);
            FhirServer server = start.on(database);
            running.push(server);
            return new FhirClient(server.base(), server.authorization());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void load(SampleData sample, FhirClient server) {
        try {
            DifferentialRun.load(server, sample.targetsFirst());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterAll
    void stopWhatRuns() {
        IllegalStateException failed = new IllegalStateException("not everything could be stopped");
        for (AutoCloseable each : running) {
            try {
                each.close();
            } catch (Exception e) {
                failed.addSuppressed(e);
            }
        }
        if (failed.getSuppressed().length > 0) {
            throw failed;
        }
    }

    @Test
    @Order(1)
    void searchesOfTheFixedSeedAreAnsweredAlike() {
        assertThat(answeredAlike(FIXED_SEED, 1_450).unexplained()).as("differences that no sentence of the specification explains").isEmpty();
    }

    /** What seeds of earlier runs found, and every later run asks again. */
    @Test
    @Order(1)
    void searchesThatOnceDifferedAreAnsweredAlike() {
        List<SearchQuestion> questions = List.of(
                SearchQuestion.of("found", "Observation", "combo-value-quantity", "ne176.6"),
                SearchQuestion.of("found", "Observation", "combo-value-quantity", "ne5.4"),
                SearchQuestion.of("found", "Observation", "component-value-quantity", "ge120").and("patient", "Patient/edge-accents/_history/1"),
                SearchQuestion.of("found", "Observation", "patient", "Patient/edge-accents/_history/1"));
        AcceptedDifferences accepted = new AcceptedDifferences(data, new PlainSearch(data, definitions));
        DifferentialReport report = new DifferentialRun(ours, peer, accepted).searches(questions);
        report.print(System.out);
        assertThat(report.unexplained()).isEmpty();
    }

    @Test
    @Order(2)
    void searchesOfANewSeedAreAnsweredAlike() {
        long seed = Long.getLong("portolan.differential.seed", System.nanoTime());
        System.out.println("searches of a new seed; to ask them again: -Dportolan.differential.seed=" + seed + ", and more of them: -Dportolan.differential.searches=5000");
        DifferentialReport report = answeredAlike(seed, Integer.getInteger("portolan.differential.searches", 600));
        assertThat(report.unexplained()).as("differences that no sentence of the specification explains").isEmpty();
    }

    private DifferentialReport answeredAlike(long seed, int searches) {
        List<SearchQuestion> questions = new QuestionGenerator(data, definitions, seed).generate(searches);
        AcceptedDifferences accepted = new AcceptedDifferences(data, new PlainSearch(data, definitions));
        DifferentialReport report = new DifferentialRun(ours, peer, accepted).searches(questions);
        report.print(System.out);
        assertThat(report.asked()).isEqualTo(searches);
        assertThat(report.answeredWithMatches()).as("searches that find something").isGreaterThan(searches / 2);
        return report;
    }

    @Test
    @Order(3)
    void transactionsAndConditionalInteractionsAreAnsweredAlike() throws IOException {
        InteractionComparison comparison = InteractionComparison.of(ours, peer);
        comparison.print(System.out);
        assertThat(comparison.played()).isGreaterThan(40);
        assertThat(comparison.unexplained()).isEmpty();
    }
}
