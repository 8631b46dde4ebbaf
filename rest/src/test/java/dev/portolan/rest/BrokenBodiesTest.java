package dev.portolan.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;

/** RST-37: what does not come whole is the caller's fault, said to be so, and leaves nothing behind. */
class BrokenBodiesTest {

    private static final String BODY = "{\"resourceType\":\"Patient\",\"id\":\"broken-body\"}";
    private final RunningServer server = RunningServer.get();

    @Test
    void rst37_whoStopsSendingIsToldOfTheTimeout() throws Exception {
        try (Socket caller = sends(server.impatientPort, "Content-Length: " + BODY.length(), BODY.substring(0, 9))) {
            assertThat(answer(caller)).startsWith("HTTP/1.1 408 ").contains("\r\nConnection: close", "FHIR-0216", "did not come in time");
        }
        nothingIsThere();
    }

    @Test
    void rst37_whoBreaksOffIsNotToldOfAnEncoding() throws Exception {
        try (Socket caller = sends(URI.create(server.host).getPort(), "Content-Length: " + BODY.length(), BODY.substring(0, 9))) {
            caller.shutdownOutput();
            assertThat(answer(caller)).startsWith("HTTP/1.1 400 ").contains("\r\nConnection: close", "ended before its Content-Length");
        }
        nothingIsThere();
    }

    @Test
    void rst37_whatIsNoGzipIsStillToldSo() throws Exception {
        try (Socket caller = sends(URI.create(server.host).getPort(), "Connection: close\r\nContent-Encoding: gzip\r\nContent-Length: " + BODY.length(), BODY)) {
            assertThat(answer(caller)).startsWith("HTTP/1.1 400 ").contains("not what Content-Encoding says");
        }
        nothingIsThere();
    }

    private static Socket sends(int port, String headers, String body) throws IOException {
        Socket caller = new Socket(InetAddress.getLoopbackAddress(), port);
        caller.setSoTimeout(60_000);
        OutputStream out = caller.getOutputStream();
        out.write(("PUT /system/fhir/Patient/broken-body HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/fhir+json\r\n" + headers + "\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
        out.flush();
        return caller;
    }

    private static String answer(Socket caller) throws IOException {
        return new String(caller.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private void nothingIsThere() throws Exception {
        assertThat(server.send("GET", server.system + "/Patient/broken-body", (String) null).status()).isEqualTo(404);
    }
}
