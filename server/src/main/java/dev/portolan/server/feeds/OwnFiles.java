package dev.portolan.server.feeds;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;

/**
 * What of the server's data directory nobody may name as a source: whoever may load every member's data may not therefore read the server's keys, its users' secrets or its trail.
 *
 * @param data the data directory; folders in it that the plan puts its feeds into are none of these
 */
public record OwnFiles(Path data) {

    private static final Set<String> FOLDERS = Set.of("postgresql", "audit-journal", "audit-anchors");

    boolean holds(String source) {
        try {
            Path own = data.toRealPath();
            Path named = Path.of(source).toRealPath();
            if (!named.startsWith(own)) {
                return false;
            }
            Path within = own.relativize(named);
            return named.equals(own) || FOLDERS.contains(within.getName(0).toString()) || own.equals(named.getParent()) && Files.isRegularFile(named);
        } catch (IOException | InvalidPathException e) {
            return false; // there is no such file: whoever asked is told by the load
        }
    }
}
