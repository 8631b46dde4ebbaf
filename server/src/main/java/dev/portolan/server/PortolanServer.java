package dev.portolan.server;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;

import dev.portolan.provideraccess.ProviderAccessApi;
import dev.portolan.sandbox.Sandbox;
import dev.portolan.sandbox.SandboxAccess;

/** A running server. Closing it finishes the calls under way, then stops the database. */
public final class PortolanServer implements AutoCloseable {

    private final ConfigurableApplicationContext context;
    private final Foundation foundation;

    private PortolanServer(ConfigurableApplicationContext context, Foundation foundation) {
        this.context = context;
        this.foundation = foundation;
    }

    /** Starts with these settings over those of the environment; {@code portolan.port} and so on. */
    public static PortolanServer start(Map<String, String> settings) {
        return start(settings, laid -> { });
    }

    /** @param laid gets what has to be closed if this process is to end before the server is there: the database runs by then, and would go on */
    public static PortolanServer start(Map<String, String> settings, Consumer<AutoCloseable> laid) {
        SpringApplication application = application();
        application.addListeners(new DataWritable());
        Foundation[] foundation = new Foundation[1];
        application.addInitializers(context -> {
            foundation[0] = Foundation.lay(SettingsReader.read(context.getEnvironment()));
            laid.accept(foundation[0]);
            context.getBeanFactory().registerSingleton("foundation", foundation[0]);
            // No bean is described after this: which beans a type has is then found once, and not anew for each that asks, which most do before Spring itself says so.
            context.addBeanFactoryPostProcessor(ConfigurableListableBeanFactory::freezeConfiguration);
            context.getEnvironment().getPropertySources().addLast(new MapPropertySource("identity",
                    IdentitySettings.defaults(foundation[0].settings(), foundation[0].directory())));
        });
        String[] arguments = settings.entrySet().stream().map(entry -> "--" + entry.getKey() + "=" + entry.getValue()).toArray(String[]::new);
        try {
            return new PortolanServer((ConfigurableApplicationContext) application.run(arguments), foundation[0]);
        } catch (RuntimeException e) {
            if (foundation[0] != null) {
                foundation[0].close();
            }
            throw e;
        }
    }

    static SpringApplication application() {
        SpringApplication application = new SpringApplication(ServerConfiguration.class);
        application.setMainApplicationClass(ContextAtBuild.class);
        application.setWebApplicationType(WebApplicationType.SERVLET);
        application.setRegisterShutdownHook(false);
        return application;
    }

    /** What clients call the server. */
    public URI url() {
        return foundation.settings().origin();
    }

    /** What this machine calls the server. */
    public URI local() {
        return foundation.settings().local();
    }

    /** The FHIR bases by the name of their API. */
    public Map<String, URI> bases() {
        return context.getBean(FhirBases.class).urls();
    }

    /** The folder that keeps what belongs to this server. */
    public Path data() {
        return foundation.settings().data();
    }

    /** The PEM file of the server's certificate; empty if it speaks plain HTTP. */
    public Optional<Path> certificate() {
        return Optional.ofNullable(foundation.settings().tls()).map(Settings.Tls::certificate);
    }

    /** What the plan's staff tells the Provider Access API. */
    public ProviderAccessApi providerAccess() {
        return part(ProviderAccessApi.class);
    }

    /** Accounts, apps and a token to try this server with; empty in production. */
    public Optional<SandboxAccess> sandbox() {
        return context.getBean(Sandbox.class).access();
    }

    /** The client id of the plan's own program. */
    public String operatorApp() {
        return foundation.settings().operatorApps().get(0);
    }

    /** Completes, with a sentence, when nothing can be done any more but to close this server and to start another. */
    public CompletableFuture<String> ended() {
        return foundation.databases().replaced();
    }

    /** Whether callers without a token may do everything. */
    public boolean isOpen() {
        return foundation.settings().open();
    }

    /** A part of this server, for tests of the whole. */
    <T> T part(Class<T> type) {
        return context.getBean(type);
    }

    public static String version() {
        String version = PortolanServer.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    @Override
    public void close() {
        context.close();
        foundation.close();
    }
}
