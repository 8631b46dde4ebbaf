package dev.portolan.bulkdata;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An import as it was asked for and as far as it is.
 *
 * @param run of intake, that loads the files; null until they are here
 * @param failure why it failed, for the client
 */
record Import(
    String id, String baseUrl, ExportAuthority.Caller caller, String requestUrl, List<Input> inputs, State state, @Nullable Long run, Instant created, @Nullable Instant finished, @Nullable Instant expires,
    @Nullable String failure) {

    enum State {
        RUNNING,
        COMPLETE,
        FAILED
    }

    /** A file of the manifest. */
    record Input(String type, URI url) {}

    /** The name that a fetched file gets: in the order of the manifest. */
    String fileName(int input) {
        return String.format("%05d-%s.ndjson", input, inputs.get(input).type());
    }
}
