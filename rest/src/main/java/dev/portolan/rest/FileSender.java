package dev.portolan.rest;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** Sends files: whole, compressed on the way if the caller takes it, or one range of them (RFC 9110, section 14). Never more of one in memory than a buffer. */
final class FileSender {

    private static final Pattern RANGE = Pattern.compile("bytes=(\\d*)-(\\d*)");
    private static final int BUFFER = 64 << 10;
    private static final int WORTH_COMPRESSING = 1_400;

    private FileSender() {}

    static void send(SentFile file, int status, String contentType, HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Content-Type", contentType);
        if (contentType.indexOf("charset") < 0) {
            response.setCharacterEncoding((String) null); // the container would else say of texts that they are in ISO 8859-1, which nobody knows
        }
        response.addHeader("Vary", "Accept-Encoding");
        boolean head = request.getMethod().equals("HEAD");
        String asked = status == 200 ? request.getHeader("Range") : null;
        long[] range = asked == null ? null : range(asked, file.length());
        if (range != null && range.length == 0) {
            response.setStatus(416);
            response.setHeader("Content-Range", "bytes */" + file.length());
            response.setContentLength(0);
            return;
        }
        response.setHeader("Accept-Ranges", "bytes");
        if (range != null) {
            response.setStatus(206);
            response.setHeader("Content-Range", "bytes " + range[0] + "-" + range[1] + "/" + file.length());
            plain(file, range[0], range[1] - range[0] + 1, head, response);
        } else if (file.length() >= WORTH_COMPRESSING && HeaderLines.takesGzip(request)) {
            response.setHeader("Content-Encoding", "gzip");
            if (!head) {
                gzip(file, response.getOutputStream());
            }
        } else {
            plain(file, 0, file.length(), head, response);
        }
    }

    private static void plain(SentFile file, long from, long length, boolean head, HttpServletResponse response) throws IOException {
        response.setContentLengthLong(length);
        if (!head && length > 0) {
            try (InputStream in = file.open(from)) {
                copy(in, length, response.getOutputStream());
            }
        }
    }

    private static void gzip(SentFile file, OutputStream out) throws IOException {
        try (InputStream in = file.open(0);
            Fast packed = new Fast(out)) {
            copy(in, file.length(), packed);
        }
    }

    private static void copy(InputStream in, long length, OutputStream out) throws IOException {
        byte[] buffer = new byte[BUFFER];
        long left = length;
        while (left > 0) {
            int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (read < 0) {
                throw new IOException("a file ended before its length");
            }
            out.write(buffer, 0, read);
            left -= read;
        }
    }

    /** First and last byte; empty if there are no such bytes; null for what is to be answered as if nothing had been asked: several ranges, or nonsense. */
    private static long @Nullable [] range(String header, long length) {
        Matcher matcher = RANGE.matcher(header.strip());
        if (!matcher.matches() || matcher.group(1).isEmpty() && matcher.group(2).isEmpty()) {
            return null;
        }
        try {
            if (matcher.group(1).isEmpty()) {
                long last = Math.min(Long.parseLong(matcher.group(2)), length);
                return last == 0 ? new long[0] : new long[] {length - last, length - 1};
            }
            long first = Long.parseLong(matcher.group(1));
            long last = matcher.group(2).isEmpty() ? length - 1 : Math.min(Long.parseLong(matcher.group(2)), length - 1);
            if (!matcher.group(2).isEmpty() && Long.parseLong(matcher.group(2)) < first) {
                return null;
            }
            return first >= length ? new long[0] : new long[] {first, last};
        } catch (NumberFormatException e) {
            return new long[0];
        }
    }

    private static final class Fast extends GZIPOutputStream {

        Fast(OutputStream out) throws IOException {
            super(out, BUFFER);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}
