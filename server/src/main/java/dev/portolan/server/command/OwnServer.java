package dev.portolan.server.command;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * How this program calls the server that it started itself. That server's certificate is known, whoever made it and whatever name it gives, so it is taken as it is; any other is checked as Java does.
 */
final class OwnServer {

    private OwnServer() {
    }

    /** @param certificate the server's certificate as PEM, its issuers behind it; empty if it speaks plain HTTP, or a proxy ends TLS */
    static HttpClient client(Optional<Path> certificate) {
        HttpClient.Builder client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(10));
        if (certificate.isPresent()) {
            client.sslContext(knowing(certificate.get()));
        }
        return client.build();
    }

    private static SSLContext knowing(Path certificate) {
        try (InputStream pem = Files.newInputStream(certificate)) {
            X509Certificate own = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(pem);
            TrustManagerFactory usual = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            usual.init((KeyStore) null);
            X509ExtendedTrustManager java = Arrays.stream(usual.getTrustManagers()).filter(X509ExtendedTrustManager.class::isInstance).map(X509ExtendedTrustManager.class::cast).findFirst().orElseThrow();
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new Known(own, java)}, null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("portolan.tls.certificate holds no certificate that can be read (" + e.getMessage() + "): " + certificate, e);
        }
    }

    /** Whoever shows this very certificate has its key, or the handshake ends. */
    private static final class Known extends X509ExtendedTrustManager {

        private final X509Certificate own;
        private final X509ExtendedTrustManager others;

        Known(X509Certificate own, X509ExtendedTrustManager others) {
            this.own = own;
            this.others = others;
        }

        private boolean isOwn(X509Certificate[] chain) {
            return chain.length > 0 && chain[0].equals(own);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            if (!isOwn(chain)) {
                others.checkServerTrusted(chain, type);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
            if (!isOwn(chain)) {
                others.checkServerTrusted(chain, type, socket);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
            if (!isOwn(chain)) {
                others.checkServerTrusted(chain, type, engine);
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            others.checkClientTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
            others.checkClientTrusted(chain, type, socket);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
            others.checkClientTrusted(chain, type, engine);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return others.getAcceptedIssuers();
        }
    }
}
