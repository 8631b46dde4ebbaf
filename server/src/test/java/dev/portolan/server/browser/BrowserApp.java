package dev.portolan.server.browser;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** An app that lives in a browser, served from an origin of its own, with the public FHIR client library as npm has it. */
final class BrowserApp implements AutoCloseable {

    /** Fetched while the test runs; it is no part of the product. */
    private static final String LIBRARY = "fhirclient@2.6.3";

    private final HttpServer http;

    private BrowserApp(HttpServer http) {
        this.http = http;
    }

    static BrowserApp start(Path folder) throws Exception {
        byte[] library = library(folder);
        byte[] page;
        try (InputStream resource = BrowserApp.class.getResourceAsStream("/browser/app.html")) {
            page = resource.readAllBytes();
        }
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", exchange -> answer(exchange, "text/html;charset=utf-8", page));
        http.createContext("/fhir-client.js", exchange -> answer(exchange, "text/javascript", library));
        http.start();
        return new BrowserApp(http);
    }

    private static void answer(HttpExchange exchange, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    /** The package alone, without what it would drag in: its browser build stands by itself. */
    private static byte[] library(Path folder) throws Exception {
        Path log = folder.resolve("npm.log");
        Process npm = new ProcessBuilder("npm", "pack", LIBRARY, "--silent").directory(folder.toFile()).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        if (!npm.waitFor(10, TimeUnit.MINUTES) || npm.exitValue() != 0) {
            npm.destroyForcibly();
            throw new AssertionError("npm could not fetch " + LIBRARY + ":\n" + Files.readString(log));
        }
        try (var tar = new TarArchiveInputStream(new GZIPInputStream(Files.newInputStream(folder.resolve(Files.readString(log).strip()))))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.getName().equals("package/build/fhir-client.js")) {
                    return tar.readAllBytes();
                }
            }
        }
        throw new AssertionError(LIBRARY + " has no browser build where it used to be");
    }

    String origin() {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
