package dev.portolan.server;

import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.portolan.audit.AuditSchema;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.identity.IdentitySchema;
import dev.portolan.server.database.DataDirectory;
import dev.portolan.server.database.DatabaseAddress;
import dev.portolan.server.database.DatabaseException;
import dev.portolan.server.database.Databases;
import dev.portolan.store.RecordDatabase;

/** What everything stands on and what takes longest to start, started side by side: the database with its tables, and what FHIR says. */
final class Foundation implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Foundation.class);
    private static final Duration REGISTRY_TIMEOUT = Duration.ofSeconds(2);

    private final Settings settings;
    private final DataDirectory directory;
    private final CompletableFuture<Databases> databases;
    private final CompletableFuture<IdentitySchema> schemas;
    private final CompletableFuture<Definitions> definitions;

    private Foundation(Settings settings, DataDirectory directory) {
        this.settings = settings;
        this.directory = directory;
        this.databases = inBackground("database-start", () -> connect(settings.db(), directory));
        this.schemas = inBackground("schemas-start", () -> migrate(result(databases)));
        this.definitions = inBackground("definitions-start", () -> Definitions.of(load(settings, directory)));
    }

    static Foundation lay(Settings settings) {
        return new Foundation(settings, DataDirectory.open(settings.data()));
    }

    Settings settings() {
        return settings;
    }

    Path directory() {
        return directory.path();
    }

    Databases databases() {
        return result(databases);
    }

    /** The tables of the store, the trail and the authorization server, made or brought to this version. */
    IdentitySchema schemas() {
        return result(schemas);
    }

    Definitions definitions() {
        return result(definitions);
    }

    private static Databases connect(Settings.Database db, DataDirectory directory) {
        if (db.url() == null) {
            return Databases.embeddedIn(directory, db.poolSize());
        }
        var application = new DatabaseAddress(db.url(), Objects.requireNonNull(db.user()), Objects.requireNonNullElse(db.password(), ""));
        var owner = db.ownerUser() == null ? application
                : new DatabaseAddress(db.url(), db.ownerUser(), Objects.requireNonNullElse(db.ownerPassword(), ""));
        return Databases.at(application, owner, db.poolSize());
    }

    private static IdentitySchema migrate(Databases databases) {
        RecordDatabase.migrate(databases.pool());
        try (var owner = databases.ownerPool()) {
            AuditSchema.migrate(owner, databases.role());
            return IdentitySchema.migrate(owner, databases.role());
        } catch (SQLException e) {
            throw new DatabaseException("The tables could not be prepared: " + e.getMessage(), e);
        }
    }

    private static FhirPackages load(Settings settings, DataDirectory directory) {
        URI registry = settings.packageRegistry().equals("off") ? null : URI.create(settings.packageRegistry());
        Path userCache = Path.of(System.getProperty("user.home"), ".fhir", "packages");
        return FhirPackages.load(new PackageSources(settings.packages(), userCache, registry, REGISTRY_TIMEOUT, directory.path().resolve("packages")),
                GuideRef.DEFAULTS);
    }

    private static <T> CompletableFuture<T> inBackground(String name, java.util.function.Supplier<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            long started = System.nanoTime();
            try {
                result.complete(work.get());
                LOG.info("{} took {} ms", name, (System.nanoTime() - started) / 1_000_000);
            } catch (Throwable failure) {
                result.completeExceptionally(failure);
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    private static <T> T result(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    @Override
    public void close() {
        schemas.handle((ready, failure) -> ready).join();
        databases.handle((started, failure) -> {
            if (started != null) {
                started.close();
            }
            return null;
        }).join();
        directory.close();
    }
}
