package dev.portolan.server.database;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;

import dev.portolan.tables.LocalSocketFactory;

/** What the embedded PostgreSQL is told beyond its defaults, as the text of a configuration file. */
record PostgresSettings(String text) {

    private static final long MEGABYTE = 1024 * 1024;

    /** @param folder where it has its socket, which nobody but the server's user gets into */
    static PostgresSettings forThisMachine(int connections, Path folder) {
        long memory = memory() / MEGABYTE;
        long buffers = Math.max(64, Math.min(512, memory / 8));
        return new PostgresSettings("""
                # Written by the server at each start; changes here are lost.
                listen_addresses = '127.0.0.1'
                unix_socket_directories = '%s'
                password_encryption = 'scram-sha-256'
                # Repetition makes guessing a poor password slow. Ours are 192 random bits, and a connection repeats it too.
                scram_iterations = 1
                max_connections = %d
                # An acknowledged write is on disk.
                fsync = on
                synchronous_commit = on
                full_page_writes = on
                shared_buffers = '%dMB'
                effective_cache_size = '%dMB'
                maintenance_work_mem = '128MB'
                work_mem = '16MB'
                max_wal_size = '4GB'
                checkpoint_timeout = '15min'
                random_page_cost = 1.1
                jit = off
                max_parallel_workers_per_gather = 0
                # The log never repeats a statement's values: they are members' data.
                logging_collector = on
                log_directory = '../log'
                log_filename = 'postgresql-%%a.log'
                log_truncate_on_rotation = on
                log_rotation_size = 0
                log_min_error_statement = panic
                log_error_verbosity = terse
                log_parameter_max_length_on_error = 0
                log_timezone = 'UTC'
                timezone = 'UTC'
                """.formatted(socketFolder(folder), connections, buffers, memory / 2));
    }

    /** A list of folders in a text: what would end either of them leaves the database without a socket, as does a name that is too long. */
    private static String socketFolder(Path folder) {
        String name = folder.toAbsolutePath().toString();
        boolean plain = name.chars().noneMatch(c -> c < ' ' || "'\",\\".indexOf(c) >= 0);
        return plain && LocalSocketFactory.fits(folder) ? name : "";
    }

    private static long memory() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getTotalMemorySize();
    }
}
