package dev.portolan.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

import dev.portolan.audit.Retention;
import dev.portolan.identity.key.Network;
import dev.portolan.members.ReportingUnit;
import dev.portolan.server.http.Networks;
import dev.portolan.server.limits.LimitSettings;

/**
 * Every setting, checked at start. A setting {@code portolan.db.pool-size} is the environment's {@code PORTOLAN_DB_POOL_SIZE}; docs/operating.md has
 * the table.
 *
 * @param bind the address to listen on
 * @param port the port to listen on; 0 for any free one
 * @param data the folder that keeps the database, keys and caches
 * @param baseUrl what clients call the server, if it stands behind a proxy; null for the address it listens on
 * @param packages a folder of FHIR packages, or null
 * @param packageRegistry the FHIR package registry to ask for what is in no folder; {@code off} for none
 * @param tls the server's certificate, or null for plain HTTP
 * @param identity the settings of the authorization server, which its room checks itself
 * @param open whether callers without a token may do everything; on a loopback address only
 * @param operatorApps the client ids of the plan's own programs, whose {@code system/} scopes reach every member
 * @param limits how often apps and addresses may call
 * @param corsOrigins the web origins whose pages may call the APIs; {@code *} for all, which is what it is unless the server is open
 */
public record Settings(
        @DefaultValue("127.0.0.1") String bind,
        @DefaultValue("8080") int port,
        @DefaultValue(".portolan/data") Path data,
        @Nullable URI baseUrl,
        @Nullable Path packages,
        @DefaultValue("https://packages.fhir.org/") String packageRegistry,
        @DefaultValue("false") boolean open,
        @DefaultValue("portolan-operator") List<String> operatorApps,
        @Nullable List<String> corsOrigins,
        @DefaultValue Http http,
        @DefaultValue LimitSettings limits,
        @DefaultValue Database db,
        @Nullable Tls tls,
        @DefaultValue Consent consent,
        @DefaultValue Audit audit,
        @DefaultValue BulkData bulkData,
        @DefaultValue PatientAccess patientAccess,
        @DefaultValue ProviderAccess providerAccess,
        @DefaultValue Metrics metrics,
        @DefaultValue Map<String, Object> identity) {

    private static final Set<String> OWN_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

    public Settings {
        // Java takes a name without a letter for loopback, and the web server for every address that there is.
        require(!bind.isBlank(), "portolan.bind (PORTOLAN_BIND) is empty: name the address to listen on, as 127.0.0.1");
        require(port >= 0 && port <= 65_535, "portolan.port must be 0 to 65535, it is " + port);
        require(packages == null || Files.isDirectory(packages), "portolan.packages (PORTOLAN_PACKAGES) names no folder: " + packages);
        require(baseUrl == null || baseUrl.isAbsolute(), "portolan.base-url must be an absolute URL, as https://fhir.example.org");
        // Callers of a proxy come from this machine, under whatever name the proxy gives.
        require(!open || baseUrl == null || OWN_NAMES.contains(baseUrl.getHost()), "portolan.open (--open) lets every caller do everything without a token, so portolan.base-url names this machine alone, as "
                + "http://localhost:8080, and no proxy; it is " + baseUrl);
        require(!operatorApps.isEmpty(), "portolan.operator-apps needs at least one client id");
        require(!open || isLoopback(bind), "portolan.open (--open) lets every caller do everything without a token, so portolan.bind must be a loopback address such as 127.0.0.1; it is '"
                + bind + "'");
        require(tls != null || isLoopback(bind) || baseUrl != null && "https".equals(baseUrl.getScheme()), "portolan.bind is '" + bind + "', which other machines reach, and there is no TLS: set "
                + "portolan.tls.certificate and portolan.tls.private-key, or let a proxy do it and name its https address as portolan.base-url");
        // Any page in a browser on this machine could otherwise use an open server.
        corsOrigins = corsOrigins != null ? List.copyOf(corsOrigins) : open ? List.of() : List.of("*");
    }

    /** The web origins whose pages may call the APIs. */
    @Override
    public List<String> corsOrigins() {
        return Objects.requireNonNull(corsOrigins);
    }

    /** What clients call the server: scheme, host and port, without a slash at the end. */
    public URI origin() {
        if (baseUrl != null) {
            String text = baseUrl.toString();
            return URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
        }
        return URI.create((tls == null ? "http://" : "https://") + (bind.contains(":") ? "[" + bind + "]" : bind) + ":" + port);
    }

    /** How this machine calls the server: past the proxy that others come by, which its own machine may not reach, and which refuses what is not for others. With a certificate by the name in it. */
    public URI local() {
        if (tls != null || baseUrl == null) {
            return origin();
        }
        String host = bind.equals("0.0.0.0") ? "127.0.0.1" : bind.equals("::") ? "::1" : bind;
        return URI.create("http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port);
    }

    /** @param networks the addresses and networks (as {@code 10.0.0.0/8}) whose callers get the metrics; this machine's own by default */
    public record Metrics(@DefaultValue({"127.0.0.0/8", "::1"}) List<String> networks) {

        public Metrics {
            Networks.of("portolan.metrics.networks", networks);
        }

        Networks allowed() {
            return Networks.of("portolan.metrics.networks", networks);
        }
    }

    /**
     * @param showDrugAuthorizations whether the Patient Access API shows prior authorizations of drugs, which the rule leaves out
     * @param reportingUnit where a Coverage names the unit (contract, state, plan, issuer) that the yearly numbers are reported by: see {@link ReportingUnit#of}
     */
    public record PatientAccess(@DefaultValue("false") boolean showDrugAuthorizations, @DefaultValue("class:plan") ReportingUnit reportingUnit) {}

    /**
     * @param changesByProviders whether providers may add members to their lists and take them off ({@code $member-add}, {@code $member-remove}): whoever adds a member reads that member's record
     * @param memberMatch whether {@code $provider-member-match} is offered; null: in a sandbox it is, in production not
     * @param attestationDays how long a treatment attestation holds at most
     * @param lateAfterHours the age at which an export that is not ready raises an alarm
     * @param opensOn the first day on which members' data is given to providers: members are told before
     */
    public record ProviderAccess(@DefaultValue("false") boolean changesByProviders, @Nullable Boolean memberMatch, @DefaultValue("90") int attestationDays, @DefaultValue("4") int lateAfterHours,
            @DefaultValue("2027-01-01") String opensOn) {

        public ProviderAccess {
            require(attestationDays >= 1 && attestationDays <= 366, "portolan.provider-access.attestation-days must be 1 to 366, it is " + attestationDays);
            require(lateAfterHours >= 1 && lateAfterHours <= 24, "portolan.provider-access.late-after-hours must be 1 to 24, it is " + lateAfterHours);
            require(opensOn.matches("\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])"), "portolan.provider-access.opens-on is a day such as 2027-01-01, it is " + opensOn);
        }

        LocalDate opens() {
            return LocalDate.parse(opensOn);
        }
    }

    /**
     * @param threads requests that are worked on at the same time
     * @param maxHeader the longest request line and headers together
     */
    public record Http(@DefaultValue("64") int threads, @DefaultValue("32KB") DataSize maxHeader) {

        public Http {
            require(threads >= 8 && threads <= 2_000, "portolan.http.threads must be 8 to 2000, it is " + threads);
        }
    }

    /**
     * The server's certificate; without one it speaks plain HTTP, on loopback or behind a proxy that has one.
     *
     * @param certificate PEM file: the certificate, then those of its issuers
     * @param privateKey PEM file (PKCS #8)
     */
    public record Tls(Path certificate, Path privateKey) {

        public Tls {
            require(certificate != null && Files.isReadable(certificate), "portolan.tls.certificate names no file that can be read: " + certificate);
            require(privateKey != null && Files.isReadable(privateKey), "portolan.tls.private-key names no file that can be read: " + privateKey);
            require(holds(certificate, "-----BEGIN CERTIFICATE-----"), "portolan.tls.certificate holds no PEM of a certificate: " + certificate);
            require(holds(privateKey, "PRIVATE KEY-----"), "portolan.tls.private-key holds no PEM of a private key: " + privateKey);
        }

        private static boolean holds(Path file, String line) {
            try {
                return Files.readString(file, StandardCharsets.ISO_8859_1).contains(line);
            } catch (IOException e) {
                throw new IllegalArgumentException("portolan.tls: " + file + " cannot be read: " + e.getMessage(), e);
            }
        }
    }

    /**
     * @param labelling whether what is written gets security labels by the codes in it
     * @param sensitiveCodes the plan's own list of such codes, or null for the one that comes with the program
     * @param majority from which age on a parent acts for a member no longer
     * @param minorPrivacy from which age on a minor's sensitive data is not shown to a parent
     */
    public record Consent(@DefaultValue("true") boolean labelling, @Nullable Path sensitiveCodes, @DefaultValue("18") int majority, @DefaultValue("12") int minorPrivacy) {

        public Consent {
            require(sensitiveCodes == null || Files.isReadable(sensitiveCodes), "portolan.consent.sensitive-codes names no file that can be read: " + sensitiveCodes);
            require(minorPrivacy >= 0 && minorPrivacy <= majority && majority <= 21, "portolan.consent.majority is at most 21, and portolan.consent.minor-privacy at most that");
        }
    }

    /**
     * @param url {@code jdbc:postgresql://...} of a PostgreSQL 15 or later; null for the embedded one
     * @param user the role that the server works as
     * @param ownerUser the role that owns the audit trail, so that the server's own role cannot alter it; the same as {@code user} where there is none
     * @param poolSize connections
     */
    public record Database(
            @Nullable String url,
            @Nullable String user,
            @Nullable String password,
            @Nullable String ownerUser,
            @Nullable String ownerPassword,
            @DefaultValue("16") int poolSize) {

        public Database {
            require(poolSize >= 2 && poolSize <= 500, "portolan.db.pool-size must be 2 to 500, it is " + poolSize);
            require(url == null || url.startsWith("jdbc:postgresql:"), "portolan.db.url (PORTOLAN_DB_URL) must begin with jdbc:postgresql:");
            require(url == null || user != null, "portolan.db.url is set without portolan.db.user (PORTOLAN_DB_USER)");
        }

        @Override
        public String toString() {
            return "Database[url=" + url + ", user=" + user + ", poolSize=" + poolSize + "]";
        }
    }

    /**
     * @param anchors the folder, away from the database, that the signed anchors of the audit trail go to; null for {@code audit-anchors} below the data
     * @param retentionYears how long entries are kept
     * @param longestWaitSeconds how long a call waits for its entry before it is answered 503
     * @param journal whether entries become durable in a journal below the data, and stand in the database a moment later; null: with the embedded database, whose files lie there too. With another
     *     database only if the data folder is on a disk that outlives the server
     * @param retentionByLine years for single lines of business, as {@code Medicaid=10}; a month goes when it has outlived the longest
     */
    public record Audit(@Nullable Path anchors, @DefaultValue("10") int retentionYears, @DefaultValue({}) List<String> retentionByLine, @DefaultValue("10") int longestWaitSeconds,
            @Nullable Boolean journal) {

        public Audit {
            require(longestWaitSeconds >= 1 && longestWaitSeconds <= 60, "portolan.audit.longest-wait-seconds must be 1 to 60, it is " + longestWaitSeconds);
            for (String each : retentionByLine) {
                require(each.matches("[^=]+=[0-9]{1,3}"), "portolan.audit.retention-by-line (PORTOLAN_AUDIT_RETENTION_BY_LINE) is a list as Medicaid=10,Commercial=7, and has '" + each + "'");
            }
        }

        Retention.Policy policy() {
            return new Retention.Policy(retentionYears, retentionByLine.stream().map(each -> each.split("=")).collect(Collectors.toMap(each -> each[0].strip(), each -> Integer.valueOf(each[1]))));
        }

        Duration patience() {
            return Duration.ofSeconds(longestWaitSeconds);
        }

        boolean isJournalled(boolean embedded) {
            return journal == null ? embedded : journal;
        }

        Path journalIn(Path data) {
            return data.resolve("audit-journal");
        }

        Path anchorsIn(Path data) {
            return anchors != null ? anchors : data.resolve("audit-anchors");
        }
    }

    /**
     * @param folder where exports' files, and those that are imported, lie; with several nodes, a folder that they share; null for the data folder
     * @param runningPerApp exports of one app that run at the same time
     * @param openPerApp exports of one app that wait or run, and imports of one app
     * @param keptDays how long the files of an export can be had
     * @param importSources the servers that {@code $import} may fetch from, as {@code https://ehr.example}; none is none
     * @param importNetworks where the names of those servers may lead to beside the Internet, as {@code 10.20.0.0/16}
     * @param importFileMax the longest file that {@code $import} takes
     * @param importTotalMax what the files of one import have together at most
     * @param s3 the object store that exports' files go to; null for the folder
     */
    public record BulkData(
            @Nullable Path folder,
            @DefaultValue("2") int runningPerApp,
            @DefaultValue("10") int openPerApp,
            @DefaultValue("7") int keptDays,
            @DefaultValue({}) List<URI> importSources,
            @DefaultValue({}) List<String> importNetworks,
            @DefaultValue("8GB") DataSize importFileMax,
            @DefaultValue("64GB") DataSize importTotalMax,
            @Nullable ObjectStore s3) {

        public BulkData {
            require(folder == null || Files.isDirectory(folder), "portolan.bulk-data.folder names no folder: " + folder);
            require(runningPerApp >= 1 && runningPerApp <= openPerApp && openPerApp <= 1_000, "portolan.bulk-data.running-per-app is at least 1 and at most portolan.bulk-data.open-per-app, which is at most 1000");
            require(keptDays >= 1 && keptDays <= 365, "portolan.bulk-data.kept-days must be 1 to 365, it is " + keptDays);
            require(importSources.stream().allMatch(source -> ("https".equals(source.getScheme()) || "http".equals(source.getScheme())) && source.getHost() != null),
                    "portolan.bulk-data.import-sources is a list of servers as https://ehr.example, and has " + importSources);
            importNetworks.forEach(Network::of);
            require(importFileMax.toBytes() >= 1 && importFileMax.compareTo(importTotalMax) <= 0, "portolan.bulk-data.import-file-max is at least 1 byte and at most portolan.bulk-data.import-total-max");
        }

        Path folderIn(Path data) {
            return (folder != null ? folder : data).toAbsolutePath();
        }
    }

    /**
     * An S3-compatible object store.
     *
     * @param prefix what every object's key begins with
     * @param endpoint null for AWS's own of the region
     * @param pathStyle whether the bucket stands in the path; null: it does unless the store is AWS's
     * @param accessKey null, with the secret: what AWS's usual places in the environment give
     */
    public record ObjectStore(
            String bucket,
            @DefaultValue("") String prefix,
            @Nullable URI endpoint,
            @DefaultValue("us-east-1") String region,
            @Nullable Boolean pathStyle,
            @Nullable String accessKey,
            @Nullable String secretKey) {

        public ObjectStore {
            require(bucket != null && bucket.matches("[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]"), "portolan.bulk-data.s3.bucket (PORTOLAN_BULK_DATA_S3_BUCKET) names no bucket: " + bucket);
            require(prefix.isEmpty() || prefix.matches("([A-Za-z0-9._-]+/)+"), "portolan.bulk-data.s3.prefix is empty or ends in a slash, as portolan/exports/; it is " + prefix);
            require(endpoint == null || endpoint.getHost() != null && ("https".equals(endpoint.getScheme()) || "http".equals(endpoint.getScheme()) && OWN_NAMES.contains(endpoint.getHost())),
                    "portolan.bulk-data.s3.endpoint is an https address (http on loopback alone), as https://minio.plan.example:9000; it is " + endpoint);
            require((accessKey == null) == (secretKey == null), "portolan.bulk-data.s3.access-key and portolan.bulk-data.s3.secret-key are set together or not at all");
        }

        boolean inPath() {
            return pathStyle != null ? pathStyle : endpoint != null;
        }

        @Override
        public String toString() {
            return "ObjectStore[bucket=" + bucket + ", prefix=" + prefix + ", endpoint=" + endpoint + ", region=" + region + "]";
        }
    }

    private static boolean isLoopback(String address) {
        try {
            return InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("portolan.bind is no address of this machine: '" + address + "'", e);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
