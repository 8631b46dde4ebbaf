package dev.portolan.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.server.PortolanServer;
import dev.portolan.server.SharedPackages;
import dev.portolan.server.feeds.LocalOperator;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A production server behind a proxy, which its own machine does not reach by the name that clients know. It begins without anybody: its first people come from its own machine. */
class StaffCommandTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Pattern PASSWORD = Pattern.compile("Password: (\\S+)");
    private static PortolanServer server;
    private static Path data;

    private record Ended(int status, String out, String errors) {
        String password() {
            Matcher password = PASSWORD.matcher(out);
            assertThat(password.find()).as(out + errors).isTrue();
            return password.group(1);
        }
    }

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        data = folder.resolve("data");
        server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(data).toString(), "portolan.packages", Files.createDirectory(folder.resolve("none")).toString(), "portolan.package-registry", "off",
            "portolan.identity.environment", "PRODUCTION", "portolan.base-url", "https://fhir.plan.invalid"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Ended staff(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter errors = new StringWriter();
        CommandLine command = new CommandLine(new StaffCommand()).setOut(new PrintWriter(out)).setErr(new PrintWriter(errors));
        command.setExecutionExceptionHandler((failure, failed, parsed) -> {
            failed.getErr().println(CommandLineFailure.sentence(failure));
            return 1;
        });
        String[] all = java.util.stream.Stream.concat(java.util.stream.Stream.of(arguments), java.util.stream.Stream.of("--data", data.toString())).toArray(String[]::new);
        return new Ended(command.execute(all), out.toString(), errors.toString());
    }

    private static int asked(String user, String password, String path) throws Exception {
        String basic = "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
        return HTTP.send(HttpRequest.newBuilder(URI.create(LocalOperator.read(data).local() + path)).header("Authorization", basic).build(), HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    @Test
    void ops16_whoever_is_made_has_the_roles_that_were_named_and_no_other() throws Exception {
        String admin = staff("add", "grace", "--role", "ADMIN", "--full-name", "Grace Lin").password();
        String auditor = staff("add", "ada", "--role", "AUDITOR").password();
        assertThat(asked("grace", admin, "/api/staff/apps")).isEqualTo(200);
        assertThat(asked("ada", auditor, "/api/audit/entries?count=1")).isEqualTo(200);
        assertThat(asked("ada", auditor, "/api/staff/apps")).isEqualTo(403);
    }

    @Test
    void ops16_a_new_password_takes_the_place_of_the_old_one_and_an_account_can_be_closed() throws Exception {
        String first = staff("add", "otto", "--role", "OPERATOR,ADMIN").password();
        String second = staff("password", "otto").password();
        assertThat(asked("otto", first, "/api/staff/apps")).isEqualTo(401);
        assertThat(asked("otto", second, "/api/staff/apps")).isEqualTo(200);
        assertThat(staff("close", "otto").status()).isZero();
        assertThat(asked("otto", second, "/api/staff/apps")).isEqualTo(401);
        assertThat(staff("password", "otto").errors()).contains("no member of staff is named otto");
        assertThat(staff("add", "otto", "--role", "ADMIN").errors()).contains("there is, or was, an account named otto");
    }

    @Test
    void what_is_asked_wrongly_is_told_with_what_to_change() {
        assertThat(staff("add", "nora", "--role", "BOSS")).satisfies(ended -> assertThat(ended.errors()).contains("ADMIN, AUDITOR, CALL_CENTRE, CLINICIAN, OPERATOR")).extracting(Ended::status).isEqualTo(1);
        assertThat(staff("add", "a b", "--role", "ADMIN").errors()).contains("letters, digits");
        assertThat(staff("add", "nora").status()).isEqualTo(2);
        assertThat(staff().errors()).contains("staff add, password or close");
    }

    @Test
    void attack_accounts_are_made_with_the_secret_of_the_data_directory_alone() throws Exception {
        String admin = staff("add", "mallory", "--role", "ADMIN").password();
        for (String authorization : new String[] {"", "Operator wrong", "Bearer wrong", "Basic " + Base64.getEncoder().encodeToString(("mallory:" + admin).getBytes(StandardCharsets.UTF_8))}) {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(LocalOperator.read(data).local() + "/system/staff")).POST(HttpRequest.BodyPublishers.ofString("{\"action\":\"add\",\"user\":\"eve\",\"roles\":[\"ADMIN\"]}"));
            if (!authorization.isEmpty()) {
                request.header("Authorization", authorization);
            }
            assertThat(HTTP.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode()).as(authorization).isEqualTo(401);
        }
    }
}
