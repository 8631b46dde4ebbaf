package dev.portolan.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerSslBundle;

import dev.portolan.server.health.ComponentHealth;
import dev.portolan.server.health.ComponentHealth.Condition;

/** OPS-05: a certificate lives for three months or a year, and a server runs for longer. */
class ServedCertificateTest {

    @TempDir
    private Path folder;

    private record Pair(X509Certificate certificate, String pem, String key) {}

    private Pair pair(String name, int days) throws Exception {
        Path store = folder.resolve(name + ".p12");
        new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias", "server", "-keyalg", "EC", "-validity", Integer.toString(days), "-dname", "CN=" + name,
            "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", "changeit").inheritIO().start().waitFor();
        KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        X509Certificate certificate = (X509Certificate) keys.getCertificate("server");
        return new Pair(certificate, pem("CERTIFICATE", certificate.getEncoded()), pem("PRIVATE KEY", keys.getKey("server", "changeit".toCharArray()).getEncoded()));
    }

    private static String pem(String what, byte[] bytes) {
        return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes) + "\n-----END " + what + "-----\n";
    }

    @Test
    void ops05_a_renewed_certificate_is_served_without_a_restart_once_both_files_are_there() throws Exception {
        Pair old = pair("old", 10);
        Pair fresh = pair("fresh", 90);
        Path certificate = Files.writeString(folder.resolve("server.pem"), old.pem());
        Path key = Files.writeString(folder.resolve("server.key"), old.key());
        Ssl ssl = ssl(certificate, key);
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStore(WebServerSslBundle.get(ssl).getStores().getKeyStore());
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server, tls);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        ServedCertificate served = new ServedCertificate(certificate, key, ssl);
        List<ComponentHealth.Source> health = new ArrayList<>();
        served.serve(server, health::add);
        server.start();
        try {
            assertThat(shown(connector.getLocalPort())).isEqualTo(old.certificate());
            assertThat(health.get(0).now().condition()).as("it ends within three weeks").isEqualTo(Condition.DEGRADED);
            Files.writeString(certificate, fresh.pem());
            served.look();
            assertThat(shown(connector.getLocalPort())).isEqualTo(old.certificate());
            assertThat(health.get(0).now().detail()).contains("cannot be served").contains("is not that of the first certificate");
            Files.writeString(key, fresh.key());
            served.look();
            assertThat(shown(connector.getLocalPort())).isEqualTo(fresh.certificate());
            assertThat(health.get(0).now().condition()).isEqualTo(Condition.UP);
        } finally {
            server.stop();
        }
    }

    @Test
    void a_key_that_is_not_the_certificates_is_told_at_the_start_and_not_by_every_caller() throws Exception {
        Path certificate = Files.writeString(folder.resolve("server.pem"), pair("one", 90).pem());
        Path key = Files.writeString(folder.resolve("server.key"), pair("other", 90).key());
        assertThatThrownBy(() -> new ServedCertificate(certificate, key, ssl(certificate, key))).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("is not that of the first certificate");
    }

    private static Ssl ssl(Path certificate, Path key) {
        Ssl ssl = new Ssl();
        ssl.setCertificate(certificate.toUri().toString());
        ssl.setCertificatePrivateKey(key.toUri().toString());
        return ssl;
    }

    private static X509Certificate shown(int port) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    private static final class Anybody implements X509TrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
