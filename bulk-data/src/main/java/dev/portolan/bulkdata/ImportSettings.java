package dev.portolan.bulkdata;

import dev.portolan.identity.key.Network;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * @param folder where what is fetched lies until it is loaded; with several nodes, a folder that they share
 * @param sources the servers that may be fetched from, as {@code https://ehr.example}; none is none: an address that a caller names is not trusted
 * @param networks where sources' names may lead to beside the Internet; one that is an address itself is in a network of its own
 * @param fileBytes a longer file is not taken
 * @param totalBytes an import whose files are longer together is not taken
 * @param openPerApp imports of one app at the same time; more of them are refused with 429
 * @param kept how long it can be asked what became of an import
 */
public record ImportSettings(Path folder, List<URI> sources, List<Network> networks, long fileBytes, long totalBytes, int openPerApp, Duration kept) {

    /** Whether a file may be fetched: its scheme, host and port are those of a source. */
    boolean allows(URI file) {
        return file.getHost() != null && file.getUserInfo() == null && sources.stream().anyMatch(source -> origin(source).equals(origin(file)));
    }

    /** Whether a source's name may lead to this address: what the operator wrote as an address is meant as it is. */
    boolean allows(String host, InetAddress address) {
        boolean written = host.replaceAll("[\\[\\]]", "").matches("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
        return written || Network.isPublic(address) || networks.stream().anyMatch(network -> network.holds(address));
    }

    private static String origin(URI address) {
        String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
        int port = address.getPort() >= 0 ? address.getPort() : scheme.equals("https") ? 443 : 80;
        return scheme + "://" + String.valueOf(address.getHost()).toLowerCase(Locale.ROOT) + ":" + port;
    }
}
