package dev.portolan.intake.load;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What a load is asked to read, and what of that may be shown and kept: a password, a signature in an address's query or a token stays in memory.
 *
 * @param shown for reports and the room's tables
 * @param secrets what is left out of it
 */
record SourceAddress(String shown, Map<String, String> secrets) {

    /** Ends an address of which a part is left out. */
    static final String LEFT_OUT = "?\u2026";

    /** @throws LoadException if it can be no source */
    static SourceAddress of(String source, Map<String, String> secrets) {
        if (secrets.containsKey(FeedSource.JDBC)) {
            return new SourceAddress(database(secrets.get(FeedSource.JDBC)), Map.copyOf(secrets));
        }
        return isWeb(source) ? web(source, secrets) : new SourceAddress(file(source), Map.copyOf(secrets));
    }

    static boolean isWeb(String source) {
        return source.startsWith("http://") || source.startsWith("https://");
    }

    /** Drivers take user and password behind a question mark, behind semicolons, or before an at sign. */
    static String database(String address) {
        String plain = address.replaceFirst("(?s)[?;].*", "");
        int at = plain.lastIndexOf('@');
        return at < 0 ? plain : plain.replaceFirst("^(jdbc:[A-Za-z0-9]+:).*", "$1") + plain.substring(at);
    }

    private static SourceAddress web(String source, Map<String, String> secrets) {
        try {
            URI address = new URI(source);
            if (address.getHost() == null) {
                throw new LoadException("the source is no address: it names no host");
            }
            String shown = new URI(address.getScheme(), null, address.getHost(), address.getPort(), address.getPath(), null, null).toASCIIString();
            if (address.getRawQuery() == null && address.getRawUserInfo() == null) {
                return new SourceAddress(source, Map.copyOf(secrets));
            }
            Map<String, String> all = new HashMap<>(secrets);
            all.put(FeedSource.ADDRESS, source);
            return new SourceAddress(shown + LEFT_OUT, Map.copyOf(all));
        } catch (URISyntaxException e) {
            throw new LoadException("the source is no address: " + e.getReason(), e);
        }
    }

    private static String file(String source) {
        try {
            Path path = Path.of(source);
            if (source.isBlank() || !Files.isReadable(path) || !Files.isDirectory(path) && !Files.isRegularFile(path)) {
                throw new LoadException("there is no file or folder " + path + " that the server can read");
            }
            return path.toAbsolutePath().normalize().toString();
        } catch (InvalidPathException e) {
            throw new LoadException("the source is no name of a file: " + e.getReason(), e);
        }
    }
}
