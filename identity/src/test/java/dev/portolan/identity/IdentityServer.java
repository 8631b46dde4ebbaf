package dev.portolan.identity;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import dev.portolan.identity.token.AccessTokens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.eclipse.jetty.server.handler.EagerContentHandler;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.ConfigurationPropertiesAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jetty.autoconfigure.servlet.JettyServletWebServerAutoConfiguration;
import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The room as a server of its own on a real PostgreSQL, driven over HTTP. One database process serves all tests of a run. */
final class IdentityServer implements AutoCloseable {
    static final String BASE = "/patient-access/fhir";
    private static final String SERVER_ROLE = "server_role";
    private static final int FIRST_PORT = 20_000;
    private static final int LAST_PORT = 32_000;
    private static final AtomicInteger databases = new AtomicInteger();
    private static EmbeddedPostgres postgres;

    final String url;
    final ConfigurableApplicationContext context;

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({PropertyPlaceholderAutoConfiguration.class, ConfigurationPropertiesAutoConfiguration.class,
        JettyServletWebServerAutoConfiguration.class, DataSourceAutoConfiguration.class})
    @Import(IdentityConfiguration.class)
    static class Application {
        /** The server works with a role that owns nothing, as it does in the product. */
        @Bean
        IdentitySchema identitySchema(@Value("${spring.datasource.url}") String url) throws SQLException {
            PGSimpleDataSource owner = new PGSimpleDataSource();
            owner.setUrl(url);
            owner.setUser("postgres");
            return IdentitySchema.migrate(owner, SERVER_ROLE);
        }

        /** As the whole server does: a refusal that came before its caller's body would end the connection under the caller's next request. */
        @Bean
        WebServerFactoryCustomizer<JettyServletWebServerFactory> bodiesBeforeAnswers() {
            return factory -> factory.addServerCustomizers(jetty -> jetty.insertHandler(new EagerContentHandler(new EagerContentHandler.RetainedContentLoaderFactory())));
        }

        @Bean
        RecordedEvents recordedEvents() {
            return new RecordedEvents();
        }

        @Bean
        RecordedNotices recordedNotices() {
            return new RecordedNotices();
        }
    }

    private IdentityServer(String url, ConfigurableApplicationContext context) {
        this.url = url;
        this.context = context;
    }

    /** A server on a database of its own. */
    static IdentityServer start(String... settings) {
        return startOn(newDatabase(), settings);
    }

    /** One more server on a database: what two nodes of one installation are. */
    static IdentityServer startOn(String jdbcUrl, String... settings) {
        return startAt(freePort(), jdbcUrl, settings);
    }

    /** A server with beans of other rooms. */
    static IdentityServer startWith(Class<?> room, String... settings) {
        return startAt(freePort(), newDatabase(), List.of(Application.class, room), settings);
    }

    static IdentityServer startAt(int port, String jdbcUrl, String... settings) {
        return startAt(port, jdbcUrl, List.of(Application.class), settings);
    }

    /** A server at a port that was chosen before, with beans of another room. */
    static IdentityServer startAt(int port, String jdbcUrl, Class<?> room, String... settings) {
        return startAt(port, jdbcUrl, List.of(Application.class, room), settings);
    }

    private static IdentityServer startAt(int port, String jdbcUrl, List<Class<?>> rooms, String... settings) {
        String url = "http://localhost:" + port;
        List<String> arguments = new ArrayList<>(List.of("--server.port=" + port, "--server.address=127.0.0.1", "--spring.datasource.url=" + jdbcUrl,
                "--spring.datasource.username=" + SERVER_ROLE, "--spring.main.banner-mode=off", "--logging.level.root=WARN",
                "--spring.datasource.hikari.maximum-pool-size=6",
                "--portolan.identity.issuer=" + url, "--portolan.identity.fhir-bases=" + BASE + ",/provider-access/fhir",
                "--portolan.identity.encryption-key=a key for tests that is long enough to be one"));
        arguments.addAll(List.of(settings));
        return new IdentityServer(url, SpringApplication.run(rooms.toArray(Class<?>[]::new), arguments.toArray(String[]::new)));
    }

    static synchronized String newDatabase() {
        try {
            if (postgres == null) {
                postgres = EmbeddedPostgres.builder().setPGStartupWait(Duration.ofMinutes(2)).setServerConfig("max_connections", "60").start();
                try (Connection connection = postgres.getPostgresDatabase().getConnection(); Statement statement = connection.createStatement()) {
                    statement.execute("create role " + SERVER_ROLE + " login");
                }
            }
            String name = "identity_" + databases.incrementAndGet();
            DataSource admin = postgres.getPostgresDatabase();
            try (Connection connection = admin.getConnection(); Statement statement = connection.createStatement()) {
                statement.execute("create database " + name);
            }
            return "jdbc:postgresql://localhost:" + postgres.getPort() + "/" + name;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** For a server that has to know its URL before it listens. Below the ports that systems give to whoever asks for any: between now and then no connection of another process can take it. */
    static int freePort() {
        for (int tries = 0; tries < 100; tries++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT);
            try (ServerSocket socket = new ServerSocket(port)) {
                return socket.getLocalPort();
            } catch (BindException taken) {
                continue;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        throw new IllegalStateException("no port is free between " + FIRST_PORT + " and " + LAST_PORT);
    }

    String base() {
        return url + BASE;
    }

    /** Whether the access token of this answer still opens anything. */
    boolean accepts(SmartApp.Answer token) {
        return bean(AccessTokens.class).resolve(token.text("access_token")).isPresent();
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    RecordedEvents events() {
        return bean(RecordedEvents.class);
    }

    @Override
    public void close() {
        context.close();
    }
}
