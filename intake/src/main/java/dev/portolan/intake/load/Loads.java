package dev.portolan.intake.load;

import dev.portolan.intake.mapping.MappingException;
import dev.portolan.intake.mapping.Problem;
import dev.portolan.intake.source.Inspection;
import dev.portolan.intake.source.SourceException;
import dev.portolan.intake.source.SourceFormat;
import dev.portolan.intake.source.SourceItem;
import dev.portolan.members.IntakeGrant;
import dev.portolan.store.DatabaseOutage;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads feeds, one run after the other. Runs are rows: one that a dead process left is taken up by this one or another node. Whoever works on a run holds an advisory lock of PostgreSQL, which ends with its connection, however that ends.
 */
public final class Loads implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Loads.class);
    private static final long POLL_MILLIS = 500;
    private static final int MOST_NAME = 64;
    private static final long LONGEST_REST_SECONDS = 60;
    /** So often in a row a database may lose batches. */
    private static final int MOST_LOST = 4;

    private final LoadParts parts;
    private final int parallel;
    private final FeedSource sources;
    private final RunLocks locks = new RunLocks();
    private final ScheduledExecutorService dispatcher = Executors.newSingleThreadScheduledExecutor(work -> daemon(work, "loads"));
    private final ExecutorService workers;
    /** Null until it does. */
    private volatile @Nullable Instant begun;
    /** Of the one thread that works: how often in a row the database was away or had lost batches, and when it is asked again. */
    private int outages;
    private int losses;
    private long restsUntil = System.nanoTime();
    /** Who takes a record again holds a connection and asks for a second: many at once would wait for each other, and everybody else with them. */
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private final Map<Long, Map<String, String>> secrets = new ConcurrentHashMap<>();
    private final Map<Long, Progress> progress = new ConcurrentHashMap<>();

    /**
     * How far the file is that is being read.
     *
     * @param read bytes of it
     * @param lines lines that are done
     */
    public record Progress(String file, long read, long bytes, long lines) {}

    /**
     * @param parallel how many batches are mapped and written at once
     * @param spool where sources that are no files are copied to, and what is copied while it is read
     */
    public Loads(LoadParts parts, int parallel, Path spool) {
        this.parts = parts;
        this.parallel = parallel;
        this.sources = new FeedSource(spool);
        this.workers = Executors.newFixedThreadPool(parallel, work -> daemon(work, "load-worker"));
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Begins to work on what is asked for, and on what an earlier process left. */
    public void start() {
        sources.work().clean();
        begun = parts.ledger().now();
        dispatcher.scheduleWithFixedDelay(this::work, 0, POLL_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * Asks for a load. It is done in the background; {@link LoadReports} tells how it goes.
     *
     * @param feed who delivers; the same name each time, since it is what a corrected or full feed is compared under
     * @param kind {@code cpcds}, {@code ndjson}, {@code mapping}
     * @param source a file or folder that the server can read, or an address
     * @param details what belongs to the kind: {@code mapping} (the mapping's text), {@code clinical}
     * @param secret {@code token}, {@code jdbc} and {@code query}: kept in memory only
     * @return the run's number
     * @throws LoadException if it cannot be done; nothing is noted then
     */
    public long ask(String feed, String kind, String source, LoadOptions options, Map<String, String> details, Map<String, String> secret, String askedBy) {
        if (!feed.matches("[a-z0-9][a-z0-9-]{0," + (MOST_NAME - 1) + "}")) {
            throw new LoadException("a feed's name is lower-case letters, digits and hyphens, at most " + MOST_NAME);
        }
        try {
            Feeds.of(kind, details);
        } catch (MappingException e) {
            throw new LoadException("the mapping is wrong: " + e.getMessage(), e);
        }
        SourceAddress address = SourceAddress.of(source, secret);
        long run;
        synchronized (secrets) {
            run = parts.ledger().add(feed, kind, address.shown(), options, details, askedBy);
            secrets.put(run, address.secrets());
        }
        locks.keep(run);
        if (begun != null) {
            dispatcher.execute(this::work); // does not wait for the next look at what is there
        }
        return run;
    }

    public Optional<Progress> progress(long run) {
        return Optional.ofNullable(progress.get(run));
    }

    /** Nothing is thrown: that would end the schedule, and with it all loads. */
    private void work() {
        if (System.nanoTime() - restsUntil < 0) {
            return;
        }
        try {
            Set<String> waiting = new HashSet<>();
            List<LoadLedger.Open> unfinished = parts.ledger().unfinished();
            if (!unfinished.isEmpty()) {
                parts.ledger().inTransaction(connection -> locks.look(connection, unfinished.stream().map(LoadLedger.Open::id).toList()));
            }
            for (LoadLedger.Open run : unfinished) {
                // A delivery that overtook an earlier one of its feed would be taken back by it.
                if (!waiting.contains(run.feed()) && !isDone(run)) {
                    waiting.add(run.feed());
                }
            }
        } catch (RuntimeException | Error e) {
            LOG.error("Loads cannot be worked on now; they are tried again", e);
        }
    }

    /** One run that cannot be worked on keeps no other feed's from it. */
    private boolean isDone(LoadLedger.Open run) {
        try {
            return workAlone(run);
        } catch (RuntimeException | SQLException | Error e) {
            LOG.error("Load {} cannot be worked on now; it is tried again", run.id(), e);
            return false;
        }
    }

    /** Unless another process works on the run. The lock's connection is not used for anything else. True if the run is finished. */
    private boolean workAlone(LoadLedger.Open run) throws SQLException {
        if (isAnothers(run)) {
            return false;
        }
        try (Connection connection = parts.ledger().dataSource().getConnection(); RunLocks.Held held = locks.take(connection, run.id(), own())) {
            return held != null && (parts.ledger().unfinished().stream().noneMatch(open -> open.id() == run.id()) || load(run));
        }
    }

    private Set<Long> own() {
        synchronized (secrets) {
            return Set.copyOf(secrets.keySet());
        }
    }

    /**
     * What only the node has that was asked (a token, a file on its disk) is left to it, which may have another load to do first. If that node ends, it goes on with the run at its next start, as does any other at its own: who begins
     * later than a run was asked for, and than a node that has it ended, says what is missing.
     */
    private boolean isAnothers(LoadLedger.Open run) {
        Instant since = begun;
        return since != null && !own().contains(run.id()) && !FeedSource.isHere(run, parts.ledger().files(run.id())) && (locks.wasAnothers(run.id()) || parts.ledger().isAskedAfter(run.id(), since));
    }

    /** A run is there for the worker as soon as it is noted, and its secrets only after that: whoever asks for it now waits for both. */
    private Map<String, String> secretsOf(LoadLedger.Open run) {
        synchronized (secrets) {
            return secrets.getOrDefault(run.id(), Map.of());
        }
    }

    /** False if the run is not finished: it is gone on with later. */
    private boolean load(LoadLedger.Open run) {
        String failure = null;
        try {
            loadFiles(run);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false; // the next process goes on
        } catch (IOException | RuntimeException | Error e) {
            if (workers.isShutdown()) {
                return false;
            }
            if (DatabaseOutage.is(e)) {
                rest(run, Math.min(LONGEST_REST_SECONDS, 1L << Math.min(10, outages++)));
                return false;
            } else if (e instanceof LostBatchesException && losses++ < MOST_LOST) {
                rest(run, 1); // the database is there again, and what it lost is known
                return false;
            }
            failure = e instanceof LoadException || e instanceof SourceException || e instanceof MappingException ? e.getMessage() : unexpected(run, e);
        }
        outages = 0;
        losses = 0;
        parts.ledger().finished(run.id(), failure);
        progress.remove(run.id());
        secrets.remove(run.id());
        sources.forget(run.id());
        LOG.info("Load {} of {} {}", run.id(), run.feed(), failure == null ? "completed" : "failed");
        return true;
    }

    private static String unexpected(LoadLedger.Open run, Throwable e) {
        LOG.error("Load {} failed", run.id(), e);
        return "it stopped unexpectedly: " + e.getClass().getSimpleName() + "; the server's log has more. What was noted until then is kept: load again to go on";
    }

    /** The run stays open: it goes on from what is noted. */
    private void rest(LoadLedger.Open run, long seconds) {
        restsUntil = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        LOG.warn("Load {} of {} waits for the database, which is away, out of room or has lost batches; it is tried again in {} s", run.id(), run.feed(), seconds);
    }

    private void loadFiles(LoadLedger.Open run) throws IOException, InterruptedException {
        parts.ledger().started(run.id());
        Feed feed = Feeds.of(run.kind(), run.details());
        if (parts.ledger().files(run.id()).isEmpty()) {
            parts.ledger().addFiles(run.id(), sources.files(run, feed, secretsOf(run)));
        }
        RecordView view = parts.store().open(IntakeGrant.of(run.feed()));
        Map<String, LoadLedger.OpenFile> lastOfPart = new LinkedHashMap<>();
        Set<String> changed = new HashSet<>();
        for (LoadLedger.OpenFile file : parts.ledger().files(run.id())) {
            if (isSkipped(run, file)) {
                continue;
            }
            if (file.state().equals("waiting") || file.state().equals("loading")) {
                UnchangedFile unchanged = UnchangedFile.require(file);
                parts.ledger().fileState(file.id(), "loading", null);
                if (loadFile(run, feed.part(file.part()).orElseThrow(), feed, file, view)) {
                    changed.add(file.part());
                }
                unchanged.requireStill();
                parts.ledger().fileState(file.id(), "loaded", null);
            } else if (run.options().full() && bringsChanges(feed.part(file.part()).orElseThrow(), file)) {
                changed.add(file.part());
            }
            if (!file.state().equals("skipped")) {
                lastOfPart.put(file.part(), file);
            }
        }
        if (run.options().full()) {
            close(run, lastOfPart, changed, view);
        }
    }

    /** What a file says of itself, of one that was loaded before the process was started anew. */
    private static boolean bringsChanges(Feed.Part part, LoadLedger.OpenFile file) throws IOException {
        if (!file.state().equals("loaded")) {
            return false;
        }
        UnchangedFile.require(file);
        Inspection inspection = part.format().inspect(Path.of(file.path()));
        return inspection != null && inspection.change();
    }

    /** Duplicate control: the same file was the last that was loaded. */
    private boolean isSkipped(LoadLedger.Open run, LoadLedger.OpenFile file) {
        if (!file.state().equals("waiting") || run.options().again()) {
            return false;
        }
        Optional<Long> earlier = parts.ledger().loadedLast(run, file.id());
        earlier.ifPresent(same -> parts.ledger().fileState(file.id(), "skipped", "the same file was loaded by run " + same + " and nothing since; --again loads it nevertheless"));
        return earlier.isPresent();
    }

    /** True if the file says of itself that it brings changes, and not everything there is. */
    private boolean loadFile(LoadLedger.Open run, Feed.Part part, Feed feed, LoadLedger.OpenFile file, RecordView view) throws IOException, InterruptedException {
        Inspection inspection = part.format().inspect(Path.of(file.path()));
        if (inspection != null) {
            inspection = new Envelopes(parts.ledger()).receive(run.feed(), file.id(), inspection, run.options().again());
        }
        new FileLoad(parts, run, feed, part, file, view).run(inspection, sources.work(), workers, parallel, (name, read, bytes, lines) -> progress.put(run.id(), new Progress(name, read, bytes, lines)));
        return inspection != null && inspection.change();
    }

    private void close(LoadLedger.Open run, Map<String, LoadLedger.OpenFile> lastOfPart, Set<String> changed, RecordView view) {
        Closing closing = new Closing(parts.ledger(), run);
        lastOfPart.forEach((part, file) -> {
            if (changed.contains(part)) {
                parts.ledger().fileState(file.id(), file.state().equals("skipped") ? "skipped" : "loaded", "nothing is closed: the file says that it brings changes, and not everything there is");
            } else {
                closing.close(part, file, view);
            }
        });
    }

    /**
     * What came of reprocessing a quarantined record.
     *
     * @param resources what was written, as {@code Type/id}; empty if the record was rejected again
     * @param problems what there is to say about it
     */
    public record Reprocessed(List<String> resources, List<Problem> problems) {}

    /**
     * Takes a quarantined record again, as it is or corrected, by the feed's present mapping.
     *
     * @param corrected the record with its header or envelope, or null to take it as it came
     */
    public Reprocessed reprocess(Quarantine quarantine, long id, @Nullable String corrected, String by) {
        Quarantine.Entry entry = quarantine.find(id).orElseThrow(() -> new LoadException("there is no quarantined record " + id));
        if (entry.state() != Quarantine.State.OPEN) {
            throw new LoadException("the record is " + entry.state().name().toLowerCase(java.util.Locale.ROOT) + " already");
        }
        String raw = corrected == null ? java.util.Objects.requireNonNull(entry.raw()) : corrected;
        LoadLedger.Open run = new LoadLedger.Open(entry.run(), entry.feed(), entry.kind(), entry.fileName(), LoadOptions.DEFAULT, new LoadReports(parts.ledger()).presentDetails(entry));
        Feed feed = Feeds.of(run.kind(), run.details());
        Feed.Part part = feed.part(entry.part()).orElseThrow(() -> new LoadException("the feed has no part '" + entry.part() + "' any more"));
        LoadLedger.OpenFile file = parts.ledger().files(entry.run()).stream().filter(open -> open.id() == entry.file()).findFirst().orElseThrow();
        try {
            Path spooled = sources.copy(raw, part);
            oneAtATime.lock();
            try {
                return reprocess(quarantine, entry, new FileLoad(parts, run, feed, part, file, parts.store().open(IntakeGrant.of(run.feed()))), part.format(), spooled, corrected, by);
            } finally {
                oneAtATime.unlock();
                Files.delete(spooled);
            }
        } catch (IOException e) {
            throw new LoadException("the record cannot be read again: " + e.getMessage(), e);
        }
    }

    private static Reprocessed reprocess(
        Quarantine quarantine, Quarantine.Entry entry, FileLoad load, SourceFormat format, Path spooled, @Nullable String corrected, String by) throws IOException {
        List<SourceItem> read = new ArrayList<>();
        try (SourceFormat.Items items = format.open(spooled)) {
            for (SourceItem item = items.next(); item != null; item = items.next()) {
                read.add(new SourceItem(entry.line(), item.lines(), item.raw(), item.rows(), item.unreadable()));
            }
        } catch (SourceException e) {
            throw new LoadException(e.getMessage(), e);
        }
        List<FileLoad.Mapped> records = load.reprocess(read);
        List<Problem> problems = records.stream().flatMap(record -> record.problems().stream()).toList();
        if (records.isEmpty() || records.stream().anyMatch(FileLoad.Mapped::rejected)) {
            quarantine.stillRejected(entry.id(), BatchNotes.reasons(problems));
            return new Reprocessed(List.of(), problems);
        }
        List<ResourceKey> written = records.stream().flatMap(record -> record.bodies().stream()).map(FileLoad.Body::key).distinct().toList();
        quarantine.settle(entry.id(), Quarantine.State.RESOLVED, by, null, corrected == null ? null : corrected.getBytes(StandardCharsets.UTF_8));
        return new Reprocessed(written.stream().map(ResourceKey::toString).toList(), problems);
    }

    /** Stops after the batches under way; what is left is resumed by the next process. */
    @Override
    public void close() {
        begun = null;
        workers.shutdown(); // before the run that is worked on is interrupted: it tells by this that it goes on later, and has not failed
        dispatcher.shutdownNow();
        try {
            if (!workers.awaitTermination(20, TimeUnit.SECONDS)) {
                workers.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            workers.shutdownNow();
        }
        sources.work().close();
    }
}
