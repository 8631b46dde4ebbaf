package dev.portolan.sandbox;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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

    void forget(String name) {
        if (secrets.remove(name) != null) {
            save();
        }
    }

    /** What is kept under the name, else {@code fresh}, which is on disk when this returns. */
    String get(String name, Supplier<String> fresh) {
        if (!secrets.containsKey(name)) {
            replace(name, fresh.get());
        }
        return secrets.get(name);
    }

    /** A secret in a file of its own beside this one, for programs that take files. */
    Path beside(String name, String secret) {
        Path own = file.resolveSibling(name);
        write(own, secret.getBytes(StandardCharsets.UTF_8));
        return own;
    }

    private void save() {
        try {
            write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(secrets));
        } catch (IOException e) {
            throw new UncheckedIOException("the sandbox's passwords could not be kept at " + file, e);
        }
    }

    private static void write(Path target, byte[] secret) {
        try {
            Path next = target.resolveSibling(target.getFileName() + ".new");
            Files.deleteIfExists(next);
            Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(next, secret);
            Files.move(next, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("the sandbox's secrets could not be kept at " + target, e);
        }
    }
}
