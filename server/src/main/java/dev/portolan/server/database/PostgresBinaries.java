package dev.portolan.server.database;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Locale;
import java.util.jar.JarEntry;
import java.util.stream.Stream;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's programs, unpacked once per version and user from the archive on the class path. */
record PostgresBinaries(Path home) {

    /** Unpacks below {@code cache} unless this very archive was unpacked there before. */
    static PostgresBinaries unpackedBelow(Path cache) {
        String archive = archiveName();
        try {
            Path home = cache.resolve("postgresql-" + editionOf(archive));
            if (!Files.isExecutable(home.resolve("bin/postgres"))) {
                unpack(archive, home);
            }
            return new PostgresBinaries(home);
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL could not be unpacked below " + cache
                    + "; free some space or set XDG_CACHE_HOME to a folder that can be written to", e);
        }
    }

    String program(String name) {
        return home.resolve("bin").resolve(name).toString();
    }

    private static String archiveName() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac") ? "darwin" : "linux";
        String architecture = switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm_64";
            default -> System.getProperty("os.arch");
        };
        return "/postgres-" + system + "-" + architecture + ".txz";
    }

    private static InputStream open(String archive) {
        InputStream in = PostgresBinaries.class.getResourceAsStream(archive);
        if (in == null) {
            throw absent(archive);
        }
        return in;
    }

    private static DatabaseException absent(String archive) {
        return new DatabaseException("There is no embedded PostgreSQL for this machine (" + archive.substring(1)
                + "); set PORTOLAN_DB_URL, PORTOLAN_DB_USER and PORTOLAN_DB_PASSWORD to a PostgreSQL 15 or later");
    }

    /** The jar's directory has size and check sum of each entry; reading 20 MB at every start would find the same. */
    private static String editionOf(String archive) throws IOException {
        URL location = PostgresBinaries.class.getResource(archive);
        if (location == null) {
            throw absent(archive);
        }
        if (!(location.openConnection() instanceof JarURLConnection connection)) {
            throw new IOException(location + " is not in a jar");
        }
        JarEntry entry = connection.getJarEntry();
        return "%08x-%x".formatted(entry.getCrc(), entry.getSize());
    }

    /** Into a folder beside, then renamed: two servers may start at once, and a killed one leaves nothing half done. */
    private static void unpack(String archive, Path home) throws IOException {
        Files.createDirectories(home.getParent());
        Path fresh = Files.createTempDirectory(home.getParent(), "unpacking-");
        try {
            try (InputStream in = open(archive);
                    var tar = new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(in)))) {
                for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                    write(entry, tar, fresh);
                }
            }
            try {
                Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
                Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileSystemException e) {
                // Another server was quicker. Which kind of this exception says so differs between systems.
                if (!Files.isExecutable(home.resolve("bin/postgres"))) {
                    throw Files.exists(home) ? new IOException(home + " is in the way and holds no PostgreSQL; remove it", e) : e;
                }
            }
        } finally {
            delete(fresh);
        }
    }

    private static void write(TarArchiveEntry entry, TarArchiveInputStream tar, Path folder) throws IOException {
        Path target = folder.resolve(entry.getName()).normalize();
        if (!target.startsWith(folder)) {
            throw new IOException("The archive reaches outside of its folder: " + entry.getName());
        }
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            return;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
            Files.createLink(target, folder.resolve(entry.getLinkName()));
        } else {
            Files.copy(tar, target);
            boolean executable = (entry.getMode() & 0100) != 0;
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
