package dev.portolan.server.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The postmaster that PostgreSQL's own {@code postmaster.pid} names (its lines: process, data directory, start
 * time, port, ...).
 */
record PostgresProcess(ProcessHandle handle, int port) {

    /** The living postmaster of this data directory; a file left by a dead one, or by a number used again, is none. */
    static Optional<PostgresProcess> of(Path dataDirectory) {
        Path file = pidFile(dataDirectory);
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (IOException e) {
            throw new DatabaseException("Cannot read " + file + ": " + e.getMessage(), e);
        }
        if (lines.size() < 4) {
            return Optional.empty();
        }
        try {
            int port = Integer.parseInt(lines.get(3).strip());
            return ProcessHandle.of(Long.parseLong(lines.get(0).strip()))
                    .filter(ProcessHandle::isAlive)
                    .filter(process -> serves(process, dataDirectory))
                    .map(process -> new PostgresProcess(process, port));
        } catch (NumberFormatException e) {
            throw new DatabaseException(file + " names no process and port", e);
        }
    }

    /** What a killed postmaster leaves: PostgreSQL refuses to start over the files of a process number that something else has been given since, and collects no socket of another port. */
    static void removeStaleFiles(Path dataDirectory, Path socketFolder) {
        try (var sockets = Files.newDirectoryStream(socketFolder, ".s.PGSQL.*")) {
            Files.deleteIfExists(pidFile(dataDirectory));
            for (Path socket : sockets) {
                Files.delete(socket);
            }
        } catch (IOException e) {
            throw new DatabaseException("Cannot remove the stale " + pidFile(dataDirectory) + " and sockets: " + e.getMessage(), e);
        }
    }

    private static Path pidFile(Path dataDirectory) {
        return dataDirectory.resolve("postmaster.pid");
    }

    boolean isAlive(Path dataDirectory) {
        return handle.isAlive() && serves(handle, dataDirectory);
    }

    /**
     * A postmaster works in its data directory. Where there is {@code /proc}, a process without a readable working
     * directory is a zombie (a container's first process may never collect it) or somebody else's; elsewhere the
     * program's name must do.
     */
    private static boolean serves(ProcessHandle process, Path dataDirectory) {
        if (!Files.isDirectory(Path.of("/proc/self"))) {
            return process.info().command().map(command -> command.endsWith("postgres")).orElse(false);
        }
        try {
            return Files.isSameFile(Path.of("/proc", Long.toString(process.pid()), "cwd"), dataDirectory);
        } catch (IOException zombieOrForeign) {
            return false;
        }
    }
}
