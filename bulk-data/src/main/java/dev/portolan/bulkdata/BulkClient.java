package dev.portolan.bulkdata;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonSyntaxException;
import dev.portolan.fhir.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Fetches an export from another bulk data server into a folder: kicks it off, polls as often as the server asks for, downloads file by file. Called again on the same folder it goes on where it was: with
 * the same export, and with the files, and the rest of a file, that are left.
 */
public final class BulkClient {

    private static final String POLL = "poll.url";
    private static final String MANIFEST = "export.manifest";
    private static final String ERROR = "error";
    private static final String UNFINISHED = ".unfinished";
    private static final int ATTEMPTS = 6;
    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);
    /** However late a server wants to be asked again. */
    private static final Duration LONGEST_ASKED = Duration.ofHours(1);
    private static final Duration TIMEOUT = Duration.ofMinutes(10);

    private final HttpClient http;
    private final Supplier<String> tokens;

    /** @param tokens gives a live access token, asked for before every request; empty for a server that needs none */
    public BulkClient(HttpClient http, Supplier<String> tokens) {
        this.http = http;
        this.tokens = tokens;
    }

    /** The other server did not do what it was asked for. */
    public static class BulkClientException extends IOException {
        private static final long serialVersionUID = 1L;

        BulkClientException(String message) {
            super(message);
        }
    }

    /**
     * @param transactionTime the {@code _since} of the next time
     * @param files what was downloaded, without the files of errors
     * @param errors files of OperationOutcomes, a line each: what the other server could not give, and what else it says of the export
     */
    public record Fetched(String transactionTime, List<FetchedFile> files, List<Path> errors) {}

    /**
     * @param type of the resources in it
     * @param deletions true if it holds Bundles that delete
     */
    public record FetchedFile(String type, Path path, boolean deletions) {}

    /**
     * @param kickOff for instance {@code https://ehr.example/fhir/Group/1/$export?_type=Patient}
     * @param folder made if it is not there; one for each export
     */
    public Fetched fetch(URI kickOff, Path folder) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Path kept = folder.resolve(MANIFEST);
        if (!Files.exists(kept)) {
            URI poll = Files.exists(folder.resolve(POLL)) ? URI.create(Files.readString(folder.resolve(POLL)).strip()) : start(kickOff, folder);
            requireEncrypted(kickOff, poll);
            write(kept, manifest(await(poll)));
        }
        JsonValue manifest = JsonDocument.parse(Files.readAllBytes(kept)).root();
        JsonValue asks = manifest.field("requiresAccessToken");
        boolean withToken = asks == null || "true".equals(asks.text());
        List<FetchedFile> files = new ArrayList<>();
        List<FetchedFile> errors = new ArrayList<>();
        download(kickOff, manifest.field("output"), "output", withToken, folder, files);
        download(kickOff, manifest.field("deleted"), "deleted", withToken, folder, files);
        download(kickOff, manifest.field("error"), ERROR, withToken, folder, errors);
        return new Fetched(String.valueOf(manifest.fieldText("transactionTime")), files, errors.stream().map(FetchedFile::path).toList());
    }

    /** Who asks over an encrypted connection is not led to another: the token, and members' data, would go in the clear. */
    private static void requireEncrypted(URI kickOff, URI place) throws BulkClientException {
        if ("https".equalsIgnoreCase(kickOff.getScheme()) && !"https".equalsIgnoreCase(place.getScheme())) {
            throw new BulkClientException("The server names a place without encryption: " + place.getScheme() + "://" + place.getHost() + ". Nothing was asked for there.");
        }
    }

    /** What is no manifest is not kept, so that it is asked for again the next time. */
    private static byte[] manifest(byte[] answer) throws BulkClientException {
        try {
            JsonValue root = JsonDocument.parse(answer).root();
            if (root.fieldText("transactionTime") != null && isList(root.field("output"), true) && isList(root.field("deleted"), false) && isList(root.field(ERROR), false)) {
                return answer;
            }
        } catch (JsonSyntaxException e) {
            throw new BulkClientException("The server's manifest is no JSON.");
        }
        throw new BulkClientException("The server's answer is no manifest: it has no transactionTime, or no list of output.");
    }

    private static boolean isList(@Nullable JsonValue list, boolean required) {
        return list == null ? !required : list.isArray();
    }

    /** Deletes the export at the other server, which need not keep it any longer. */
    public void finish(Path folder) throws IOException, InterruptedException {
        send(request(URI.create(Files.readString(folder.resolve(POLL)).strip()), true).DELETE().build(), HttpResponse.BodyHandlers.discarding());
    }

    private URI start(URI kickOff, Path folder) throws IOException, InterruptedException {
        HttpResponse<byte[]> started = send(
            request(kickOff, true).header("Accept", "application/fhir+json").header("Prefer", "respond-async").build(), HttpResponse.BodyHandlers.ofByteArray());
        if (started.statusCode() != 202) {
            throw refused("The export was not started", started.statusCode());
        }
        URI poll = kickOff.resolve(started.headers().firstValue("Content-Location").orElseThrow(() -> new BulkClientException("The server named no place to poll.")));
        write(folder.resolve(POLL), poll.toString().getBytes(StandardCharsets.UTF_8));
        return poll;
    }

    private byte[] await(URI poll) throws IOException, InterruptedException {
        Duration wait = FIRST_WAIT;
        for (;;) {
            HttpResponse<byte[]> status = send(request(poll, true).header("Accept", "application/json").build(), HttpResponse.BodyHandlers.ofByteArray());
            if (status.statusCode() == 200) {
                return status.body();
            }
            if (status.statusCode() != 202) {
                throw refused("The export failed", status.statusCode());
            }
            Duration asked = retryAfter(status);
            Thread.sleep((asked == null ? wait : asked).toMillis());
            wait = shorter(wait.multipliedBy(2));
        }
    }

    private static Duration shorter(Duration wait) {
        return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
    }

    private static BulkClientException refused(String what, int status) {
        return new BulkClientException(what + ": the server answered " + status + ".");
    }

    private void download(URI kickOff, @Nullable JsonValue list, String kind, boolean withToken, Path folder, List<FetchedFile> files) throws IOException, InterruptedException {
        int number = 0;
        for (JsonValue entry : list == null ? List.<JsonValue>of() : list.each()) {
            String type = String.valueOf(entry.fieldText("type"));
            if (!type.matches("[A-Za-z]{1,64}")) {
                throw new BulkClientException("The manifest names a type that is none.");
            }
            // What a load takes are names that end in ndjson.
            Path file = folder.resolve(kind + "-" + number++ + "-" + type + (kind.equals(ERROR) ? ".outcomes" : ".ndjson"));
            URI url = address(entry.fieldText("url"));
            requireEncrypted(kickOff, url);
            new FileDownload((from, have) -> open(from, have, withToken)).to(file, url, Long.MAX_VALUE);
            files.add(new FetchedFile(type, file, kind.equals("deleted")));
        }
    }

    private static URI address(@Nullable String url) throws BulkClientException {
        try {
            URI address = new URI(String.valueOf(url));
            if (address.getHost() != null && String.valueOf(address.getScheme()).matches("https?")) {
                return address;
            }
        } catch (URISyntaxException e) {
            throw new BulkClientException("The manifest names a file by what is no URL.");
        }
        throw new BulkClientException("The manifest names a file by what is no URL that can be fetched.");
    }

    private FileDownload.Given open(URI url, long from, boolean withToken) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(url, withToken).header("Accept", "application/fhir+ndjson");
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        HttpResponse<InputStream> answer = send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        return new FileDownload.Given(answer.statusCode(), answer.body());
    }

    private HttpRequest.Builder request(URI url, boolean withToken) {
        HttpRequest.Builder request = HttpRequest.newBuilder(url).timeout(TIMEOUT);
        String token = withToken ? tokens.get() : "";
        return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
    }

    /** Sends; what a server says is only for the moment (429, 502, 503, 504), and a connection that fails, is tried again, as late as it says. */
    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) throws IOException, InterruptedException {
        Duration wait = FIRST_WAIT;
        for (int attempt = 1;; attempt++) {
            Duration asked = null;
            try {
                HttpResponse<T> answer = http.send(request, handler);
                boolean transientAnswer = answer.statusCode() == 429 || answer.statusCode() >= 502 && answer.statusCode() <= 504;
                if (!transientAnswer || attempt == ATTEMPTS) {
                    return answer;
                }
                asked = retryAfter(answer);
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
            Thread.sleep((asked == null ? wait : asked).toMillis());
            wait = shorter(wait.multipliedBy(2));
        }
    }

    /** Seconds or a date (RFC 9110, section 10.2.3), within bounds. */
    private static @Nullable Duration retryAfter(HttpResponse<?> answer) {
        return retryAfter(answer.headers().firstValue("Retry-After").orElse(null));
    }

    static @Nullable Duration retryAfter(@Nullable String value) {
        if (value == null) {
            return null;
        }
        try {
            Duration asked = value.strip().matches("\\d{1,9}") ? Duration.ofSeconds(Long.parseLong(value.strip()))
                : Duration.between(Instant.now(), ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME.withLocale(Locale.ENGLISH)).toInstant());
            return asked.isNegative() || asked.isZero() ? Duration.ofSeconds(1) : asked.compareTo(LONGEST_ASKED) > 0 ? LONGEST_ASKED : asked;
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static void write(Path file, byte[] bytes) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + UNFINISHED);
        Files.write(unfinished, bytes);
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
