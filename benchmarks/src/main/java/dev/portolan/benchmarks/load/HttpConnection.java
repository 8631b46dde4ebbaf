package dev.portolan.benchmarks.load;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One kept-alive HTTP/1.1 connection that sends prepared bytes and reads an answer into a buffer it keeps. It parses
 * no more of the answer than its end needs, so that a request costs the generator some microseconds.
 */
public final class HttpConnection implements AutoCloseable {

    private final String host;
    private final int port;
    private Socket socket;
    private InputStream in;
    private final byte[] input = new byte[1 << 16];
    private int position;
    private int limit;
    private byte[] body = new byte[1 << 16];
    private int bodyLength;
    private int status;
    private boolean closes;

    public HttpConnection(URI server) {
        this.host = server.getHost();
        this.port = server.getPort();
    }

    /** Prepares a request once, to be sent many times. */
    public static byte[] request(String method, URI url, String authorization, byte[] content) {
        StringBuilder head = new StringBuilder();
        head.append(method).append(' ').append(url.getRawPath());
        if (url.getRawQuery() != null) {
            head.append('?').append(url.getRawQuery());
        }
        head.append(" HTTP/1.1\r\nHost: ").append(url.getHost()).append(':').append(url.getPort())
                .append("\r\nAccept: application/fhir+json\r\n");
        if (!authorization.isEmpty()) {
            head.append("Authorization: ").append(authorization).append("\r\n");
        }
        if (content.length > 0) {
            head.append("Content-Type: application/fhir+json\r\nContent-Length: ").append(content.length).append("\r\n");
        }
        byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        byte[] whole = Arrays.copyOf(start, start.length + content.length);
        System.arraycopy(content, 0, whole, start.length, content.length);
        return whole;
    }

    /** Sends and waits for the whole answer; returns its status. */
    public int exchange(byte[] request) throws IOException {
        if (socket == null) {
            socket = new Socket(host, port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(300_000);
            in = socket.getInputStream();
            position = 0;
            limit = 0;
        }
        socket.getOutputStream().write(request);
        readAnswer();
        if (closes) {
            close();
        }
        return status;
    }

    public int bodyLength() {
        return bodyLength;
    }

    public String body() {
        return new String(body, 0, bodyLength, StandardCharsets.UTF_8);
    }

    private void readAnswer() throws IOException {
        String statusLine = line();
        status = Integer.parseInt(statusLine.substring(9, 12));
        long length = -1;
        boolean chunked = false;
        closes = false;
        for (String header = line(); !header.isEmpty(); header = line()) {
            int colon = header.indexOf(':');
            String value = header.substring(colon + 1).strip();
            switch (header.substring(0, colon).toLowerCase(java.util.Locale.ROOT)) {
                case "content-length" -> length = Long.parseLong(value);
                case "transfer-encoding" -> chunked = value.equalsIgnoreCase("chunked");
                case "connection" -> closes = value.equalsIgnoreCase("close");
                default -> {
                    // Not needed to find the end of the answer.
                }
            }
        }
        bodyLength = 0;
        if (chunked) {
            readChunks();
        } else if (length > 0) {
            readBody((int) length);
        }
    }

    private void readChunks() throws IOException {
        for (int size = chunkSize(); size > 0; size = chunkSize()) {
            readBody(size);
            line();
        }
        while (!line().isEmpty()) {
            // A trailer, of no interest.
        }
    }

    private int chunkSize() throws IOException {
        String text = line();
        int extension = text.indexOf(';');
        return Integer.parseInt(extension < 0 ? text : text.substring(0, extension), 16);
    }

    private void readBody(int length) throws IOException {
        if (bodyLength + length > body.length) {
            body = Arrays.copyOf(body, Math.max(bodyLength + length, body.length * 2));
        }
        int left = length;
        int buffered = Math.min(left, limit - position);
        System.arraycopy(input, position, body, bodyLength, buffered);
        position += buffered;
        bodyLength += buffered;
        left -= buffered;
        while (left > 0) {
            int read = in.read(body, bodyLength, left);
            if (read < 0) {
                throw new EOFException("the server closed the connection in the middle of an answer");
            }
            bodyLength += read;
            left -= read;
        }
    }

    private String line() throws IOException {
        StringBuilder text = new StringBuilder(48);
        while (true) {
            if (position == limit) {
                limit = Math.max(0, in.read(input));
                position = 0;
                if (limit == 0) {
                    throw new EOFException("the server closed the connection");
                }
            }
            int value = input[position++];
            if (value == '\n') {
                return text.toString();
            }
            if (value != '\r') {
                text.append((char) value);
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (socket != null) {
            socket.close();
            socket = null;
        }
    }
}
