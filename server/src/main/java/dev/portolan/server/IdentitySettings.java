package dev.portolan.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;

import dev.portolan.rest.FhirBase;

/** What the authorization server has to know and nobody has set: the server's address, its FHIR bases, and a key of its own. */
final class IdentitySettings {

    private IdentitySettings() {
    }

    static Map<String, Object> defaults(Settings settings, Path directory) {
        String bases = FhirBases.at(settings.origin()).all().stream().map(FhirBase::path).collect(Collectors.joining(","));
        return Map.of("portolan.identity.issuer", settings.origin().toString(), "portolan.identity.fhir-bases", bases,
                "portolan.identity.encryption-key", key(directory.resolve("identity.key")));
    }

    /** Made once and kept beside the database that it protects; a plan with several nodes sets one of its own. */
    private static String key(Path file) {
        if (!Files.exists(file)) {
            keep(file);
        }
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("the key of the authorization server could not be read from " + file, e);
        }
    }

    /** Whole or not at all: half a key, left by a full disk or a kill, would be refused at every start after that. */
    private static void keep(Path file) {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        try {
            Path fresh = Files.createTempFile(file.getParent(), "identity", ".new", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try {
                Files.writeString(fresh, HexFormat.of().formatHex(random), StandardOpenOption.SYNC);
                Files.move(fresh, file);
            } catch (FileAlreadyExistsException kept) {
                // By another server that started at the same time: its key is the one.
            } finally {
                Files.deleteIfExists(fresh);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the key of the authorization server could not be kept at " + file, e);
        }
    }
}
