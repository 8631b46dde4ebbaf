package dev.portolan.rest;

import dev.portolan.store.StoredResource;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Turns an answer into an HTTP response: headers, format, compression, one write. */
final class AnswerSender {

    private static final int WORTH_COMPRESSING = 1_400;

    private final XmlFormat xml;

    AnswerSender(XmlFormat xml) {
        this.xml = xml;
    }

    /**
     * @param measured whether to say how long the body is before it is written. A container that knows waits in that write until the caller takes its end; one that does not keeps what fits into its buffer, counts it
     *     and sends it when the answer is complete
     */
    void send(Answer answer, Presentation presentation, String baseUrl, HttpServletRequest request, HttpServletResponse response, boolean measured) throws IOException {
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
        Answer.Body body = answer.body();
        if (body instanceof Answer.None) {
            return;
        }
        if (body instanceof Answer.Sent sent) {
            FileSender.send(sent.file(), answer.status(), sent.contentType(), request, response);
            return;
        }
        response.setHeader("Content-Type", presentation.type().header());
        if (body instanceof Answer.Pooled pooled && presentation.plain()) {
            write(pooled.buffer().array(), pooled.buffer().length(), request, response, measured);
        } else {
            byte[] bytes = presentation.apply(json(body), xml);
            write(bytes, bytes.length, request, response, measured);
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
        int length = body instanceof Answer.Pooled pooled ? pooled.buffer().length() : json(body).length;
        String accepted = request.getHeader("Accept-Encoding");
        return length >= WORTH_COMPRESSING && accepted != null && accepted.contains("gzip") ? Long.MAX_VALUE : length;
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
        String accepted = request.getHeader("Accept-Encoding");
        boolean head = request.getMethod().equals("HEAD");
        if (accepted != null) {
            response.addHeader("Vary", "Accept-Encoding");
            if (length >= WORTH_COMPRESSING && accepted.contains("gzip") && !accepted.contains("gzip;q=0")) {
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
