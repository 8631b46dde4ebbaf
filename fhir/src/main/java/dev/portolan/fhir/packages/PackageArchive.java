package dev.portolan.fhir.packages;

import dev.portolan.fhir.json.JsonSyntaxException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a package as the FHIR package specification lays it out, from a tgz or an unpacked folder, into a pack. Resources stand in
 * {@code package/}, examples in {@code package/example/}; other folders (OpenAPI, XML copies, what R4 does not know) are left out.
 */
final class PackageArchive {

    private static final Logger LOG = LoggerFactory.getLogger(PackageArchive.class);
    private static final String ROOT = "package/";
    private static final String EXAMPLES = "package/example/";
    private static final int LARGEST_FILE = 64 << 20;

    private final PackFile.Writer writer;

    private PackageArchive(PackFile.Writer writer) {
        this.writer = writer;
    }

    static void pack(InputStream tgz, PackFile.Writer writer) throws IOException {
        PackageArchive archive = new PackageArchive(writer);
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new GzipCompressorInputStream(new BufferedInputStream(tgz, 1 << 16), true))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isFile() && wanted(entry.getName())) {
                    if (entry.getSize() > LARGEST_FILE) {
                        throw new IOException(entry.getName() + " is larger than " + LARGEST_FILE + " bytes");
                    }
                    archive.add(entry.getName(), tar.readNBytes((int) entry.getSize()));
                }
            }
        }
    }

    static void pack(Path folder, PackFile.Writer writer) throws IOException {
        PackageArchive archive = new PackageArchive(writer);
        try (Stream<Path> files = Files.walk(folder, 3)) {
            List<Path> sorted = files.filter(Files::isRegularFile).sorted().toList();
            for (Path file : sorted) {
                String name = folder.relativize(file).toString().replace('\\', '/');
                if (wanted(name)) {
                    archive.add(name, Files.readAllBytes(file));
                }
            }
        }
    }

    private static boolean wanted(String name) {
        if (!name.startsWith(ROOT) || !name.endsWith(".json")) {
            return false;
        }
        String rest = name.startsWith(EXAMPLES) ? name.substring(EXAMPLES.length()) : name.substring(ROOT.length());
        return rest.indexOf('/') < 0 && !rest.startsWith(".");
    }

    private void add(String name, byte[] json) {
        if (name.equals("package/package.json")) {
            writer.manifest(json);
            return;
        }
        try {
            PackEntry entry = PackEntry.describe(name.substring(ROOT.length()), json, name.startsWith(EXAMPLES));
            if (entry != null) {
                writer.add(entry, json);
            }
        } catch (JsonSyntaxException e) {
            LOG.warn("Left out of the package: {} is not JSON: {}", name, e.getMessage());
        }
    }
}
