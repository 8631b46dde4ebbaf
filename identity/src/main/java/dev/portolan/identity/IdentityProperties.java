package dev.portolan.identity;

import dev.portolan.identity.key.Network;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The room's settings, under {@code portolan.identity}. Checked at start.
 *
 * @param issuer            the server's public address, without a slash at its end; tokens and discovery name it
 * @param fhirBases         the paths of the FHIR bases that tokens may be for, such as {@code /patient-access/fhir}; first the one where members' apps read
 * @param encryptionKey     the secret that signing keys and one-time-password seeds are encrypted with; at least 32 characters, the same on
 *                          every node
 * @param environment       what this server is: apps registered by developers work at once in a sandbox, and after review in production
 * @param accessTokenLife   how long a user's access token lives; at most an hour
 * @param refreshTokenLife  how long an unused refresh token lives
 * @param reviewTarget      how many working days a production review takes at most; shown to developers
 * @param trustedStatements keys (JWKS as JSON) of those whose software statements are believed, by issuer
 * @param initialAccessToken what a dynamic registration must present in production; empty: dynamic registration goes to review
 * @param keyNetworks       where the names of apps' key servers ({@code jwks_uri}) may lead to beside the Internet, as {@code 10.20.0.0/16}
 * @param provider          the plan's own OpenID Connect provider, or null for the built-in directory alone
 * @param brand             who the plan is, for the User Access Brands bundle
 * @param udap              trust communities (HL7 UDAP Security); none: UDAP is off
 */
@ConfigurationProperties("portolan.identity")
public record IdentityProperties(
        URI issuer,
        List<String> fhirBases,
        String encryptionKey,
        @DefaultValue("SANDBOX") Environment environment,
        @DefaultValue("1h") Duration accessTokenLife,
        @DefaultValue("365d") Duration refreshTokenLife,
        @DefaultValue("5") int reviewTarget,
        @DefaultValue Map<String, String> trustedStatements,
        @DefaultValue("") String initialAccessToken,
        @DefaultValue({}) List<String> keyNetworks,
        @Nullable Provider provider,
        @DefaultValue Brand brand,
        @DefaultValue Udap udap) {

    /** Sandbox and production are separate servers with separate issuers and keys. */
    public enum Environment { SANDBOX, PRODUCTION }

    /**
     * The plan's own OpenID Connect provider.
     *
     * @param issuer       its issuer; the endpoints come from its discovery document
     * @param memberClaim  the claim that names the member's Patient id
     * @param parameters   further parameters of its authorization request
     */
    public record Provider(String name, String issuer, String clientId, String clientSecret, @DefaultValue("openid") List<String> scopes,
                           @DefaultValue("fhirUser") String memberClaim, @DefaultValue Map<String, String> parameters) {}

    /** The trust communities that this server takes part in. */
    public record Udap(@DefaultValue({}) List<Community> communities) {

        /**
         * A trust community.
         *
         * @param uri         names it
         * @param anchors     PEM file: the certificates of the authorities that vouch for its members
         * @param certificate PEM file: this server's certificate in it, with each FHIR base as a URI in its Subject Alternative Name, then those of its issuers; null if it has none, and then there is no metadata
         * @param privateKey  PEM file (PKCS #8) of that certificate's key
         * @param crls        files of revocation lists of its authorities, renewed by whoever runs the server; without any, revocation is not checked
         * @param approved    whether registrations of its members work at once in production
         * @param purposes    the purposes of use that its members may name; empty for any
         */
        public record Community(String uri, Path anchors, @Nullable Path certificate, @Nullable Path privateKey, @DefaultValue({}) List<Path> crls, @DefaultValue("false") boolean approved,
                                @DefaultValue({}) List<String> purposes) {

            public Community {
                if (uri == null || anchors == null || (certificate == null) != (privateKey == null)) {
                    throw new IllegalArgumentException("each of portolan.identity.udap.communities needs uri and anchors, and certificate and private-key together or not at all");
                }
            }
        }
    }

    /** Who the plan is, as members know it. */
    public record Brand(@DefaultValue("Portolan Health Plan") String name, @DefaultValue("https://example.org") String website,
                        @DefaultValue("") String logo, @DefaultValue("Member portal") String portalName,
                        @DefaultValue("") String portalUrl, @DefaultValue("urn:ietf:rfc:3986") String identifierSystem,
                        @DefaultValue("https://example.org") String identifierValue,
                        @DefaultValue("help@example.org") String contact) {}

    public IdentityProperties {
        if (issuer == null || issuer.getScheme() == null || issuer.getHost() == null || issuer.toString().endsWith("/")) {
            throw new IllegalArgumentException("portolan.identity.issuer must be an absolute URL without a slash at its end, and is " + issuer);
        }
        if (fhirBases == null || fhirBases.isEmpty() || fhirBases.stream().anyMatch(b -> !b.startsWith("/") || b.endsWith("/"))) {
            throw new IllegalArgumentException("portolan.identity.fhir-bases must list paths such as /patient-access/fhir");
        }
        if (encryptionKey == null || encryptionKey.length() < 32) {
            throw new IllegalArgumentException("portolan.identity.encryption-key must have at least 32 characters");
        }
        if (accessTokenLife.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("portolan.identity.access-token-life must be at most an hour");
        }
        keyNetworks.forEach(Network::of);
        fhirBases = List.copyOf(fhirBases);
    }

    /** The path of the FHIR base where members' apps read. */
    public String memberBase() {
        return fhirBases.get(0);
    }

    /** The absolute URL of a path of this server. */
    public String url(String path) {
        return issuer + path;
    }

    /** The path of the FHIR base that an {@code aud} names, or null if it names none of this server's. */
    public @Nullable String baseOf(String aud) {
        String wanted = aud.endsWith("/") ? aud.substring(0, aud.length() - 1) : aud;
        return fhirBases.stream().filter(b -> url(b).equals(wanted)).findFirst().orElse(null);
    }
}
