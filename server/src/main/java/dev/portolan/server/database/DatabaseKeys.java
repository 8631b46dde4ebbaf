package dev.portolan.server.database;

import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Properties;

/** The embedded database's two passwords: its owner's and the application's. Kept where only the server's user can read. */
record DatabaseKeys(String owner, String application) {

    static DatabaseKeys keptIn(Path file) throws IOException {
        if (!Files.exists(file)) {
            generate(file);
        }
        Properties properties = new Properties();
        try (var in = Files.newBufferedReader(file)) {
            properties.load(in);
        }
        return new DatabaseKeys(value(properties, "owner", file), value(properties, "application", file));
    }

    private static String value(Properties properties, String name, Path file) {
        String value = properties.getProperty(name);
        if (value == null || value.isBlank()) {
            throw new DatabaseException(file + " has no '" + name + "' password; restore the file from the backup of the data directory");
        }
        return value;
    }

    private static void generate(Path file) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("owner", password());
        properties.setProperty("application", password());
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        var permissions = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        try (var channel = Files.newByteChannel(fresh, EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SYNC), permissions);
                Writer writer = Channels.newWriter(channel, StandardCharsets.ISO_8859_1)) {
            properties.store(writer, "Passwords of the embedded PostgreSQL");
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static String password() {
        byte[] random = new byte[24];
        new SecureRandom().nextBytes(random);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    @Override
    public String toString() {
        return "DatabaseKeys[not shown]";
    }
}
