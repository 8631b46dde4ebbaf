package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.portolan.store.RecordDatabase;

/**
 * Random grants and random calls over the whole server: no mark of a resource that the grant does not reach stands in an answer, its headers or its page links; a call that names something beyond the grant is answered as one
 * that names what there is not; and no total counts more than there is for the grant. While members hold back, opt out and shut out, records change hands, and two are merged and parted. What must be there is not asked
 * here, but in {@code LeakTest}.
 *
 * <p>{@code -Dportolan.beyond.seeds=1,2,fresh} and {@code -Dportolan.beyond.calls=300} ask for more; a failure names its seed.
 */
class NothingBeyondTest {

    private static final int CALLS = Integer.getInteger("portolan.beyond.calls", 30);
    private static final List<Long> SEEDS = Stream.of(System.getProperty("portolan.beyond.seeds", "3,24,31").split(",")).map(seed -> seed.equals("fresh") ? Long.valueOf(System.nanoTime()) : Long.valueOf(seed)).toList();
    private static final int RETRIES = 3;
    private static final String SOMETHING = "something given";
    private static final Pattern LINK = Pattern.compile("\"(http[^\"]*[?&]_page=[^\"]+)\"");
    private static final Pattern TOTAL = Pattern.compile("\"total\":(\\d+)");
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static PortolanServer server;
    private static final List<MarkedWorld> worlds = new ArrayList<>();
    private final Map<String, Integer> met = new TreeMap<>();

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", data.toString(), "portolan.package-registry", "off", "portolan.limits.app-per-minute", "0", "portolan.limits.token-per-minute", "0"));
        server.sandbox().orElseThrow().sampleApps();
        server.sandbox().orElseThrow().operatorToken(server.operatorApp());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void smt22_smt34_prv06_con06_no_byte_of_what_is_beyond_a_grant_is_in_an_answer() throws Exception {
        for (long seed : SEEDS) {
            try {
                run(seed);
            } catch (AssertionError | Exception e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        System.out.println("nothing beyond, seeds " + SEEDS + ": " + met);
        assertThat(met.getOrDefault(SOMETHING, 0)).as("a test that only meets refusals shows nothing: " + met).isGreaterThan(SEEDS.size() * CALLS / 4);
    }

    private void run(long seed) throws Exception {
        Random random = new Random(seed);
        MarkedWorld world = new MarkedWorld(random, server.part(RecordDatabase.class), "-" + worlds.size());
        worlds.add(world);
        MarkedPeople people = new MarkedPeople(server, world, random);
        Map<MarkedGrant, List<String>> links = new java.util.HashMap<>();
        for (Runnable step : people.steps()) {
            step.run();
            MarkedCalls calls = new MarkedCalls(world, server.part(Definitions.class).search().parameters(), random);
            Map<MarkedGrant, Set<String>> permitted = new java.util.HashMap<>();
            for (int i = 0; i < CALLS; i++) {
                MarkedGrant grant = people.grants().get(random.nextInt(people.grants().size()));
                Set<String> may = permitted.computeIfAbsent(grant, any -> any.permitted(worlds));
                List<String> given = links.getOrDefault(random.nextInt(5) == 0 ? one(people.grants(), random) : grant, List.of());
                MarkedCalls.Call call = !given.isEmpty() && random.nextInt(8) == 0 ? new MarkedCalls.Call("GET", one(given, random), null, "", List.of(), List.of()) : calls.next(grant.members().get());
                HttpResponse<String> answer = check(grant, may, call, random);
                Matcher link = LINK.matcher(answer.body());
                while (link.find()) {
                    links.computeIfAbsent(grant, any -> new ArrayList<>()).add(link.group(1));
                }
            }
        }
    }

    private HttpResponse<String> check(MarkedGrant grant, Set<String> may, MarkedCalls.Call call, Random random) throws Exception {
        HttpResponse<String> answer = send(grant, call);
        for (int again = 0; again < RETRIES && answer.statusCode() == 503; again++) {
            answer = send(grant, call);
        }
        met.merge(String.valueOf(answer.statusCode()), 1, Integer::sum);
        if (answer.statusCode() == 200 && marks(answer).size() > 3) {
            met.merge(SOMETHING, 1, Integer::sum);
        }
        String about = grant.name() + " " + grant.base() + " [" + grant.scopeText("") + "] " + call;
        assertThat(answer.statusCode()).as(about + "\n" + answer.body()).isLessThan(500);
        Set<String> beyond = marks(answer);
        beyond.removeAll(may);
        beyond.removeAll(call.marks()); // what was asked is said again
        assertThat(beyond).as(about + "\n" + answer.statusCode() + " " + answer.body()).isEmpty();
        if (!call.searched().isEmpty() && answer.statusCode() == 200) {
            Matcher total = TOTAL.matcher(answer.body());
            assertThat(!total.find() || Long.parseLong(total.group(1)) <= grant.count(worlds, call.searched())).as("total of " + about + "\n" + answer.body()).isTrue();
        }
        Set<String> foreign = new TreeSet<>(call.marks());
        foreign.removeAll(may);
        MarkedCalls.Call twin = call;
        for (String mark : foreign) {
            twin = twin.with(mark, "mk" + Long.toString(36L * 36 * 36 * 36 * 36 * 36 * 36 + (random.nextLong() >>> 1) % 2_000_000_000_000L, 36).substring(0, 8) + "z");
        }
        if (!foreign.isEmpty() && !call.path().contains("_page=")) {
            String said = plain(answer, call, call);
            String same = plain(send(grant, twin), twin, call);
            // Nothing changes meanwhile: what differs because one of the two had to wait too long does not differ again and again.
            for (int again = 0; again < RETRIES && !same.equals(said); again++) {
                said = plain(send(grant, call), call, call);
                same = plain(send(grant, twin), twin, call);
            }
            assertThat(same).as("the answer for what there is not: " + about).isEqualTo(said);
        }
        return answer;
    }

    /** An answer without what differs from call to call, and with the marks of another call in place of its own. */
    private static String plain(HttpResponse<String> answer, MarkedCalls.Call own, MarkedCalls.Call other) {
        List<String> from = marksInOrder(own);
        List<String> to = marksInOrder(other);
        String body = answer.body().replaceAll("_page=[A-Za-z0-9_-]+", "_page=").replaceAll("urn:uuid:[0-9a-f-]{36}", "urn:uuid:");
        for (int i = 0; i < from.size(); i++) {
            body = body.replace(from.get(i), to.get(i));
        }
        return answer.statusCode() + " " + answer.headers().firstValue("ETag").orElse("") + answer.headers().firstValue("Last-Modified").orElse("") + answer.headers().firstValue("WWW-Authenticate").orElse("")
                + answer.headers().firstValue("Allow").orElse("") + " " + body;
    }

    private static List<String> marksInOrder(MarkedCalls.Call call) {
        List<String> marks = new ArrayList<>();
        Matcher mark = MarkedResource.MARK.matcher(call.path() + " " + call.body());
        while (mark.find()) {
            marks.add(mark.group());
        }
        return marks;
    }

    private static Set<String> marks(HttpResponse<String> answer) {
        return MarkedResource.marks(answer.body() + answer.headers().map());
    }

    private static HttpResponse<String> send(MarkedGrant grant, MarkedCalls.Call call) throws Exception {
        String base = server.bases().get(grant.base()).toString();
        String url = call.path().startsWith("http") ? call.path() : call.path().isEmpty() || call.path().startsWith("?") ? base + call.path() : base + "/" + call.path();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofMinutes(2)).header("Authorization", "Bearer " + grant.token())
                .method(call.method(), call.body() == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(call.body()));
        if (call.body() != null) {
            request.header("Content-Type", call.type());
        }
        if (!call.headers().isEmpty()) {
            request.headers(call.headers().toArray(String[]::new));
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    static <T> T one(Collection<T> of, Random random) {
        return List.copyOf(of).get(random.nextInt(of.size()));
    }
}
