package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonLimits;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Reads request bodies, within bounds also while they are inflated. */
final class BodyReader {

    private static final int DEPTH = 64;
    /** A value's place in the index is longer than this: shorter ones on the average are no resource's. */
    private static final int BYTES_OF_A_VALUE = 16;
    private static final int LEAST_VALUES = 100_000;
    private static final int STEP = 1 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /** As HAPI's objects, on the way to JSON. */
    private static final int XML_GROWS = 4;
    /** Itself, and as base64 in JSON. */
    private static final int FILE_GROWS = 3;

    private final int most;
    private final XmlFormat xml;
    private final BodyRoom.Part room;

    BodyReader(int most, XmlFormat xml, BodyRoom.Part room) {
        this.most = most;
        this.xml = xml;
        this.room = room;
    }

    /**
     * The body as a resource or a patch.
     *
     * @param binary see {@link RequestReader}
     */
    FhirRequest.Body read(HttpServletRequest request, @Nullable String binary) {
        // Not getContentType, which fails for a character set that Java does not know.
        String contentType = request.getHeader("Content-Type");
        boolean patch = contentType != null && MediaType.essence(contentType).equals(MediaType.JSON_PATCH);
        if (contentType == null && request.getContentLengthLong() <= 0 && request.getHeader("Transfer-Encoding") == null) {
            return FhirRequest.Body.NONE;
        }
        if (binary != null && SentBinary.is(contentType)) {
            byte[] content = bytes(request);
            room.take(request, (long) FILE_GROWS * content.length, PATIENCE);
            return parsed(SentBinary.json(request, binary, content), false);
        }
        if (patch) {
            MediaType.requireUtf8(contentType);
        }
        MediaType type = patch ? MediaType.JSON : MediaType.sent(contentType);
        byte[] bytes = bytes(request);
        if (bytes.length == 0) {
            return FhirRequest.Body.NONE;
        }
        if (type == MediaType.XML) {
            room.take(request, (long) XML_GROWS * bytes.length, PATIENCE);
        }
        return parsed(type == MediaType.XML ? xml.toJson(bytes) : bytes, patch);
    }

    /** XML, and a file, may grow as JSON: their own size was checked already. */
    private FhirRequest.Body parsed(byte[] json, boolean patch) {
        return new FhirRequest.Body(JsonDocument.parse(json, new JsonLimits(Math.max(most, json.length), DEPTH, Math.max(LEAST_VALUES, most / BYTES_OF_A_VALUE))), patch);
    }

    byte[] bytes(HttpServletRequest request) {
        if (request.getContentLengthLong() > most) {
            throw tooLarge();
        }
        try {
            InputStream plain = request.getInputStream();
            room.take(request, request.getContentLengthLong(), PATIENCE);
            return decoded(request, plain, request.getHeader("Content-Encoding"), (int) Math.max(0, request.getContentLengthLong()));
        } catch (IOException e) {
            // Over a body that did not come whole the connection ends: what comes later would be taken for the next request.
            throw (e.getCause() instanceof TimeoutException ? new FhirException(Problem.REQUEST_TIMEOUT, "the rest of the body did not come in time, so nothing was done: send the request again")
                    : new FhirException(Problem.BAD_HEADER, "the body ended before its Content-Length, or broke off, so nothing was done: send the request again")).with("Connection", "close");
        }
    }

    private byte[] decoded(HttpServletRequest request, InputStream plain, @Nullable String encoding, int length) throws IOException {
        String name = encoding == null ? "identity" : encoding.trim().toLowerCase(Locale.ROOT);
        return switch (name) {
            case "identity", "" -> bounded(request, plain, length);
            case "gzip", "x-gzip" -> inflated(request, plain, length * 4);
            default -> throw new FhirException(Problem.UNSUPPORTED_MEDIA_TYPE, "this Content-Encoding is not read here: send gzip or none").with("Accept-Encoding", "gzip");
        };
    }

    private byte[] inflated(HttpServletRequest request, InputStream plain, int expected) throws IOException {
        try {
            return bounded(request, new GZIPInputStream(plain, 16 << 10), expected);
        } catch (ZipException | EOFException e) {
            throw new FhirException(Problem.BAD_HEADER, "the body is not what Content-Encoding says: send gzip, or leave the header out");
        }
    }

    private byte[] bounded(HttpServletRequest request, InputStream in, int expected) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(Math.min(Math.max(expected, 1024), 1 << 20));
        byte[] chunk = new byte[16 << 10];
        int total = 0;
        for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
            total += count;
            if (total > most) {
                throw tooLarge();
            }
            if (total / STEP != (total - count) / STEP) {
                room.take(request, Math.min(most, total + STEP), PATIENCE); // inflated, or of a length that nobody said
            }
            out.write(chunk, 0, count);
        }
        return out.toByteArray();
    }

    private FhirException tooLarge() {
        return new FhirException(Problem.TOO_LARGE, "the body is larger than " + most + " bytes: send less at once, for instance a Bundle with fewer entries");
    }
}
