package dev.portolan.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HttpConnectionTest {

    @Test
    void readsBodiesWithALengthAndInChunksOverOneConnection() throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> answer(listening,
                    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                    "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na;x=y\r\n0123456789\r\n0\r\n\r\n",
                    "HTTP/1.1 204 No Content\r\n\r\n"));
            server.start();
            URI base = URI.create("http://127.0.0.1:" + listening.getLocalPort() + "/fhir");
            byte[] request = HttpConnection.request("GET", base, "", new byte[0]);
            try (HttpConnection connection = new HttpConnection(base)) {
                assertThat(connection.exchange(request)).isEqualTo(200);
                assertThat(connection.body()).isEqualTo("hello");
                assertThat(connection.exchange(request)).isEqualTo(404);
                assertThat(connection.body()).isEqualTo("abc0123456789");
                assertThat(connection.exchange(request)).isEqualTo(204);
                assertThat(connection.bodyLength()).isZero();
            }
            server.join();
        }
    }

    private static void answer(ServerSocket listening, String... answers) {
        try (Socket socket = listening.accept()) {
            byte[] request = new byte[4096];
            for (String answer : answers) {
                if (socket.getInputStream().read(request) < 0) {
                    return;
                }
                socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
            }
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
