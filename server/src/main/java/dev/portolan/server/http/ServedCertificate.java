package dev.portolan.server.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ssl.pem.PemContent;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerSslBundle;

import dev.portolan.server.health.ComponentHealth;
import dev.portolan.server.health.ComponentHealth.Condition;

/** The server's certificate (OPS-05): one that was renewed in its file is served within a minute, without a restart, and the health page tells in time when the one that is served ends. */
public final class ServedCertificate {

    private static final Logger LOG = LoggerFactory.getLogger(ServedCertificate.class);
    private static final String NAME = "Certificate";
    private static final Duration BETWEEN_LOOKS = Duration.ofMinutes(1);
    private static final Duration SOON = Duration.ofDays(21);

    private final Path certificate;
    private final Path privateKey;
    private final Ssl ssl;
    private final ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor(look -> {
        Thread thread = new Thread(look, "certificate");
        thread.setDaemon(true);
        return thread;
    });
    private List<SslContextFactory.Server> factories = List.of();
    private byte[] served;
    private volatile Instant ends;
    private volatile @Nullable String trouble;

    /**
     * @param ssl what the web server was told, which names the same files
     * @throws IllegalArgumentException if the two files do not belong together
     */
    public ServedCertificate(Path certificate, Path privateKey, Ssl ssl) {
        this.certificate = certificate;
        this.privateKey = privateKey;
        this.ssl = ssl;
        try {
            served = files();
            ends = usable().getNotAfter().toInstant();
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            throw new IllegalArgumentException("portolan.tls.certificate and portolan.tls.private-key cannot be used: " + e.getMessage(), e);
        }
    }

    /**
     * This server's, for as long as it runs.
     *
     * @param health gets told how it stands
     */
    public void serve(Server server, Consumer<ComponentHealth.Source> health) {
        factories = Arrays.stream(server.getConnectors()).map(connector -> connector.getConnectionFactory(SslConnectionFactory.class)).filter(Objects::nonNull)
            .map(SslConnectionFactory::getSslContextFactory).toList();
        server.addEventListener(new LifeCycle.Listener() {
            @Override
            public void lifeCycleStarted(LifeCycle started) {
                health.accept(ServedCertificate.this::now);
                looks.scheduleWithFixedDelay(ServedCertificate.this::look, BETWEEN_LOOKS.toSeconds(), BETWEEN_LOOKS.toSeconds(), TimeUnit.SECONDS);
            }

            @Override
            public void lifeCycleStopped(LifeCycle stopped) {
                looks.shutdownNow();
            }
        });
    }

    /** Of the two files one comes after the other: until they belong together, the pair before is served. */
    synchronized void look() {
        try {
            byte[] found = files();
            if (Arrays.equals(found, served)) {
                trouble = null;
                return;
            }
            X509Certificate fresh = usable();
            KeyStore store = WebServerSslBundle.get(ssl).getStores().getKeyStore();
            for (SslContextFactory.Server factory : factories) {
                factory.reload(reloaded -> reloaded.setKeyStore(store));
            }
            served = found;
            ends = fresh.getNotAfter().toInstant();
            trouble = null;
            LOG.info("The certificate that lies in {} now is served: it ends at {}", certificate, ends);
        } catch (Exception e) {
            String why = String.valueOf(e.getMessage());
            if (!why.equals(trouble)) {
                LOG.warn("What lies in {} and {} now cannot be served, and the certificate before is: {}", certificate, privateKey, why);
            }
            trouble = why;
        }
    }

    private byte[] files() throws IOException {
        byte[] first = Files.readAllBytes(certificate);
        byte[] second = Files.readAllBytes(privateKey);
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private X509Certificate usable() throws IOException, GeneralSecurityException {
        X509Certificate first = PemContent.load(certificate).getCertificates().get(0);
        PrivateKey key = PemContent.load(privateKey).getPrivateKey();
        if (!first.getPublicKey().getAlgorithm().equals(key.getAlgorithm()) || !isOf(first, key)) {
            throw new GeneralSecurityException("the private key in " + privateKey + " is not that of the first certificate in " + certificate);
        }
        return first;
    }

    private static boolean isOf(X509Certificate certificate, PrivateKey key) throws GeneralSecurityException {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "EdDSA" -> "EdDSA";
            default -> null;
        };
        if (algorithm == null) {
            return true; // of other kinds the handshake tells
        }
        byte[] said = algorithm.getBytes(StandardCharsets.US_ASCII);
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(said);
        return verifies(algorithm, certificate, said, signature.sign());
    }

    private static boolean verifies(String algorithm, X509Certificate certificate, byte[] said, byte[] signed) throws GeneralSecurityException {
        Signature signature = Signature.getInstance(algorithm);
        signature.initVerify(certificate.getPublicKey());
        signature.update(said);
        return signature.verify(signed);
    }

    ComponentHealth now() {
        String wrong = trouble;
        if (wrong != null) {
            return new ComponentHealth(NAME, Condition.DEGRADED, "What lies in its files now cannot be served (" + wrong + "); the one before is, until " + ends + ".");
        }
        boolean soon = Instant.now().plus(SOON).isAfter(ends);
        return new ComponentHealth(NAME, soon ? Condition.DEGRADED : Condition.UP, "It ends at " + ends + (soon ? ": renew it. One that is put into its place is served within a minute." : "."));
    }
}
