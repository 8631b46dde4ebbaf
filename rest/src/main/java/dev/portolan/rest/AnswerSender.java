package dev.portolan.rest;

import dev.portolan.store.StoredResource;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** Turns an answer into an HTTP response: headers, format, compression, one write. */
final class AnswerSender {

    private static final int WORTH_COMPRESSING = 1_400;
    /** As HAPI's objects, on the way to XML. */
    private static final int ANOTHER_FORM_GROWS = 6;
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final XmlFormat xml;
    private final BodyRoom.Part room;

    /** @param room what is sent is given back by whoever asks for it to be sent */
    AnswerSender(XmlFormat xml, BodyRoom.Part room) {
        this.xml = xml;
        this.room = room;
    }

    /**
     * @param measured whether to say how long the body is before it is written. A container that knows waits in that write until the caller takes its end; one that does not keeps what fits into its buffer, counts it
     *     and sends it when the answer is complete
     */
    void send(Answer answer, Presentation presentation, String baseUrl, HttpServletRequest request, HttpServletResponse response, boolean measured) throws IOException {
        Shown shown = shown(answer, presentation, baseUrl, request);
        setHeaders(shown.answer(), baseUrl, response);
        Answer.Body body = shown.answer().body();
        if (body instanceof Answer.None) {
            return;
        }
        if (body instanceof Answer.Sent sent) {
            FileSender.send(sent.file(), shown.answer().status(), sent.contentType(), request, response);
            return;
        }
        response.setHeader("Content-Type", shown.type().header());
        if (shown.bytes() == null && body instanceof Answer.Pooled pooled) {
            write(pooled.buffer().array(), pooled.buffer().length(), request, response, measured);
        } else {
            byte[] bytes = shown.bytes() == null ? json(body) : shown.bytes();
            write(bytes, bytes.length, request, response, measured);
        }
    }

    /**
     * An answer in the form that it leaves in.
     *
     * @param bytes what its body has become, or null if it stays as it is
     */
    private record Shown(Answer answer, MediaType type, byte @Nullable [] bytes) {}

    /**
     * In the form that was asked for; before anything of the response is settled, since it may be another answer then.
     *
     * <p>What was done stays done: a create that looks like a failure is sent once more, and there are two then. So it is told as it is, in the format that can always be written (RFC 9110, section 12.4.1, lets a server do
     * that); if there is no room for the resource, without it, since the headers say which version to read (R4 http, section 3.1.0.1.7, lets a server do that).
     */
    private Shown shown(Answer answer, Presentation presentation, String baseUrl, HttpServletRequest request) {
        Answer.Body body = answer.body();
        if (body instanceof Answer.None || body instanceof Answer.Sent) {
            return new Shown(answer, presentation.type(), null);
        }
        try {
            room.take(request, presentation.plain() ? length(body) : (long) ANOTHER_FORM_GROWS * length(body), PATIENCE);
            return new Shown(answer, presentation.type(), presentation.plain() ? null : presentation.apply(json(body), xml));
        } catch (FhirException unwritable) {
            if (!onlyReads(request) || answer.status() >= 400) {
                return new Shown(unwritable.problem() == Problem.UNAVAILABLE && body instanceof Answer.Stored ? answer.withBody(Answer.Body.NONE) : answer, MediaType.JSON, null);
            }
            Answer refusal = Answer.json(unwritable.problem().status(), Outcomes.of(unwritable, baseUrl + "/CodeSystem/error-codes"), answer.access());
            return new Shown(refusal, presentation.type(), presentation.plain() ? null : presentation.apply(json(refusal.body()), xml));
        }
    }

    private static boolean onlyReads(HttpServletRequest request) {
        return request.getMethod().equals("GET") || request.getMethod().equals("HEAD") || RequestReader.path(request).endsWith("_search");
    }

    private static void setHeaders(Answer answer, String baseUrl, HttpServletResponse response) {
        response.setStatus(answer.status());
        StoredResource version = answer.version();
        if (version != null) {
            response.setHeader("ETag", "W/\"" + version.version() + "\"");
            response.setHeader("Last-Modified", Preconditions.HttpDate.format(version.lastUpdated()));
            if (answer.location()) {
                response.setHeader("Location", baseUrl + "/" + version.key() + "/_history/" + version.version());
            }
        }
        for (Answer.Header header : answer.headers()) {
            response.setHeader(header.name(), header.value());
        }
    }

    /** How many bytes an answer has that leaves without being put into another form, compressed, or read from elsewhere; of others, more than any buffer holds. */
    static long lengthAsItStands(Answer answer, Presentation presentation, HttpServletRequest request) {
        Answer.Body body = answer.body();
        if (body instanceof Answer.None) {
            return 0;
        }
        if (body instanceof Answer.Sent || !presentation.plain()) {
            return Long.MAX_VALUE;
        }
        int length = length(body);
        return length >= WORTH_COMPRESSING && HeaderLines.takesGzip(request) ? Long.MAX_VALUE : length;
    }

    /** Bytes of the JSON; 0 where there is none. */
    static int length(Answer.Body body) {
        return body instanceof Answer.Pooled pooled ? pooled.buffer().length() : json(body).length;
    }

    static byte[] json(Answer.Body body) {
        if (body instanceof Answer.Stored stored) {
            return stored.json();
        }
        if (body instanceof Answer.Json json) {
            return json.bytes();
        }
        return body instanceof Answer.Pooled pooled ? pooled.buffer().toBytes() : new byte[0];
    }

    private static void write(byte[] bytes, int length, HttpServletRequest request, HttpServletResponse response, boolean measured) throws IOException {
        boolean head = request.getMethod().equals("HEAD");
        if (request.getHeader("Accept-Encoding") != null) {
            response.addHeader("Vary", "Accept-Encoding");
            if (length >= WORTH_COMPRESSING && HeaderLines.takesGzip(request)) {
                byte[] packed = gzip(bytes, length);
                response.setHeader("Content-Encoding", "gzip");
                response.setContentLength(packed.length);
                if (!head) {
                    response.getOutputStream().write(packed, 0, packed.length);
                }
                return;
            }
        }
        if (head || measured) {
            response.setContentLength(length);
        }
        if (!head) {
            response.getOutputStream().write(bytes, 0, length);
        }
    }

    private static byte[] gzip(byte[] bytes, int length) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream(length / 4 + 64);
        try (OutputStream out = new FastGzip(packed)) {
            out.write(bytes, 0, length);
        }
        return packed.toByteArray();
    }

    /** FHIR's JSON repeats itself so much that the fastest level loses little. */
    private static final class FastGzip extends GZIPOutputStream {

        FastGzip(OutputStream out) throws IOException {
            super(out, 8 << 10);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}
