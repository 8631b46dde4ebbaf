package dev.portolan.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On a Jetty of its own, with a second address where callers are waited for a second only. */
class ShortBodyHandlerTest {

    private static final Server SERVER = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    private static final ServerConnector PATIENT = (ServerConnector) SERVER.getConnectors()[0];
    private static final ServerConnector IMPATIENT = new ServerConnector(SERVER);

    @BeforeAll
    static void start() throws Exception {
        IMPATIENT.setHost(InetAddress.getLoopbackAddress().getHostAddress());
        IMPATIENT.setIdleTimeout(1_000);
        SERVER.addConnector(IMPATIENT);
        SERVER.setHandler(new ShortBodyHandler());
        ((ShortBodyHandler) SERVER.getHandler()).setHandler(new Answering());
        SERVER.start();
    }

    @AfterAll
    static void stop() throws Exception {
        SERVER.stop();
    }

    @Test
    void aRefusalWithoutReadingLeavesTheConnectionForTheNextRequest() throws Exception {
        try (Socket caller = caller(PATIENT)) {
            send(caller, head("/refused", 5));
            Thread.sleep(50);
            send(caller, "12345" + head("/echo", 5) + "abcde" + head("/absent", 2) + "{}GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertThat(rest(caller)).matches("(?s)HTTP/1.1 403 .*HTTP/1.1 200 .*read abcde.*HTTP/1.1 404 .*HTTP/1.1 200 .*read ");
        }
    }

    @Test
    void aBodyMayComeByteByByteAndInChunks() throws Exception {
        try (Socket caller = caller(PATIENT)) {
            send(caller, head("/echo", 3));
            for (String letter : new String[] {"x", "y", "z"}) {
                Thread.sleep(20);
                send(caller, letter);
            }
            send(caller, "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n1\r\ny\r\n0\r\n\r\n");
            assertThat(rest(caller)).matches("(?s)HTTP/1.1 200 .*read xyz.*HTTP/1.1 200 .*read hey");
        }
    }

    @Test
    void whoStopsSendingIsSeenByTheReaderAfterTheTimeThatTheServerWaits() throws Exception {
        try (Socket caller = caller(IMPATIENT)) {
            send(caller, head("/echo", 5) + "ab");
            assertThat(rest(caller)).contains("failed after ab: TimeoutException");
        }
        try (Socket caller = caller(IMPATIENT)) {
            send(caller, head("/echo", 5));
            assertThat(rest(caller)).contains("failed after : TimeoutException");
        }
    }

    @Test
    void whoGoesIsSeenByTheReader() throws Exception {
        try (Socket caller = caller(PATIENT)) {
            send(caller, head("/echo", 5) + "ab");
            caller.shutdownOutput();
            assertThat(rest(caller)).contains("failed after ab: HttpEofException");
        }
    }

    @Test
    void aFailureOfWhoAnswersIsAnAnswer() throws Exception {
        try (Socket caller = caller(PATIENT)) {
            send(caller, head("/broken", 2).replace("Host:", "Connection: close\r\nHost:"));
            Thread.sleep(50);
            send(caller, "{}");
            assertThat(rest(caller)).startsWith("HTTP/1.1 500 ");
        }
    }

    private static Socket caller(ServerConnector at) throws IOException {
        Socket caller = new Socket(InetAddress.getLoopbackAddress(), at.getLocalPort());
        caller.setSoTimeout(60_000);
        caller.setTcpNoDelay(true);
        return caller;
    }

    private static String head(String path, int length) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length + "\r\n\r\n";
    }

    private static void send(Socket caller, String text) throws IOException {
        OutputStream out = caller.getOutputStream();
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private static String rest(Socket caller) throws IOException {
        return new String(caller.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }

    /** Refuses without reading, or says what it read and what the reading ended with; over a body that failed the connection ends. */
    private static final class Answering extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            String path = request.getHttpURI().getPath();
            switch (path) {
                case "/refused" -> {
                    response.setStatus(403);
                    response.write(true, null, callback);
                }
                case "/broken" -> throw new IllegalStateException("broken");
                case "/echo" -> Content.Sink.write(response, true, read(request, response), callback);
                default -> {
                    return false;
                }
            }
            return true;
        }

        private static String read(Request request, Response response) throws InterruptedException {
            StringBuilder text = new StringBuilder();
            while (true) {
                Content.Chunk chunk = request.read();
                if (chunk == null) {
                    Thread.sleep(5);
                } else if (Content.Chunk.isFailure(chunk)) {
                    response.getHeaders().put("Connection", "close");
                    return "failed after " + text + ": " + chunk.getFailure().getClass().getSimpleName();
                } else {
                    text.append(StandardCharsets.US_ASCII.decode(chunk.getByteBuffer()));
                    chunk.release();
                    if (chunk.isLast()) {
                        return "read " + text;
                    }
                }
            }
        }
    }
}
