package dev.portolan.bulkdata;

import dev.portolan.intake.load.LoadOptions;
import dev.portolan.intake.load.LoadRun;
import dev.portolan.jobs.JobKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does an import: fetches its files into a folder, has them loaded, waits for the end. After a crash it goes on with the files, or the load, that it had; loading a line again changes nothing. */
final class ImportWork implements JobKind.Work {

    private static final Logger LOG = LoggerFactory.getLogger(ImportWork.class);
    private static final Duration TURN = Duration.ofSeconds(1);
    private static final Duration SOON = Duration.ZERO;
    private static final JobKind.Next DONE = new JobKind.Next.Done();
    private static final LoadOptions OPTIONS = new LoadOptions(false, false, true, LoadOptions.Validation.SHAPES);
    private static final int LONGEST_FEED = 48;

    private final ImportServices services;
    private final ImportRows rows;
    /** A node that stood still until its lease had ended wakes up beside the one that took its work over: what both write lies apart, under the name of each. */
    private final String process = UUID.randomUUID().toString();
    /** Imports whose files are fetched here: a node may take over from itself. */
    private final Set<String> fetched = ConcurrentHashMap.newKeySet();

    ImportWork(ImportServices services, ImportRows rows) {
        this.services = services;
        this.rows = rows;
    }

    @Override
    public JobKind.Next run(String id, JobKind.Running running) throws Exception {
        Import asked = rows.find(id).orElse(null);
        if (asked == null || asked.state() != Import.State.RUNNING) {
            clean(id); // it may have ended right before its server did
            return DONE;
        }
        Long run = asked.run();
        if (run == null) {
            return fetchOnce(asked, running);
        }
        LoadRun load = services.reports().run(run).orElse(null);
        if (load != null && load.finished() == null) {
            return new JobKind.Next.Again(TURN);
        }
        boolean complete = load != null && load.state() == LoadRun.State.COMPLETED;
        return end(id, complete ? null : "its files could not be loaded" + (load == null ? "" : ": " + load.failure()));
    }

    private JobKind.Next fetchOnce(Import asked, JobKind.Running running) throws IOException, InterruptedException {
        if (!fetched.add(asked.id())) {
            return new JobKind.Next.Again(TURN);
        }
        try {
            return fetch(asked, running);
        } finally {
            fetched.remove(asked.id());
        }
    }

    private JobKind.Next fetch(Import asked, JobKind.Running running) throws IOException, InterruptedException {
        Path folder = folder(asked.id());
        long left = services.settings().totalBytes();
        try (ImportSource source = new ImportSource(services.settings())) {
            FileDownload download = new FileDownload(source, process);
            for (int i = 0; i < asked.inputs().size(); i++) {
                if (running.stopping()) {
                    return new JobKind.Next.Again(SOON);
                }
                if (services.authority().renew(asked.caller()).isEmpty()) {
                    return end(asked.id(), "the app has no right to it any more");
                }
                Path file = folder.resolve(asked.fileName(i));
                long most = Math.min(left, services.settings().fileBytes());
                try {
                    download.to(file, asked.inputs().get(i).url(), most);
                } catch (FileDownload.TooLongException e) {
                    return end(asked.id(), tooLong(i, most));
                } catch (BulkClient.BulkClientException e) {
                    return end(asked.id(), "file " + (i + 1) + " of the manifest: " + e.getMessage());
                }
                left -= Files.size(file);
            }
        }
        return load(asked, folder);
    }

    /** What another has handed on meanwhile is not handed on again: the first load's end takes the files away. */
    private JobKind.Next load(Import asked, Path folder) throws IOException {
        Import now = rows.find(asked.id()).orElse(null);
        if (now == null || now.state() != Import.State.RUNNING || now.run() != null) {
            return new JobKind.Next.Again(SOON);
        }
        try (Stream<Path> left = Files.list(folder)) {
            for (Path unfinished : left.filter(file -> file.getFileName().toString().endsWith(FileDownload.UNFINISHED)).toList()) {
                Files.deleteIfExists(unfinished); // of a run that ended in the midst of a file
            }
        }
        rows.loading(asked.id(), services.loads().ask(feed(asked.caller().app()), "ndjson", folder.toString(), OPTIONS, Map.of(), Map.of(), asked.caller().app()));
        return new JobKind.Next.Again(TURN);
    }

    private String tooLong(int file, long most) {
        ImportSettings settings = services.settings();
        return "file " + (file + 1) + " of the manifest is too long: " + (most == settings.fileBytes() ? "a file has at most " + settings.fileBytes() + " bytes"
            : "the files of an import have at most " + settings.totalBytes() + " bytes together") + ". Cut it into several files, or several imports.";
    }

    /** One for each app: what comes again from the same one is compared with what it brought before. */
    private static String feed(String app) {
        String plain = app.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        return "import-" + plain.substring(0, Math.min(LONGEST_FEED, plain.length()));
    }

    private Path folder(String id) throws IOException {
        Path all = services.settings().folder();
        Files.createDirectories(all);
        Path own = all.resolve(id);
        return Files.isDirectory(own) ? own : Files.createDirectory(own, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** The files first: whoever is told the end finds none of what was fetched on this machine any more. */
    private JobKind.Next end(String id, @org.jspecify.annotations.Nullable String failure) throws IOException {
        try {
            clean(id);
        } finally {
            rows.end(id, failure == null ? Import.State.COMPLETE : Import.State.FAILED, failure, services.settings().kept());
        }
        return DONE;
    }

    /** What was loaded is kept by intake, and what was not in its quarantine. */
    private void clean(String id) throws IOException {
        Path own = services.settings().folder().resolve(id);
        if (Files.isDirectory(own)) {
            try (Stream<Path> files = Files.walk(own)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** With files that were left: it may have ended right before its server did. */
    void forget(String id) throws IOException {
        clean(id);
        rows.delete(id);
    }

    @Override
    public void gaveUp(String id, Throwable cause) {
        LOG.error("import {} was given up after a {}", id, cause.getClass().getName());
        try {
            end(id, cause instanceof IOException ? "a file could not be fetched" : "an unexpected error, several times; tell the operator the import's id " + id);
        } catch (IOException e) {
            LOG.error("the files of import {} could not be deleted", id, e);
        }
    }
}
