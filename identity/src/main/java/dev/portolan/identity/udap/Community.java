package dev.portolan.identity.udap;

import dev.portolan.identity.IdentityProperties;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CRL;
import java.security.cert.CertPathValidator;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A trust community.
 *
 * @param uri      names it
 * @param anchors  the authorities that vouch for its members
 * @param chain    this server's own certificate in it, then those of its issuers; empty if it has none
 * @param key      the private key of that certificate
 * @param crls     files of revocation lists, looked at anew for each check; without any, revocation is not checked
 * @param approved whether its members' registrations work at once in production too
 * @param purposes the purposes of use that its members may name; empty for any
 */
record Community(String uri, Set<TrustAnchor> anchors, List<X509Certificate> chain, @Nullable PrivateKey key, List<Path> crls, boolean approved, List<String> purposes) {

    static Community read(IdentityProperties.Udap.Community settings) {
        Set<TrustAnchor> anchors = certificates(settings.anchors()).stream().map(anchor -> new TrustAnchor(anchor, null)).collect(Collectors.toSet());
        if (anchors.isEmpty()) {
            throw new IllegalArgumentException("there is no certificate in " + settings.anchors());
        }
        boolean own = settings.certificate() != null && settings.privateKey() != null;
        return new Community(settings.uri(), anchors, own ? certificates(settings.certificate()) : List.of(), own ? key(settings.privateKey()) : null, settings.crls(), settings.approved(), settings.purposes());
    }

    private static List<X509Certificate> certificates(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in).stream().map(X509Certificate.class::cast).toList();
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("the certificates of " + file + " cannot be read: they must be PEM", e);
        }
    }

    private static PrivateKey key(Path file) {
        try {
            byte[] der = Base64.getMimeDecoder().decode(Files.readString(file).replaceAll("-----[A-Z ]+-----", ""));
            for (String algorithm : List.of("RSA", "EC")) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
                } catch (GeneralSecurityException notOfThisKind) {
                    // the next kind, or the failure below
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new IllegalArgumentException("the private key " + file + " cannot be read", e);
        }
        throw new IllegalArgumentException("the private key " + file + " must be PKCS #8 in PEM, RSA or EC");
    }

    /** Whether an authority of this community vouches for a certificate at that time, and has not revoked it (RFC 5280, section 6). */
    boolean vouchesFor(List<X509Certificate> given, Instant at) {
        List<X509Certificate> path = given.stream().filter(certificate -> anchors.stream().noneMatch(anchor -> certificate.equals(anchor.getTrustedCert()))).toList();
        if (path.isEmpty()) {
            return false;
        }
        try {
            PKIXParameters parameters = new PKIXParameters(anchors);
            parameters.setDate(Date.from(at));
            parameters.setRevocationEnabled(!crls.isEmpty());
            if (!crls.isEmpty()) {
                parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists())));
            }
            CertPathValidator.getInstance("PKIX").validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
            return true;
        } catch (GeneralSecurityException notVouchedFor) {
            return false; // the caller says so, and to whom
        }
    }

    private Collection<CRL> lists() throws GeneralSecurityException {
        List<CRL> lists = new ArrayList<>();
        for (Path file : crls) {
            try (InputStream in = Files.newInputStream(file)) {
                lists.addAll(CertificateFactory.getInstance("X.509").generateCRLs(in));
            } catch (IOException e) {
                throw new GeneralSecurityException("the revocation list " + file + " cannot be read", e);
            }
        }
        return lists;
    }
}
