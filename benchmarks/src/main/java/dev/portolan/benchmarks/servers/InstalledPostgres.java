package dev.portolan.benchmarks.servers;

import io.zonky.test.db.postgres.embedded.PgBinaryResolver;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/**
 * A PostgreSQL of the machine's own, compiled as those are that a plan runs; the embedded one is compiled to be small, which costs it a fifth of its speed at short calls. What starts the clusters
 * takes its programs from an archive, so it is given one of links.
 *
 * @param home the folder that has {@code bin}
 */
public record InstalledPostgres(Path home) implements PgBinaryResolver {

    private static final int OLDEST_SUPPORTED = 15;
    private static final List<String> PROGRAMS = List.of("bin/initdb", "bin/pg_ctl", "bin/postgres");
    /** Where Debian's packages and those of PostgreSQL's own project for Red Hat put it. */
    private static final List<String> FOLDERS = List.of("/usr/lib/postgresql", "/usr");
    private static final Pattern NAME = Pattern.compile("(?:pgsql-)?(\\d+)");

    public InstalledPostgres {
        if (!isComplete(home)) {
            throw new IllegalArgumentException(home + " has not all of " + PROGRAMS);
        }
    }

    /** The newest that Portolan supports, if there is one. */
    public static Optional<InstalledPostgres> newest() {
        return FOLDERS.stream().map(Path::of).filter(Files::isDirectory).flatMap(InstalledPostgres::children)
                .filter(home -> version(home) >= OLDEST_SUPPORTED && isComplete(home))
                .max(Comparator.comparingInt(InstalledPostgres::version))
                .map(InstalledPostgres::new);
    }

    private static Stream<Path> children(Path folder) {
        try (Stream<Path> children = Files.list(folder)) {
            return children.toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isComplete(Path home) {
        return PROGRAMS.stream().allMatch(program -> Files.isExecutable(home.resolve(program)));
    }

    private static int version(Path home) {
        Matcher name = NAME.matcher(home.getFileName().toString());
        return name.matches() ? Integer.parseInt(name.group(1)) : 0;
    }

    @Override
    public InputStream getPgBinary(String system, String machineHardware) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new XZOutputStream(bytes, new LZMA2Options(0)))) {
            for (String part : List.of("bin", "lib", "share")) {
                TarArchiveEntry link = new TarArchiveEntry(part, TarConstants.LF_SYMLINK);
                link.setLinkName(home.resolve(part).toString());
                tar.putArchiveEntry(link);
                tar.closeArchiveEntry();
            }
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }
}
