package dev.portolan.server;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;

/** A running server. Closing it finishes the calls under way, then stops the database. */
public final class PortolanServer implements AutoCloseable {

    private final ServletWebServerApplicationContext context;

    private PortolanServer(ServletWebServerApplicationContext context) {
        this.context = context;
    }

    /** Starts with these settings over those of the environment; {@code portolan.port} and so on. */
    public static PortolanServer start(Map<String, String> settings) {
        SpringApplication application = new SpringApplication(ServerConfiguration.class);
        application.setWebApplicationType(WebApplicationType.SERVLET);
        String[] arguments = settings.entrySet().stream().map(entry -> "--" + entry.getKey() + "=" + entry.getValue()).toArray(String[]::new);
        return new PortolanServer((ServletWebServerApplicationContext) application.run(arguments));
    }

    /** What clients call the server. */
    public URI url() {
        Settings settings = context.getBean(Settings.class);
        if (settings.baseUrl() != null) {
            return settings.baseUrl();
        }
        String host = settings.bind().contains(":") ? "[" + settings.bind() + "]" : settings.bind();
        return URI.create("http://" + host + ":" + context.getWebServer().getPort());
    }

    /** The FHIR bases by the name of their API. */
    public Map<String, URI> bases() {
        Map<String, URI> bases = new LinkedHashMap<>();
        return bases;
    }

    public static String version() {
        String version = PortolanServer.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    @Override
    public void close() {
        context.close();
    }
}
