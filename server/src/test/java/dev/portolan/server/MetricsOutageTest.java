package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.server.database.Databases;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a monitoring system gets while the database is away, and after it came back. */
class MetricsOutageTest {

    /** What Prometheus waits for, unless it is told otherwise. */
    private static final Duration SCRAPE_TIMEOUT = Duration.ofSeconds(10);
    private static final int MOST_SCRAPES = 120;
    /** As on a machine that stands still now and then; what waits for a database that is away is late each time. */
    private static final int MOST_LATE = 3;
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static String scrape(PortolanServer server) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + "/metrics")).timeout(SCRAPE_TIMEOUT).build();
        HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    /** The first scrape that is as wanted; those before it are answered in time too. */
    private static String scrapeUntil(PortolanServer server, String what, Predicate<String> wanted) throws Exception {
        String last = "";
        int late = 0;
        for (int i = 0; i < MOST_SCRAPES; i++) {
            try {
                last = scrape(server);
            } catch (HttpTimeoutException e) {
                assertThat(++late).as("scrapes that are not answered in time").isLessThanOrEqualTo(MOST_LATE);
            }
            if (wanted.test(last)) {
                return last;
            }
            Thread.sleep(500);
        }
        throw new AssertionError(what + " is not told:\n" + last.lines().filter(line -> line.startsWith("portolan_")).toList());
    }

    @Test
    void ops03_scrapes_are_answered_while_the_database_is_away_and_say_so_and_everything_is_there_again_after_it_came_back(@TempDir Path folder) throws Exception {
        try (PortolanServer server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(folder).toString(), "portolan.package-registry", "off"));
            var owner = server.part(Databases.class).ownerPool(); Connection connection = owner.getConnection(); Statement statement = connection.createStatement()) {
            String before = scrapeUntil(server, "the database", text -> text.contains("portolan_part_condition{part=\"Database\"} 0.0"));
            assertThat(before).contains("portolan_jobs_due{kind=\"bulk-export-cleaning\"}", "portolan_quarantine_records 0.0");
            takeAway(statement);
            String during = scrapeUntil(server, "the outage", text -> text.contains("portolan_part_condition{part=\"Database\"} 3.0"));
            assertThat(during).contains("portolan_requests_seconds_count", "portolan_audit_lag_seconds", "jvm_memory_used_bytes");
            assertThat(unanswered(during)).isGreaterThan(unanswered(before));
            HttpResponse<String> health = HTTP.send(HttpRequest.newBuilder(URI.create(server.url() + "/health")).header("Accept", "application/json").build(), HttpResponse.BodyHandlers.ofString());
            assertThat(health.statusCode()).as(health.body()).isEqualTo(503);
            assertThat(health.body()).contains("cannot be reached");
            HttpResponse<String> token = HTTP.send(HttpRequest.newBuilder(URI.create(server.url() + "/oauth2/token")).header("Authorization", "Basic YXBwOnNlY3JldA==").header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials&scope=system/*.rs")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(token.statusCode()).as("an app may ask again: %s", token.body()).isEqualTo(503);
            assertThat(token.headers().firstValue("Retry-After")).isPresent();
            scrapeUntil(server, "that nothing is known of the jobs", text -> !text.contains("portolan_jobs_due{") && !text.contains("portolan_quarantine_records"));
            statement.execute("UPDATE pg_database SET datallowconn = true WHERE datname = current_database()");
            scrapeUntil(server, "the return", text -> text.contains("portolan_part_condition{part=\"Database\"} 0.0") && text.contains("portolan_quarantine_records 0.0") && series(text).containsAll(series(before)));
        }
    }

    /** Nobody may connect any more, and who is connected no longer is. */
    private static void takeAway(Statement statement) throws SQLException {
        statement.execute("UPDATE pg_database SET datallowconn = false WHERE datname = current_database()");
        statement.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }

    private static double unanswered(String text) {
        return text.lines().filter(line -> line.startsWith("portolan_metrics_unanswered_total ")).mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ')))).findFirst().orElseThrow();
    }

    /** What is looked up: names and labels. */
    private static java.util.Set<String> series(String text) {
        java.util.Set<String> series = new java.util.TreeSet<>();
        text.lines().filter(line -> line.matches("portolan_(jobs|exports|feed|quarantine|part)_.*")).forEach(line -> series.add(line.substring(0, line.lastIndexOf(' '))));
        return series;
    }
}
