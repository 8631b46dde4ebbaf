package dev.portolan.server;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import dev.portolan.identity.IdentityProperties;

/** Reads the settings once, before anything starts; what is not understood is refused, not passed over. */
final class SettingsReader {

    private static final String PREFIX = "PORTOLAN_";
    /** Read by the launcher. */
    private static final String JAVA_OPTIONS = "PORTOLAN_JAVA_OPTS";
    /** Read by {@code portolan load}, which may be called from the same shell. */
    private static final String TOKEN = "PORTOLAN_TOKEN";
    /** A room that checks the values of its own. */
    private static final String IDENTITY = PREFIX + "IDENTITY_";

    /** Texts and lists, of which nothing may be meant. */
    private static final Set<Class<?>> MAY_BE_EMPTY = Set.of(String.class, List.class, Map.class);

    private SettingsReader() {
    }

    static Settings read(ConfigurableEnvironment environment) {
        refuseVariables(System.getenv());
        refuseUnknownIdentity(environment);
        try {
            Settings settings = bind(environment);
            // The server's own address stands in links and tells local references apart, so it is chosen before anything starts.
            int port = settings.port() != 0 ? settings.port() : freePort(settings.bind());
            // The web server has names of its own for these, which are in many an environment for another program's sake (SERVER_PORT, SERVER_ADDRESS): what was checked is what is listened on.
            environment.getPropertySources().addFirst(new MapPropertySource("address", Map.of("portolan.port", port, "server.port", port, "server.address", settings.bind())));
            return settings.port() != 0 ? settings : bind(environment);
        } catch (BindException e) {
            throw new SettingRefused(e);
        }
    }

    private static Settings bind(ConfigurableEnvironment environment) {
        return Binder.get(environment).bindOrCreate("portolan", Bindable.of(Settings.class),
                new NoUnboundElementsBindHandler(BindHandler.DEFAULT, new UnboundElementsSourceFilter()));
    }

    /** Spring looks for unknown names in files and arguments only, and takes an empty value for none: a misspelt variable, or one that a script left empty, would otherwise do nothing. */
    static void refuseVariables(Map<String, String> variables) {
        Map<String, Class<?>> known = new TreeMap<>();
        known.put(JAVA_OPTIONS, String.class);
        known.put(TOKEN, String.class);
        collect(PREFIX, Settings.class, known, new TreeSet<>());
        Set<String> several = new TreeSet<>();
        // Whoever misspells PORTOLAN_IDENTITY_ENVIRONMENT would run a sandbox, with its accounts and its token, over members' records.
        collect(IDENTITY, IdentityProperties.class, known, several);
        variables.forEach((variable, value) -> {
            if (variable.startsWith(PREFIX) && !known.containsKey(variable) && several.stream().noneMatch(variable::startsWith)) {
                throw new IllegalArgumentException("the environment variable " + variable + " is no setting; there are " + String.join(", ", known.keySet()));
            }
            if (value.isBlank() && known.containsKey(variable) && !MAY_BE_EMPTY.contains(known.get(variable))) {
                throw new IllegalArgumentException("the environment variable " + variable + " is empty: give it a value, or leave it out");
            }
        });
    }

    /** The room that has these settings passes over what it does not know, in a file as well. */
    private static void refuseUnknownIdentity(ConfigurableEnvironment environment) {
        Map<String, Class<?>> known = new TreeMap<>();
        Set<String> several = new TreeSet<>();
        collect(IDENTITY, IdentityProperties.class, known, several);
        for (PropertySource<?> source : environment.getPropertySources()) {
            String[] names = source instanceof EnumerablePropertySource<?> all && !(source instanceof SystemEnvironmentPropertySource) ? all.getPropertyNames() : new String[0];
            for (String name : names) {
                String variable = name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").replaceAll("[^A-Za-z0-9]+", "_").toUpperCase(Locale.ROOT);
                if (variable.startsWith(IDENTITY) && !known.containsKey(variable) && several.stream().noneMatch(variable::startsWith)) {
                    throw new IllegalArgumentException(name + " is no setting; as variables there are " + String.join(", ", known.keySet()));
                }
            }
        }
    }

    /** @param several gets the beginnings of those that hold several values by number or by name, as COMMUNITIES_0_URI */
    private static void collect(String prefix, Class<?> type, Map<String, Class<?>> names, Set<String> several) {
        for (RecordComponent component : type.getRecordComponents()) {
            String name = prefix + component.getName().replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
            if (component.getType().isRecord()) {
                collect(name + "_", component.getType(), names, several);
                continue;
            }
            names.put(name, component.getType());
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
