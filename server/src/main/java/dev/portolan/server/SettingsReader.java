package dev.portolan.server;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

import dev.portolan.identity.IdentityProperties;

/** Reads the settings once, before anything starts; what is not understood is refused, not passed over. */
final class SettingsReader {

    private static final String PREFIX = "PORTOLAN_";
    /** Read by the launcher. */
    private static final String JAVA_OPTIONS = "PORTOLAN_JAVA_OPTS";
    /** A room that checks the values of its own. */
    private static final String IDENTITY = PREFIX + "IDENTITY_";

    private SettingsReader() {
    }

    static Settings read(ConfigurableEnvironment environment) {
        refuseUnknownVariables(System.getenv().keySet());
        try {
            Settings settings = bind(environment);
            if (settings.port() != 0) {
                return settings;
            }
            // The server's own address stands in links and tells local references apart, so it is chosen before anything starts.
            environment.getPropertySources().addFirst(new MapPropertySource("free port", Map.of("portolan.port", freePort(settings.bind()))));
            return bind(environment);
        } catch (BindException e) {
            throw new SettingRefused(e);
        }
    }

    private static Settings bind(ConfigurableEnvironment environment) {
        return Binder.get(environment).bindOrCreate("portolan", Bindable.of(Settings.class),
                new NoUnboundElementsBindHandler(BindHandler.DEFAULT, new UnboundElementsSourceFilter()));
    }

    /** Spring looks for unknown names in files and arguments only; a misspelt variable would otherwise do nothing. */
    static void refuseUnknownVariables(Set<String> variables) {
        Set<String> known = new TreeSet<>();
        known.add(JAVA_OPTIONS);
        collect(PREFIX, Settings.class, known, new TreeSet<>());
        Set<String> several = new TreeSet<>();
        // Whoever misspells PORTOLAN_IDENTITY_ENVIRONMENT would run a sandbox, with its accounts and its token, over members' records.
        collect(IDENTITY, IdentityProperties.class, known, several);
        for (String variable : variables) {
            if (variable.startsWith(PREFIX) && !known.contains(variable) && several.stream().noneMatch(variable::startsWith)) {
                throw new IllegalArgumentException("the environment variable " + variable + " is no setting; there are " + String.join(", ", known));
            }
        }
    }

    /** @param several gets the beginnings of those that hold several values by number or by name, as COMMUNITIES_0_URI */
    private static void collect(String prefix, Class<?> type, Set<String> names, Set<String> several) {
        for (RecordComponent component : type.getRecordComponents()) {
            String name = prefix + component.getName().replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
            if (component.getType().isRecord()) {
                collect(name + "_", component.getType(), names, several);
                continue;
            }
            names.add(name);
            if (component.getType() == List.class || component.getType() == Map.class) {
                several.add(name + "_");
            }
        }
    }

    private static int freePort(String bind) {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(bind))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalArgumentException("no free port on " + bind + ": " + e.getMessage(), e);
        }
    }
}
