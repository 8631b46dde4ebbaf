package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a monitoring system gets, from whom it is kept, and what is never in it. */
class MetricsTest {

    private static final Pattern SERIES = Pattern.compile("(?m)^([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{[^}]*})? (\\S+)$");
    /** Whatever callers send and the records hold, a label has one of few values. */
    private static final Set<String> LABELS = Set.of("api", "operation", "status", "le", "kind", "state", "feed", "part", "area", "id");

    private static final String UNANSWERED = "portolan_metrics_unanswered_total";

    private static BulkStand stand;

    @BeforeAll
    static void start() throws Exception {
        stand = BulkStand.shared();
    }

    private static String scrape() throws Exception {
        HttpResponse<String> answer = stand.send("GET", stand.server.url() + "/metrics", null, null);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain;").contains("version=0.0.4");
        return answer.body();
    }

    /** One in which nothing was late: what a machine that halts could not look up in time is counted, and shown by the next. */
    private static String answeredScrape() throws Exception {
        double unanswered = value(scrape(), UNANSWERED);
        for (int i = 0; i < 20; i++) {
            String next = scrape();
            if (value(next, UNANSWERED) == unanswered) {
                return next;
            }
            unanswered = value(next, UNANSWERED);
        }
        throw new AssertionError("each scrape leaves something unanswered");
    }

    /** The sum of the series of a name whose labels hold each of these. */
    private static double value(String metrics, String name, String... labels) {
        return SERIES.matcher(metrics).results().filter(series -> series.group(1).equals(name)).filter(series -> List.of(labels).stream().allMatch(label -> String.valueOf(series.group(2)).contains(label)))
            .mapToDouble(series -> Double.parseDouble(series.group(3))).sum();
    }

    @Test
    void ops03_ops15_requests_are_counted_by_api_operation_and_status_with_their_latency() throws Exception {
        String before = scrape();
        String base = stand.base();
        assertThat(stand.send("GET", base + "/Patient/ada", stand.operator(), null).statusCode()).isEqualTo(200);
        assertThat(stand.send("GET", base + "/Patient/ada", null, null).statusCode()).isEqualTo(401);
        assertThat(stand.send("GET", base + "/Patient/nobody-of-this-name", stand.operator(), null).statusCode()).isEqualTo(404);
        assertThat(stand.send("GET", base + "/Patient?name=Ada-the-first", stand.operator(), null).statusCode()).isEqualTo(200);
        assertThat(stand.send("GET", base + "/Patient/ada/$everything", stand.operator(), null).statusCode()).isEqualTo(200);
        assertThat(stand.send("GET", base + "/Patient/$made-up", stand.operator(), null).statusCode()).isEqualTo(404);
        assertThat(stand.send("GET", base + "/no/such/path", stand.operator(), null).statusCode()).isEqualTo(404);
        stand.token(BulkStand.APP);
        String after = scrape();
        for (String[] call : new String[][] {{"system", "read", "200"}, {"system", "read", "401"}, {"system", "read", "404"}, {"system", "search-type", "200"}, {"system", "$everything", "200"}, {"system", "unknown", "404"},
            {"authorization", "token", "200"}}) {
            String[] labels = {"api=\"" + call[0] + '"', "operation=\"" + call[1] + '"', "status=\"" + call[2] + '"'};
            double counted = value(after, "portolan_requests_seconds_count", labels) - value(before, "portolan_requests_seconds_count", labels);
            assertThat(counted).as(String.join(" ", call)).isGreaterThanOrEqualTo(1);
            assertThat(value(after, "portolan_requests_seconds_sum", labels)).isGreaterThan(value(before, "portolan_requests_seconds_sum", labels));
            assertThat(value(after, "portolan_requests_seconds_bucket", labels[0], labels[1], labels[2], "le=\"+Inf\"")).isEqualTo(value(after, "portolan_requests_seconds_count", labels));
        }
        assertThat(after).doesNotContain("made-up", "no/such", "ada", "Ada", "nobody", BulkStand.APP);
    }

    /** Browsers' questions whether they may call, and bodies that no API would read; neither reaches the API. */
    @Test
    void ops03_calls_that_end_before_the_api_sees_them_are_counted_as_that_apis() throws Exception {
        String before = scrape();
        HttpResponse<String> preflight = stand.send("OPTIONS", stand.base() + "/Patient/ada", null, null, "Origin", "https://app.example", "Access-Control-Request-Method", "GET");
        assertThat(preflight.statusCode()).isEqualTo(204);
        String after = scrape();
        String[] labels = {"api=\"system\"", "operation=\"other\"", "status=\"204\""};
        assertThat(value(after, "portolan_requests_seconds_count", labels) - value(before, "portolan_requests_seconds_count", labels)).isEqualTo(1);
        String[] page = {"api=\"pages\""};
        assertThat(value(after, "portolan_requests_seconds_count", page)).isEqualTo(value(before, "portolan_requests_seconds_count", page));
    }

    @Test
    void ops03_every_label_has_few_values_and_none_of_them_is_somebodys() throws Exception {
        Pattern label = Pattern.compile("([a-z_]+)=\"((?:[^\"\\\\]|\\\\.)*)\"");
        Set<String> names = new TreeSet<>();
        Set<String> operations = new TreeSet<>();
        for (MatchResult series : SERIES.matcher(scrape()).results().toList()) {
            for (MatchResult one : label.matcher(String.valueOf(series.group(2))).results().toList()) {
                names.add(one.group(1));
                if (one.group(1).equals("operation")) {
                    operations.add(one.group(2));
                }
            }
        }
        assertThat(LABELS).as("labels that are looked at here").containsAll(names);
        assertThat(operations).allMatch(operation -> operation.matches("\\$?[a-z-]+"));
    }

    @Test
    void ops03_exports_jobs_the_pool_the_audit_trail_and_the_validator_are_measured() throws Exception {
        String before = scrape();
        String token = stand.token(BulkStand.APP);
        String poll = BulkStand.poll(stand.start(token, "Group/" + BulkStand.GROUP + "/$export"));
        JsonNode manifest = BulkStand.JSON.readTree(stand.await(token, poll).body());
        long lines = 0;
        for (JsonNode file : manifest.path("output")) {
            lines += file.path("count").asLong();
        }
        String after = answeredScrape();
        assertThat(value(after, "portolan_export_resources_total") - value(before, "portolan_export_resources_total")).isGreaterThanOrEqualTo(lines);
        assertThat(value(after, "portolan_export_written_bytes_total") - value(before, "portolan_export_written_bytes_total")).isGreaterThan(lines * 100);
        assertThat(value(after, "portolan_export_busy_seconds_total")).isGreaterThan(0);
        assertThat(value(after, "portolan_exports_oldest_seconds", "api=\"system\"", "state=\"complete\"")).isGreaterThan(0);
        assertThat(value(after, "portolan_exports", "api=\"system\"", "state=\"complete\"")).isGreaterThanOrEqualTo(1);
        stand.send("DELETE", poll, token, null, "Accept", "application/json");
        assertThat(after).contains("portolan_jobs_due{kind=\"bulk-export-cleaning\"}", "portolan_audit_waiting ", "portolan_audit_lag_seconds ", "portolan_quarantine_records 0", "jvm_memory_used_bytes", "process_uptime_seconds");
        assertThat(value(after, "portolan_pool_most")).isEqualTo(16);
        assertThat(value(after, "portolan_pool_connections")).isBetween(1.0, 16.0);
        assertThat(value(after, "portolan_pool_waiting")).isZero();
        assertThat(value(after, "portolan_audit_entries_seconds_count")).isGreaterThan(value(before, "portolan_audit_entries_seconds_count"));
        assertThat(value(after, "portolan_audit_failed_total")).isZero();
        assertThat(after).contains(UNANSWERED + " ");
        assertThat(SERIES.matcher(after).results().filter(series -> series.group(1).equals("portolan_part_condition")).map(MatchResult::group))
            .anyMatch(series -> series.startsWith("portolan_part_condition{part=\"Profile validator\"}")).anyMatch(series -> series.equals("portolan_part_condition{part=\"Database\"} 0.0"));
    }

    /** What {@code promtool check metrics} asks of names. */
    @Test
    void ops03_no_name_is_one_that_prometheus_advises_against() throws Exception {
        Set<String> names = Pattern.compile("(?m)^# TYPE (\\S+) (counter|gauge)$").matcher(scrape()).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
        assertThat(names).hasSizeGreaterThan(30).noneMatch(type -> type.matches(".*_(count|sum|bucket|info) .*")).noneMatch(type -> type.matches(".*_(ns|ms|us|nanoseconds|milliseconds|minutes|hours|kb|mb)(_.*)? .*"))
            .allMatch(type -> type.endsWith("_total counter") || type.endsWith(" gauge")).noneMatch(type -> type.endsWith("_total gauge")).anyMatch("# TYPE process_cpu_seconds_total counter"::equals);
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "Origin"})
    void ops03_what_a_proxy_hands_on_gets_no_metrics_wherever_the_proxy_stands(String header) throws Exception {
        HttpResponse<String> answer = stand.send("GET", stand.server.url() + "/metrics", stand.operator(), null, header, "127.0.0.1");
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("PORTOLAN_METRICS_NETWORKS").doesNotContain("portolan_");
    }

    @Test
    void ops03_an_address_outside_of_the_networks_gets_no_metrics() throws Exception {
        assertThat(from("127.0.0.1")).startsWith("HTTP/1.1 200").contains("portolan_requests_seconds");
        assertThat(from("127.0.0.2")).startsWith("HTTP/1.1 403").doesNotContain("portolan_requests");
        assertThatThrownBy(() -> new Settings.Metrics(List.of("everybody"))).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("portolan.metrics.networks");
    }

    private static String from(String address) throws Exception {
        int port = stand.server.url().getPort();
        try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
            socket.connect(new InetSocketAddress("127.0.0.1", port));
            OutputStream out = socket.getOutputStream();
            out.write("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n".formatted(port).getBytes(StandardCharsets.US_ASCII));
            out.flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** A rule that asks for a metric of another name would never fire. */
    @Test
    void ops03_ops15_the_alerts_that_the_docs_give_ask_for_metrics_that_there_are() throws Exception {
        String rules = Files.readString(Path.of("../docs/alerts.yml"));
        Set<String> asked = Pattern.compile("\\b(portolan|jvm|process)_[a-z_]+").matcher(rules).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
        Set<String> recorded = Pattern.compile("record: (\\S+)").matcher(rules).results().map(result -> result.group(1)).collect(Collectors.toSet());
        Set<String> there = SERIES.matcher(scrape()).results().map(series -> series.group(1)).collect(Collectors.toSet());
        // Those of a feed, of an export and of a certificate are there when there is one; other tests see to exports and certificates.
        there.addAll(Set.of("portolan_feed_age_seconds", "portolan_exports_oldest_seconds", "portolan_certificate_left_seconds"));
        asked.removeAll(recorded);
        assertThat(asked).isNotEmpty().isSubsetOf(there);
    }
}
