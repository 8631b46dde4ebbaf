package dev.portolan.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS where a certificate is configured (SMT-35). */
class TransportTest {

    private static final int HANDSHAKE = 0x16;
    private static final int ALERT = 0x15;
    private static PortolanServer server;
    private static SSLContext trusting;
    private static X509Certificate certificate;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        Path store = folder.resolve("key.p12");
        new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias", "server", "-keyalg", "RSA", "-keysize", "2048", "-validity", "2",
                "-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1", "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", "changeit").inheritIO().start().waitFor();
        KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        certificate = (X509Certificate) keys.getCertificate("server");
        Path pem = Files.writeString(folder.resolve("server.pem"), pem("CERTIFICATE", certificate.getEncoded()));
        Path key = Files.writeString(folder.resolve("server.key"), pem("PRIVATE KEY", keys.getKey("server", "changeit".toCharArray()).getEncoded()));
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", certificate);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        trusting = SSLContext.getInstance("TLS");
        trusting.init(null, trust.getTrustManagers(), null);
        server = PortolanServer.start(Map.of("portolan.port", "0", "portolan.data", SharedPackages.in(folder.resolve("data")).toString(), "portolan.package-registry", "off",
                "portolan.tls.certificate", pem.toString(), "portolan.tls.private-key", key.toString()));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String pem(String what, byte[] bytes) {
        return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes) + "\n-----END " + what + "-----\n";
    }

    @Test
    void smt35_tls_1_2_and_1_3_are_spoken_and_plain_http_is_not() throws Exception {
        assertThat(server.url().getScheme()).isEqualTo("https");
        for (String version : new String[] {"TLSv1.2", "TLSv1.3"}) {
            HttpClient client = HttpClient.newBuilder().sslContext(trusting).sslParameters(new SSLParameters(null, new String[] {version})).build();
            HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(server.url() + "/patient-access/fhir/.well-known/smart-configuration")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(version).isEqualTo(200);
            assertThat(answer.sslSession().orElseThrow().getProtocol()).isEqualTo(version);
            assertThat(answer.headers().firstValue("Strict-Transport-Security")).as("HSTS").isPresent();
            assertThat(answer.body()).contains("https://127.0.0.1:").doesNotContain("\"http://127");
        }
        URI plain = URI.create("http://127.0.0.1:" + server.url().getPort() + "/health");
        assertThatThrownBy(() -> HttpClient.newHttpClient().send(HttpRequest.newBuilder(plain).build(), HttpResponse.BodyHandlers.ofString())).isInstanceOf(java.io.IOException.class);
    }

    /** Written by hand, since no Java speaks the old versions any more: a ClientHello of the version, with cipher suites that it has. */
    @Test
    void smt35_tls_1_1_and_1_0_are_refused() throws Exception {
        assertThat(answerTo("0303")).as("the same greeting of TLS 1.2 is answered").isEqualTo(HANDSHAKE);
        assertThat(answerTo("0302")).as("TLS 1.1").isEqualTo(ALERT);
        assertThat(answerTo("0301")).as("TLS 1.0").isEqualTo(ALERT);
    }

    private static int answerTo(String version) throws Exception {
        // supported_groups: secp256r1; ec_point_formats: uncompressed; signature_algorithms: rsa_pss_rsae_sha256, rsa_pkcs1_sha256
        String extensions = "000a00040002001700" + "0b00020100" + "000d0006000408040401";
        String suites = "c02fc030c013c014";
        String hello = version + "00".repeat(32) + "00" + length(suites) + suites + "0100" + length(extensions) + extensions;
        String handshake = "01" + "%06x".formatted(hello.length() / 2) + hello;
        byte[] record = HexFormat.of().parseHex("160301" + length(handshake) + handshake);
        try (Socket socket = new Socket("127.0.0.1", server.url().getPort()); OutputStream out = socket.getOutputStream(); InputStream in = socket.getInputStream()) {
            socket.setSoTimeout(10_000);
            out.write(record);
            out.flush();
            return in.read();
        }
    }

    private static String length(String hex) {
        return "%04x".formatted(hex.length() / 2);
    }

    /** Its certificate has two days left. */
    @Test
    void ops05_how_long_a_certificate_has_left_is_told_by_the_metrics() throws Exception {
        HttpClient client = HttpClient.newBuilder().sslContext(trusting).build();
        String metrics = client.send(HttpRequest.newBuilder(URI.create(server.url() + "/metrics")).build(), HttpResponse.BodyHandlers.ofString()).body();
        String left = metrics.lines().filter(line -> line.startsWith("portolan_certificate_left_seconds{certificate=\"TLS\"}")).findFirst().orElseThrow();
        assertThat(Double.parseDouble(left.substring(left.indexOf(' ')))).isBetween(86_400.0, 172_800.0);
    }

    @Test
    void smt35_an_address_that_others_reach_needs_tls() {
        assertThatThrownBy(() -> PortolanServer.start(Map.of("portolan.bind", "0.0.0.0", "portolan.port", "0", "portolan.data", "/nowhere"))).hasStackTraceContaining("there is no TLS");
    }
}
