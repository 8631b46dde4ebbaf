package dev.portolan.bulkdata;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/** An S3-compatible store that checks signatures (S3Proxy, keeping its objects in memory), in a process of its own, with a bucket. */
final class ObjectStoreServer implements AutoCloseable {

    static final String BUCKET = "exports-of-the-plan";
    static final String PREFIX = "portolan/";
    private static final String ACCESS_KEY = "access-" + UUID.randomUUID();
    private static final Pattern PORT = Pattern.compile("Started .*ServerConnector.*127\\.0\\.0\\.1:(\\d+)");

    final String secretKey = "secret-" + UUID.randomUUID();
    final Path log;
    private final Process process;
    private final URI endpoint;
    private final S3Client own;

    ObjectStoreServer(Path folder) throws IOException, InterruptedException {
        Path settings = Files.writeString(folder.resolve("s3proxy.conf"), """
            s3proxy.endpoint=http://127.0.0.1:0
            s3proxy.authorization=aws-v4
            s3proxy.identity=%s
            s3proxy.credential=%s
            jclouds.provider=transient-nio2
            jclouds.identity=none
            jclouds.credential=none
            """.formatted(ACCESS_KEY, secretKey));
        log = folder.resolve("s3proxy.log");
        process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx200m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", "target/object-store/s3proxy.jar",
            "--properties", settings.toString()).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        endpoint = URI.create("http://127.0.0.1:" + port());
        own = S3Client.builder().endpointOverride(endpoint).region(Region.US_EAST_1).forcePathStyle(true).credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(ACCESS_KEY, secretKey))).build();
        own.createBucket(create -> create.bucket(BUCKET));
    }

    private int port() throws IOException, InterruptedException {
        for (int i = 0; i < 600 && process.isAlive(); i++) {
            Matcher started = PORT.matcher(Files.readString(log));
            if (started.find()) {
                return Integer.parseInt(started.group(1));
            }
            Thread.sleep(100);
        }
        throw new AssertionError("the object store did not start: " + Files.readString(log));
    }

    ObjectStoreSettings settings() {
        return settings(secretKey);
    }

    ObjectStoreSettings settings(String secret) {
        return new ObjectStoreSettings(BUCKET, PREFIX, endpoint, "us-east-1", true, ACCESS_KEY, secret);
    }

    /** The store with nobody there, as in an outage. */
    static ObjectStoreSettings nowhere() throws IOException {
        try (ServerSocket free = new ServerSocket()) {
            free.bind(new InetSocketAddress("127.0.0.1", 0));
            return new ObjectStoreSettings(BUCKET, PREFIX, URI.create("http://127.0.0.1:" + free.getLocalPort()), "us-east-1", true, "any", "any");
        }
    }

    List<String> keys() {
        return own.listObjectsV2Paginator(list -> list.bucket(BUCKET)).contents().stream().map(S3Object::key).sorted().toList();
    }

    /** Uploads that were begun and are neither ended nor forgotten. */
    int unfinished() {
        return own.listMultipartUploads(list -> list.bucket(BUCKET)).uploads().size();
    }

    /** As a process that was killed in the middle leaves it. */
    void begin(String key) {
        String upload = own.createMultipartUpload(create -> create.bucket(BUCKET).key(key)).uploadId();
        own.uploadPart(part -> part.bucket(BUCKET).key(key).uploadId(upload).partNumber(1), software.amazon.awssdk.core.sync.RequestBody.fromBytes(new byte[5 << 20]));
    }

    @Override
    public void close() throws InterruptedException {
        own.close();
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
