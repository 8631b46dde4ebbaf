package dev.portolan.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.EagerContentHandler;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a caller meets whose body is taken in before anybody answers. */
class ShortBodiesTest {

    private static final int LONGEST_MILLIS = 60_000;
    private static final int SHORT = 6 << 10;
    private static Server server;
    private static ServerConnector connector;

    /** Says what it read; of a body that says so, half. */
    private static final class Echo extends Handler.Abstract {

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            String body = Content.Source.asString(request);
            if (body.equals("half")) {
                response.write(false, ByteBuffer.wrap("the first half".getBytes(StandardCharsets.US_ASCII)), Callback.from(() -> callback.failed(new IOException("the rest is lost")), callback::failed));
            } else {
                response.write(true, ByteBuffer.wrap((body.length() + " " + body.hashCode()).getBytes(StandardCharsets.US_ASCII)), callback);
            }
            return true;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        server.setHandler(new Echo());
        server.insertHandler(new EagerContentHandler(new ShortBodies(SHORT)));
        server.start();
        connector = (ServerConnector) server.getConnectors()[0];
    }

    @AfterAll
    static void stop() throws Exception {
        server.stop();
    }

    /** What comes back until the connection ends. */
    private static String answer(int length, String... pieces) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), connector.getLocalPort())) {
            socket.setSoTimeout(LONGEST_MILLIS);
            socket.setTcpNoDelay(true);
            socket.getOutputStream().write(("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            for (String piece : pieces) {
                Thread.sleep(20);
                socket.getOutputStream().write(piece.getBytes(StandardCharsets.US_ASCII));
            }
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void whoever_answers_reads_the_whole_body_however_long_it_is_and_in_how_many_pieces_it_comes() throws Exception {
        for (int length : new int[] {1, 100, SHORT - 1, SHORT, SHORT + 1, 300_000}) {
            String body = "portolan".repeat(length / 8 + 1).substring(0, length);
            String right = length + " " + body.hashCode();
            assertThat(answer(length, body)).as("%d bytes at once", length).endsWith("\r\n\r\n" + right);
            assertThat(answer(length, body.substring(0, length / 3), body.substring(length / 3, length / 2), body.substring(length / 2))).as("%d bytes in pieces", length).endsWith("\r\n\r\n" + right);
        }
    }

    @Test
    void an_answer_that_breaks_off_ends_its_connection() throws Exception {
        assertThat(answer(4, "half")).contains("HTTP/1.1 200", "the first half");
    }

    @Test
    void who_stops_sending_is_not_waited_for_without_end() throws Exception {
        connector.setIdleTimeout(300);
        try {
            assertThat(answer(10, "half")).doesNotContain("HTTP/1.1 200");
        } finally {
            connector.setIdleTimeout(30_000);
        }
    }
}
