package dev.portolan.bulkdata;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Files as objects of an S3-compatible store. What is written waits in a file of this machine that has no name any more, so that it goes with the process, and is sent when it is kept: memory does not
 * grow with the files, and a failed request is repeated from the same bytes. An object is there whole or not at all, and the store answers when it is durable.
 */
public final class ObjectStoreFiles implements OutputFiles, AutoCloseable {

    /** Sent by one request up to here, in pieces of this size beyond. S3 allows 10,000 of them, at least 5 MiB each. */
    static final int PIECE = 32 << 20;
    private static final int LISTED_AT_ONCE = 1_000;
    private static final Logger LOG = LoggerFactory.getLogger(ObjectStoreFiles.class);
    private static final String LINES = "application/fhir+ndjson";
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration SILENCE = Duration.ofSeconds(60);

    private final Path waiting;
    private final String bucket;
    private final String prefix;
    private final S3Client client;
    private final int piece;
    private final int listed;

    /** @param waiting the folder on this machine where files wait until they are sent; made if it is not there */
    public ObjectStoreFiles(ObjectStoreSettings settings, Path waiting) throws IOException {
        this(settings, waiting, PIECE, LISTED_AT_ONCE);
    }

    /** @param listed objects at once, 1,000 at most */
    ObjectStoreFiles(ObjectStoreSettings settings, Path waiting, int piece, int listed) throws IOException {
        this.waiting = LocalFiles.ownFolder(waiting);
        this.bucket = settings.bucket();
        this.prefix = settings.prefix();
        this.client = client(settings);
        this.piece = piece;
        this.listed = listed;
    }

    private static S3Client client(ObjectStoreSettings settings) {
        String access = settings.accessKey();
        String secret = settings.secretKey();
        AwsCredentialsProvider credentials = access == null || secret == null ? DefaultCredentialsProvider.builder().build() : StaticCredentialsProvider.create(AwsBasicCredentials.create(access, secret));
        S3ClientBuilder builder = S3Client.builder().region(Region.of(settings.region())).forcePathStyle(settings.pathStyle()).credentialsProvider(credentials)
            .httpClientBuilder(UrlConnectionHttpClient.builder().connectionTimeout(CONNECT).socketTimeout(SILENCE));
        URI endpoint = settings.endpoint();
        if (endpoint != null) {
            // What other stores understand of AWS's newer checksums differs; MD5 for deletions in bulk is what S3 began with.
            builder.endpointOverride(endpoint).requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED).responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .addPlugin(LegacyMd5Plugin.create());
        }
        return builder.build();
    }

    private String key(String export, String name) {
        return prefix + LocalFiles.safe(export) + "/" + LocalFiles.safe(name);
    }

    /** A request to the store. */
    private interface Request<T> {
        T send() throws IOException;
    }

    /** What the client throws is unchecked. The log has what the operator can act on, and nothing that the client says in its own words. */
    private static <T> T asked(String what, Request<T> request) throws IOException {
        try {
            return request.send();
        } catch (AwsServiceException e) {
            String code = e.awsErrorDetails() == null ? "" : " " + e.awsErrorDetails().errorCode();
            throw failed("the object store refused to " + what + ": " + e.statusCode() + code);
        } catch (SdkException e) {
            throw failed("the object store could not be asked to " + what + " (" + e.getClass().getSimpleName() + (e.getCause() == null ? "" : ", " + e.getCause().getClass().getSimpleName()) + ")");
        }
    }

    private static IOException failed(String message) {
        LOG.warn(message);
        return new IOException(message);
    }

    @Override
    public Writing write(String export, String name) throws IOException {
        String key = key(export, name);
        WaitingFile file = new WaitingFile(waiting);
        return new Writing() {
            @Override
            public OutputStream out() {
                return file.out();
            }

            @Override
            public void keep() throws IOException {
                try (file) {
                    long length = file.end();
                    if (length <= piece) {
                        asked("take a file", () -> client.putObject(put -> put.bucket(bucket).key(key).contentType(LINES), file.body(0, length)));
                    } else {
                        inPieces(key, file, length);
                    }
                }
            }

            @Override
            public void discard() throws IOException {
                file.close();
            }
        };
    }

    private void inPieces(String key, WaitingFile file, long length) throws IOException {
        String upload = asked("begin a file", () -> client.createMultipartUpload(create -> create.bucket(bucket).key(key).contentType(LINES))).uploadId();
        boolean complete = false;
        try {
            List<CompletedPart> sent = new ArrayList<>();
            for (long from = 0; from < length; from += piece) {
                RequestBody body = file.body(from, Math.min(piece, length - from));
                int number = sent.size() + 1;
                String tag = asked("take a piece of a file", () -> client.uploadPart(part -> part.bucket(bucket).key(key).uploadId(upload).partNumber(number), body)).eTag();
                sent.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
            }
            asked("end a file", () -> client.completeMultipartUpload(end -> end.bucket(bucket).key(key).uploadId(upload).multipartUpload(all -> all.parts(sent))));
            complete = true;
        } finally {
            if (!complete) {
                abort(key, upload);
            }
        }
    }

    private void abort(String key, String upload) throws IOException {
        asked("forget a piece of a file", () -> client.abortMultipartUpload(end -> end.bucket(bucket).key(key).uploadId(upload)));
    }

    /** An object that the store took is durable. */
    @Override
    public void settle(String export) {
        // nothing is left to do
    }

    @Override
    public boolean has(String export, String name) throws IOException {
        String key = key(export, name);
        return asked("tell of a file", () -> {
            try {
                client.headObject(head -> head.bucket(bucket).key(key));
                return true;
            } catch (NoSuchKeyException e) {
                return false;
            }
        });
    }

    @Override
    public InputStream read(String export, String name, long from) throws IOException {
        String key = key(export, name);
        return asked("give a file", () -> new Read(client.getObject(get -> {
            get.bucket(bucket).key(key);
            if (from > 0) {
                get.range("bytes=" + from + "-");
            }
        })));
    }

    /** Whoever stops early does not wait for the rest; whoever took all leaves the connection to the next request. */
    private static final class Read extends FilterInputStream {

        private final ResponseInputStream<GetObjectResponse> answer;
        private long left;

        Read(ResponseInputStream<GetObjectResponse> answer) {
            super(answer);
            this.answer = answer;
            this.left = answer.response().contentLength();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int count = asked("give a file", () -> super.read(into, offset, length));
            left -= Math.max(0, count);
            return count;
        }

        @Override
        public void close() throws IOException {
            if (left == 0) {
                super.close();
            } else {
                answer.abort();
            }
        }
    }

    @Override
    public void delete(String export, Set<String> names) throws IOException {
        List<String> keys = names.stream().map(name -> key(export, name)).toList();
        asked("delete files", () -> {
            for (int from = 0; from < keys.size(); from += listed) {
                delete(keys.subList(from, Math.min(keys.size(), from + listed)));
            }
            return null;
        });
    }

    /** What was begun and not ended, by a process that is no more, is forgotten too. */
    @Override
    public void deleteAllBut(String export, Set<String> names) throws IOException {
        String folder = prefix + LocalFiles.safe(export) + "/";
        asked("forget files that were not ended", () -> {
            for (MultipartUpload unfinished : client.listMultipartUploadsPaginator(list -> list.bucket(bucket).prefix(folder)).uploads()) {
                abort(unfinished.key(), unfinished.uploadId());
            }
            return null;
        });
        asked("delete files", () -> {
            for (var page : client.listObjectsV2Paginator(list -> list.bucket(bucket).prefix(folder).maxKeys(listed))) {
                delete(page.contents().stream().map(S3Object::key).filter(key -> !names.contains(key.substring(folder.length()))).toList());
            }
            return null;
        });
    }

    private void delete(List<String> keys) throws IOException {
        if (!keys.isEmpty()) {
            List<ObjectIdentifier> objects = keys.stream().map(key -> ObjectIdentifier.builder().key(key).build()).toList();
            DeleteObjectsResponse deleted = client.deleteObjects(delete -> delete.bucket(bucket).delete(these -> these.objects(objects).quiet(true)));
            if (deleted.hasErrors()) {
                throw new IOException("the object store refused to delete " + deleted.errors().size() + " files: " + deleted.errors().get(0).code());
            }
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
