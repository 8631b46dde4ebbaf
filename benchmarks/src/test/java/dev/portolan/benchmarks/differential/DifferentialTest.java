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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Portolan and HAPI FHIR's JPA server on the same members: what a search, a transaction, a conditional write should do. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIfSystemProperty(named = "portolan.differential", matches = "true", disabledReason = "differences to the peer are still being settled: ./portolan test -Dportolan.differential=true asks them")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DifferentialTest {

    private static final Path CHECKOUT = Path.of("..");
    private static final int MEMBERS = 20;
    private static final int OF_A_TYPE = 5;
    private static final long FIXED_SEED = 42;

    private SampleData data;
    private PostgresCluster ourDatabase;
    private PostgresCluster peerDatabase;
    private FhirServer portolan;
    private FhirServer peerServer;
    private FhirClient ours;
    private FhirClient peer;

    @BeforeAll
    void loadBothServers(@TempDir Path work) throws IOException {
        Path cache = Path.of(System.getProperty("user.home"), ".cache", "portolan");
        data = SampleData.of(SyntheticData.of(MEMBERS, cache), OF_A_TYPE);
        ourDatabase = PostgresCluster.start(work.resolve("ours/database"));
        peerDatabase = PostgresCluster.start(work.resolve("peer/database"));
        CompletableFuture<FhirServer> portolanStarts = startAndLoad(() -> PortolanServerProcess.start(
                CHECKOUT.resolve("server/target/portolan.jar"), ourDatabase, work.resolve("ours/data"), "1g", work.resolve("portolan.log")));
        CompletableFuture<FhirServer> peerStarts = startAndLoad(() -> PeerServerProcess.start(
                CHECKOUT.resolve("peer"), peerDatabase, "differential", "3g", work.resolve("peer.log")));
        portolan = portolanStarts.join();
        peerServer = peerStarts.join();
        ours = new FhirClient(portolan.base(), portolan.authorization());
        peer = new FhirClient(peerServer.base(), peerServer.authorization());
    }

    private CompletableFuture<FhirServer> startAndLoad(Supplier<FhirServer> start) {
        return CompletableFuture.supplyAsync(() -> {
            FhirServer server = start.get();
            try {
                DifferentialRun.load(new FhirClient(server.base(), server.authorization()), data.targetsFirst());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return server;
        });
    }

    @AfterAll
    void stopBothServers() throws IOException {
        for (AutoCloseable running : new AutoCloseable[] {portolan, peerServer, ourDatabase, peerDatabase}) {
            try {
                if (running != null) {
                    running.close();
                }
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    @Order(1)
    void searchesOfTheFixedSeedAreAnsweredAlike() throws IOException {
        answeredAlike(FIXED_SEED, 1_600);
    }

    @Test
    @Order(2)
    void searchesOfANewSeedAreAnsweredAlike() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed of this run: " + seed);
        answeredAlike(seed, 600);
    }

    private void answeredAlike(long seed, int searches) throws IOException {
        List<SearchQuestion> questions = new QuestionGenerator(data, ParameterDefinition.baseDefinitions(), seed).generate(searches);
        DifferentialReport report = new DifferentialRun(ours, peer, data).searches(questions);
        report.print(System.out);
        assertThat(report.asked()).isEqualTo(searches);
        assertThat(report.answeredWithMatches()).as("searches that find something").isGreaterThan(searches / 2);
        assertThat(report.unexplained()).as("differences that no sentence of the specification explains").isEmpty();
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
