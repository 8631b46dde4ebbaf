package dev.portolan.server.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server with a certificate of its owner's own making, for another name than the one that it is called by: whom this program takes for its own server. */
class OwnServerTest {

    private static final char[] PASSWORD = "changeit".toCharArray();

    private static HttpsServer server;
    private static Path own;
    private static Path anothers;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        KeyStore keys = made(folder.resolve("own.p12"));
        own = pem(keys, folder.resolve("own.pem"));
        anothers = pem(made(folder.resolve("anothers.p12")), folder.resolve("anothers.pem"));
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterAll
    static void stop() {
        server.stop(0);
    }

    private static KeyStore made(Path store) throws Exception {
        int ended = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias", "server", "-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2",
            "-dname", "CN=fhir.plan.example", "-ext", "san=dns:fhir.plan.example", "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", "changeit").redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
        assertThat(ended).isZero();
        return KeyStore.getInstance(store.toFile(), PASSWORD);
    }

    private static Path pem(KeyStore keys, Path file) throws Exception {
        return Files.writeString(file, "-----BEGIN CERTIFICATE-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(keys.getCertificate("server").getEncoded()) + "\n-----END CERTIFICATE-----\n");
    }

    private static int call(Optional<Path> certificate) throws IOException, InterruptedException {
        HttpClient client = OwnServer.client(certificate);
        return client.send(HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.getAddress().getPort() + "/")).build(), HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    @Test
    void the_servers_own_certificate_is_taken_whoever_made_it_and_whatever_name_it_gives() throws Exception {
        assertThat(call(Optional.of(own))).isEqualTo(204);
    }

    @Test
    void no_other_is_taken_and_whoever_typed_the_command_is_told_what_to_do() {
        for (Optional<Path> known : List.of(Optional.of(anothers), Optional.<Path>empty())) {
            assertThatThrownBy(() -> call(known)).isInstanceOf(IOException.class)
                .satisfies(failure -> assertThat(CommandLineFailure.sentence(failure)).startsWith("Java does not trust the certificate of the server that was called (").contains("JDK_JAVA_OPTIONS", "trustStore"));
        }
    }

    @Test
    void a_file_without_a_certificate_is_named(@TempDir Path folder) throws Exception {
        Path nothing = Files.writeString(folder.resolve("nothing.pem"), "nothing");
        assertThatThrownBy(() -> call(Optional.of(nothing))).hasMessageContaining("portolan.tls.certificate").hasMessageContaining("nothing.pem");
    }
}
