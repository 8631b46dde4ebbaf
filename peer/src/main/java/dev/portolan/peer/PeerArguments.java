package dev.portolan.peer;

import java.util.HashMap;
import java.util.Map;

/**
 * The command line: {@code --port N --jdbc URL --user U --password P --purpose benchmark|differential --parent PID}.
 *
 * @param parent the process with which this one ends, or 0
 */
record PeerArguments(int port, String jdbcUrl, String user, String password, Purpose purpose, long parent) {

    static PeerArguments parse(String... arguments) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            values.put(arguments[i], arguments[i + 1]);
        }
        if (!values.containsKey("--port") || !values.containsKey("--jdbc")) {
            throw new IllegalArgumentException(
                    "usage: --port N --jdbc URL [--user U] [--password P] [--purpose benchmark|differential] [--parent PID]");
        }
        return new PeerArguments(
                Integer.parseInt(values.get("--port")),
                values.get("--jdbc"),
                values.getOrDefault("--user", "postgres"),
                values.getOrDefault("--password", "postgres"),
                Purpose.named(values.getOrDefault("--purpose", "benchmark")),
                Long.parseLong(values.getOrDefault("--parent", "0")));
    }
}
