package dev.portolan.identity;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** An authority that issues certificates, made with the JDK's own keytool. */
public final class TestAuthority {

    private static final String PASSWORD = "changeit";

    private final Path folder;
    private final String name;
    private final Path store;

    /** A certificate, those of its issuers, and its key. */
    public record Identity(PrivateKey key, List<X509Certificate> chain) {}

    public TestAuthority(Path folder, String name) {
        this.folder = folder;
        this.name = name;
        this.store = folder.resolve(name + ".p12");
        keytool("-genkeypair", "-alias", "ca", "-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=" + name, "-ext", "bc:c", "-ext", "ku=keyCertSign,cRLSign", "-validity", "30");
    }

    public Identity issue(String alias, String uri, String... more) {
        return issue(alias, List.of(uri), more);
    }

    /** One certificate for several apps: each start of keytool costs a second. */
    public Identity issue(String alias, List<String> uris, String... more) {
        List<String> command = new ArrayList<>(List.of("-genkeypair", "-alias", alias, "-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=" + alias + ",O=Night Clinic", "-signer", "ca", "-ext",
                "san=" + String.join(",", uris.stream().map(uri -> "uri:" + uri).toList()), "-ext", "ku=digitalSignature"));
        command.addAll(List.of(more));
        if (!command.contains("-validity")) {
            command.addAll(List.of("-validity", "20"));
        }
        keytool(command.toArray(String[]::new));
        return identity(alias);
    }

    private Identity identity(String alias) {
        try (InputStream in = Files.newInputStream(store)) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, PASSWORD.toCharArray());
            Certificate[] chain = keys.getCertificateChain(alias);
            return new Identity((PrivateKey) keys.getKey(alias, PASSWORD.toCharArray()), Arrays.stream(chain).map(X509Certificate.class::cast).toList());
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public Path anchor() {
        return pem("anchor.pem", List.of(identity("ca").chain().get(0)));
    }

    public Path pem(String file, List<X509Certificate> certificates) {
        StringBuilder pem = new StringBuilder();
        for (X509Certificate certificate : certificates) {
            try {
                pem.append(text("CERTIFICATE", certificate.getEncoded()));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
        return write(file, pem.toString());
    }

    public Path key(String file, PrivateKey key) {
        return write(file, text("PRIVATE KEY", key.getEncoded()));
    }

    /** The list of what was revoked so far, in place of the one before. */
    public Path revocations(X509Certificate... revoked) {
        Path file = folder.resolve(name + ".crl");
        List<String> command = new ArrayList<>(List.of("-gencrl", "-alias", "ca", "-validity", "5", "-file", file.toString()));
        for (X509Certificate certificate : revoked) {
            command.addAll(List.of("-id", certificate.getSerialNumber().toString()));
        }
        keytool(command.toArray(String[]::new));
        return file;
    }

    private static String text(String what, byte[] der) {
        return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der) + "\n-----END " + what + "-----\n";
    }

    private Path write(String file, String text) {
        try {
            return Files.writeString(folder.resolve(name + "-" + file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void keytool(String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-J-XX:TieredStopAtLevel=1"));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD));
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
