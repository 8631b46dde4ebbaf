package dev.portolan.benchmarks.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One kept-alive HTTP/1.1 connection that sends prepared bytes and keeps the last answer. Opened when it is first used, and again after the server closed it. */
public final class HttpConnection implements AutoCloseable {

    private final InetSocketAddress address;
    private final AnswerParser answer = new AnswerParser();
    private @Nullable SocketChannel channel;
    private @Nullable ByteBuffer unsent;

    public HttpConnection(URI server) {
        this.address = new InetSocketAddress(server.getHost(), server.getPort());
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
        SocketChannel open = opened();
        answer.begin();
        for (ByteBuffer bytes = ByteBuffer.wrap(request); bytes.hasRemaining(); ) {
            open.write(bytes);
        }
        ByteBuffer input = ByteBuffer.allocate(1 << 16);
        while (!receive(open, input)) {
            // More is to come.
        }
        return answer.status();
    }

    /** Begins to send; the selector says when to {@link #proceed}. A connection is used so or by {@link #exchange}, not both. */
    void send(byte[] request, Selector selector, Object attachment) throws IOException {
        SocketChannel open = opened();
        if (open.isBlocking()) {
            open.configureBlocking(false);
            open.register(selector, SelectionKey.OP_READ, attachment);
        }
        answer.begin();
        unsent = ByteBuffer.wrap(request);
        write(open, unsent, open.keyFor(selector));
    }

    /**
     * Sends and reads what can be at once.
     *
     * @param input a buffer of the caller's, empty before and after
     * @return true once the answer is whole
     */
    boolean proceed(SelectionKey key, ByteBuffer input) throws IOException {
        SocketChannel open = Objects.requireNonNull(channel, "nothing was sent");
        if (key.isWritable() && unsent != null) {
            write(open, unsent, key);
        }
        return key.isReadable() && receive(open, input);
    }

    private static void write(SocketChannel open, ByteBuffer unsent, SelectionKey key) throws IOException {
        open.write(unsent);
        int wanted = unsent.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        if (key.interestOps() != wanted) {
            key.interestOps(wanted);
        }
    }

    private boolean receive(SocketChannel open, ByteBuffer input) throws IOException {
        input.clear();
        if (open.read(input) < 0) {
            throw new EOFException("the server closed the connection in the middle of an answer");
        }
        boolean whole = answer.take(input.flip());
        if (whole && answer.closes()) {
            close();
        }
        return whole;
    }

    private SocketChannel opened() throws IOException {
        SocketChannel open = channel;
        if (open == null) {
            open = SocketChannel.open(address);
            open.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel = open;
        }
        return open;
    }

    public int status() {
        return answer.status();
    }

    public int bodyLength() {
        return answer.bodyLength();
    }

    public String body() {
        return answer.body();
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }
}
