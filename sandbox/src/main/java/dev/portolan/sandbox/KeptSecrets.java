package dev.portolan.sandbox;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Passwords and secrets that the server itself keeps as hashes only, so that a sandbox can show them again after a restart. A file that only its owner reads. */
final class KeptSecrets {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final Map<String, String> secrets = new TreeMap<>();

    KeptSecrets(Path file) {
        this.file = file;
        try {
            if (Files.exists(file)) {
                JSON.readTree(file.toFile()).properties().forEach(entry -> secrets.put(entry.getKey(), entry.getValue().asText()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the sandbox's passwords could not be read from " + file, e);
        }
    }

    @Nullable String find(String name) {
        return secrets.get(name);
    }

    void replace(String name, String secret) {
        secrets.put(name, secret);
        save();
    }

    /** What is kept under the name, else {@code fresh}, which is on disk when this returns. */
    String get(String name, Supplier<String> fresh) {
        if (!secrets.containsKey(name)) {
            replace(name, fresh.get());
        }
        return secrets.get(name);
    }

    private void save() {
        try {
            Path next = file.resolveSibling(file.getFileName() + ".new");
            Files.deleteIfExists(next);
            Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(next, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(secrets));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("the sandbox's passwords could not be kept at " + file, e);
        }
    }
}
