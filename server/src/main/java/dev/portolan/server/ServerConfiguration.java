package dev.portolan.server;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import jakarta.servlet.DispatcherType;

import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.ThreadPool;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.ConfigurationPropertiesAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.jetty.autoconfigure.JettyServerProperties;
import org.springframework.boot.jetty.autoconfigure.servlet.JettyServletWebServerAutoConfiguration;
import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.patientaccess.page.MemberEducationConfiguration;
import dev.portolan.sandbox.page.SandboxPagesConfiguration;
import dev.portolan.server.database.Databases;
import dev.portolan.server.health.Certificates;
import dev.portolan.server.health.ComponentHealth;
import dev.portolan.server.health.ComponentHealth.Condition;
import dev.portolan.server.health.HealthServlet;
import dev.portolan.server.health.ServerHealth;
import dev.portolan.server.http.CorsFilter;
import dev.portolan.server.http.OutcomeErrorHandler;
import dev.portolan.server.http.RequestIdFilter;
import dev.portolan.server.http.ServedCertificate;
import dev.portolan.server.http.ShortBodyHandler;

/**
 * The edge: database, health, HTTP. The rooms stand in a configuration of their own. Of Spring Boot's automatic configuration only what is named here
 * takes part, so that nothing lies on the way of a request because its jar is there.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({PropertyPlaceholderAutoConfiguration.class, ConfigurationPropertiesAutoConfiguration.class, JettyServletWebServerAutoConfiguration.class})
@Import({RoomsConfiguration.class, FeedsConfiguration.class, AccessConfiguration.class, ConsentConfiguration.class, MergeConfiguration.class, AuditConfiguration.class, BulkDataConfiguration.class, MetricsConfiguration.class,
    PatientAccessConfiguration.class, ProviderAccessConfiguration.class, MemberEducationConfiguration.class, SandboxPagesConfiguration.class})
class ServerConfiguration {

    private static final long HSTS_SECONDS = 365L * 24 * 60 * 60;
    /** Before this Java a virtual thread that waited inside of {@code synchronized} held up others (JEP 491). */
    private static final int FIRST_WITHOUT_PINNING = 24;

    @Bean
    Settings settings(Foundation foundation) {
        return foundation.settings();
    }

    /** The foundation closes it, after everything that uses it. */
    @Bean(destroyMethod = "")
    Databases databases(Foundation foundation) {
        return foundation.databases();
    }

    @Bean(destroyMethod = "")
    DataSource dataSource(Databases databases) {
        return databases.pool();
    }

    @Bean
    IdleHeap idleHeap() {
        return IdleHeap.ofThisProcess();
    }

    @Bean
    ComponentHealth.Source databaseHealth(Databases databases) {
        String kind = databases.isEmbedded() ? "embedded" : "external";
        return () -> {
            try (Connection connection = databases.pool().getConnection()) {
                String version = connection.getMetaData().getDatabaseProductVersion();
                return connection.isValid(2) ? new ComponentHealth("Database", Condition.UP, "PostgreSQL " + version + " (" + kind + ") answers.")
                        : new ComponentHealth("Database", Condition.DOWN, "PostgreSQL (" + kind + ") does not answer in time.");
            } catch (SQLException e) {
                return new ComponentHealth("Database", Condition.DOWN, "PostgreSQL (" + kind + ") cannot be reached; its log says why.");
            }
        };
    }

    /** Told in the log at the start, too: who starts a server reads it then. */
    @Bean
    Certificates certificates(Settings settings, IdentityProperties identity) {
        Map<String, Path> files = new LinkedHashMap<>();
        if (settings.tls() != null) {
            files.put(Certificates.TLS, settings.tls().certificate());
        }
        identity.udap().communities().forEach(community -> {
            files.put("the authorities of " + community.uri(), community.anchors());
            if (community.certificate() != null) {
                files.put("this server in " + community.uri(), community.certificate());
            }
        });
        Clock clock = Clock.systemUTC();
        Certificates certificates = new Certificates(files, clock);
        certificates.run(clock.instant());
        return certificates;
    }

    @Bean
    ServerHealth serverHealth(List<ComponentHealth.Source> sources, Certificates certificates) {
        ServerHealth health = new ServerHealth(PortolanServer.version(), sources);
        if (certificates.hasOthers()) {
            health.add(certificates::health);
        }
        return health;
    }

    @Bean
    ServletRegistrationBean<HealthServlet> healthServlet(ServerHealth health) {
        return new ServletRegistrationBean<>(new HealthServlet(health), "/health", "/health/*");
    }

    @Bean
    FilterRegistrationBean<RequestIdFilter> requestIdFilter() {
        var registration = new FilterRegistrationBean<>(new RequestIdFilter());
        registration.addUrlPatterns("/*");
        registration.setDispatcherTypes(DispatcherType.REQUEST, DispatcherType.ASYNC);
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return registration;
    }

    @Bean
    FilterRegistrationBean<CorsFilter> corsFilter(Settings settings) {
        var registration = new FilterRegistrationBean<>(new CorsFilter(settings.corsOrigins()));
        registration.addUrlPatterns("/*");
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 1);
        return registration;
    }

    @Bean
    WebServerFactoryCustomizer<JettyServletWebServerFactory> jetty(Settings settings, JettyServerProperties jetty, ObjectProvider<ServerHealth> health) {
        return factory -> {
            if (Runtime.version().feature() >= FIRST_WITHOUT_PINNING) {
                factory.setThreadPool(virtualThreads(jetty.getThreads().getMax()));
            }
            if (settings.tls() != null) {
                Ssl ssl = ssl(settings.tls());
                factory.setSsl(ssl);
                factory.addServerCustomizers(server -> new ServedCertificate(settings.tls().certificate(), settings.tls().privateKey(), ssl).serve(server, health.getObject()::add));
            }
            factory.addServerCustomizers(ServerConfiguration::harden);
        };
    }

    /** Much of a request is waiting, for the database and for its audit entry, and waking a virtual thread costs less than waking one of the system: a read costs a tenth less with them. */
    private static ThreadPool virtualThreads(int most) {
        VirtualThreadPool threads = new VirtualThreadPool(most);
        threads.setName("request");
        return threads;
    }

    /** Older versions than TLS 1.2 are refused, whatever Java would take (SMT-35). */
    private static Ssl ssl(Settings.Tls tls) {
        Ssl ssl = new Ssl();
        ssl.setCertificate(tls.certificate().toUri().toString());
        ssl.setCertificatePrivateKey(tls.privateKey().toUri().toString());
        ssl.setEnabledProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        return ssl;
    }

    private static void harden(Server server) {
        server.setErrorHandler(new OutcomeErrorHandler());
        server.insertHandler(new ShortBodyHandler());
        for (ServletContextHandler context : server.getDescendants(ServletContextHandler.class)) {
            // Spring Boot puts its own in place while the context starts.
            context.addEventListener(new LifeCycle.Listener() {
                @Override
                public void lifeCycleStarted(LifeCycle started) {
                    context.setErrorHandler(new OutcomeErrorHandler());
                }
            });
        }
        for (var connector : server.getConnectors()) {
            HttpConnectionFactory http = connector.getConnectionFactory(HttpConnectionFactory.class);
            if (http != null) {
                HttpConfiguration configuration = http.getHttpConfiguration();
                configuration.setSendServerVersion(false);
                // What fits into the buffer stays there until the answer is complete, and is sent without a thread that waits for the caller.
                configuration.setOutputAggregationSize(configuration.getOutputBufferSize());
                SecureRequestCustomizer secure = configuration.getCustomizer(SecureRequestCustomizer.class);
                if (secure != null) {
                    secure.setStsMaxAge(HSTS_SECONDS);
                }
            }
        }
    }
}
