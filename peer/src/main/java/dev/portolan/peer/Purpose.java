package dev.portolan.peer;

import java.util.Locale;

/** What the peer is started for, which decides how much it indexes. */
enum Purpose {
    /** The settings a production installation would choose for speed: only what the compared calls need is indexed. */
    BENCHMARK,
    /** Everything a search may ask for is indexed, {@code :missing} and {@code :of-type} included. */
    DIFFERENTIAL;

    static Purpose named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
