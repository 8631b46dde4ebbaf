package dev.portolan.fhir.packages;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds a package in the sources, in their order, and brings it into the cache if it is not there already. */
final class PackageLocator {

    private static final Logger LOG = LoggerFactory.getLogger(PackageLocator.class);
    /** Part of every file name in the cache: goes up when the pack format or what is packed changes. */
    private static final String FORMAT = "p1";

    private final PackageSources sources;
    private boolean registryAnswers;

    PackageLocator(PackageSources sources) {
        this.sources = sources;
        this.registryAnswers = sources.registry() != null;
    }

    PackFile base() {
        return cached(GuideRef.BASE, BaseDefinitions.edition(), BaseDefinitions::pack);
    }

    Optional<PackFile> find(GuideRef ref) {
        return inFolder(ref).or(() -> inUserCache(ref)).or(() -> downloadedBefore(ref)).or(() -> download(ref));
    }

    private Optional<PackFile> inFolder(GuideRef ref) {
        Path folder = sources.folder();
        if (folder == null) {
            return Optional.empty();
        }
        Path file = folder.resolve(ref.id() + "-" + ref.version() + ".tgz");
        return Files.isRegularFile(file) ? Optional.of(cached(ref, stamp(file), writer -> packFile(file, writer))) : Optional.empty();
    }

    private Optional<PackFile> inUserCache(GuideRef ref) {
        Path userCache = sources.userCache();
        if (userCache == null) {
            return Optional.empty();
        }
        Path folder = userCache.resolve(ref.toString());
        Path manifest = folder.resolve("package").resolve("package.json");
        return Files.isRegularFile(manifest)
                ? Optional.of(cached(ref, stamp(manifest), writer -> PackageArchive.pack(folder, writer)))
                : Optional.empty();
    }

    private Optional<PackFile> downloadedBefore(GuideRef ref) {
        return Files.isRegularFile(cacheFile(ref, "registry")) ? Optional.of(cached(ref, "registry", writer -> {})) : Optional.empty();
    }

    private Optional<PackFile> download(GuideRef ref) {
        URI registry = sources.registry();
        if (!registryAnswers || registry == null) {
            return Optional.empty();
        }
        HttpClient client = HttpClient.newBuilder().connectTimeout(sources.registryTimeout()).followRedirects(HttpClient.Redirect.NORMAL).build();
        HttpRequest request = HttpRequest.newBuilder(registry.resolve(ref.id() + "/" + ref.version())).timeout(sources.registryTimeout()).build();
        try {
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                if (response.statusCode() != 200) {
                    LOG.info("The package registry has no {} (status {})", ref, response.statusCode());
                    return Optional.empty();
                }
                return Optional.of(cached(ref, "registry", writer -> PackageArchive.pack(body, writer)));
            }
        } catch (IOException e) {
            registryAnswers = false;
            LOG.info("The package registry cannot be reached ({}); it is not asked again", e.getClass().getSimpleName());
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while loading packages", e);
        }
    }

    private static void packFile(Path file, PackFile.Writer writer) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            PackageArchive.pack(in, writer);
        }
    }

    private interface Packing {
        void into(PackFile.Writer writer) throws IOException;
    }

    private PackFile cached(GuideRef ref, String stamp, Packing packing) {
        Path file = cacheFile(ref, stamp);
        try {
            if (!Files.isRegularFile(file)) {
                try (PackFile.Writer writer = new PackFile.Writer(file)) {
                    packing.into(writer);
                    writer.finish();
                }
            }
            return PackFile.open(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the package " + ref, e);
        }
    }

    private Path cacheFile(GuideRef ref, String stamp) {
        return sources.cache().resolve(ref + "-" + stamp + "." + FORMAT);
    }

    /** Tells one edition of a file from the next without reading it. */
    private static String stamp(Path file) {
        try {
            return Long.toHexString(Files.size(file)) + "-" + Long.toHexString(Files.getLastModifiedTime(file).toMillis());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
