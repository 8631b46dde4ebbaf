package dev.portolan.intake.load;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonEdit;
import dev.portolan.fhir.json.JsonSyntaxException;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.intake.mapping.MappedResource;
import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.mapping.Problem;
import dev.portolan.intake.source.Inspection;
import dev.portolan.intake.source.SourceFormat;
import dev.portolan.intake.source.SourceItem;
import dev.portolan.intake.source.WorkFolder;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.StoredResource;
import dev.portolan.store.WriteTransaction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Loads one file. One thread reads and makes batches, which a few others map, write and note. How much is in memory depends on the size of a batch and the number of workers, and not on the file.
 */
final class FileLoad {

    /** Resources that are only written if there are none yet, and are known to be there. */
    private static final int MOST_KNOWN = 100_000;
    /** What batches of a mapper that needs its records in order all write. */
    private static final ResourceKey IN_ORDER = new ResourceKey("Basic", "in-order");

    private final LoadParts parts;
    private final LoadLedger.Open run;
    private final Feed feed;
    private final Feed.Part part;
    private final LoadLedger.OpenFile file;
    private final RecordView view;
    private final StoredReferences references;
    private final Provenances provenances;
    private final ValidationStage validation;
    private final WriteOrder order = new WriteOrder();
    private final RawRecords raw = new RawRecords();
    private final Set<ResourceKey> known = ConcurrentHashMap.newKeySet();
    private final AtomicLong lines = new AtomicLong();
    private final AtomicReference<News> news = new AtomicReference<>(News.UNKNOWN);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    FileLoad(LoadParts parts, LoadLedger.Open run, Feed feed, Feed.Part part, LoadLedger.OpenFile file, RecordView view) {
        this.parts = parts;
        this.run = run;
        this.feed = feed;
        this.part = part;
        this.file = file;
        this.view = view;
        this.references = new StoredReferences(view, parts.parser(), feed.provenance() ? source(run, part) : "");
        this.provenances = new Provenances(feed, run.feed(), part, file);
        this.validation = new ValidationStage(parts.validator(), parts.terminology(), run.options().validation());
    }

    /** Whether everything in the file so far was new. */
    private enum News {
        UNKNOWN,
        ONLY,
        NOT_ONLY
    }

    /** Reads to the end. Throws what stopped a batch; what was noted until then stays. */
    void run(@Nullable Inspection inspection, WorkFolder work, ExecutorService workers, int parallel, LoadProgress progress) throws IOException, InterruptedException {
        int most = parallel + 1; // one waits, so that no worker does; more would only be memory
        Semaphore seats = new Semaphore(most);
        long ticket = 0;
        FileBatches batches;
        try (SourceFormat.Items items = part.format().open(Path.of(file.path()), inspection, work)) {
            UnreadColumns.note(feed, items.columns()).ifPresent(note -> parts.ledger().fileState(file.id(), "loading", note));
            batches = new FileBatches(items, part.mapper(), file.name(), parts.ledger().written(file.id()));
            for (FileBatches.Batch batch = batches.next(); batch != null && failure.get() == null; batch = batches.next()) {
                if (batches.isNoted(batch)) {
                    lines.addAndGet(batch.lines());
                    continue;
                }
                seats.acquire();
                begin(batch, ticket++, workers, seats);
                progress.at(file.name(), items.position(), file.bytes(), lines.get());
            }
            seats.acquire(most);
            seats.release(most);
            progress.at(file.name(), file.bytes(), file.bytes(), lines.get());
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            seats.acquireUninterruptibly(most); // what is under way ends with this load: a batch of it may not come after the next load's
            throw e;
        }
        Throwable stopped = failure.get();
        if (stopped instanceof RuntimeException e) {
            throw e;
        }
        if (stopped != null) {
            throw new LoadException("a batch of " + file.name() + " failed: " + stopped, stopped);
        }
        requireAll(batches.count());
    }

    private void begin(FileBatches.Batch batch, long ticket, ExecutorService workers, Semaphore seats) {
        try {
            workers.execute(() -> {
                try {
                    process(batch, ticket);
                    lines.addAndGet(batch.lines());
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                    order.abandon();
                } finally {
                    seats.release();
                }
            });
        } catch (RejectedExecutionException | Error e) {
            seats.release(); // the process ends, or has no thread to give
            throw e;
        }
    }

    /** Batches do not wait for the disk, so a database that was restarted meanwhile has lost the last of those before, and whoever was not talking to it just then has not noticed. */
    private void requireAll(int batches) {
        long noted = parts.ledger().settled(file.id());
        if (noted < batches) {
            throw new LostBatchesException("the database has " + noted + " of the " + batches + " batches of " + file.name() + ": it was restarted meanwhile, again and again. Load the file again; what is there already stays as it is");
        }
        if (noted > batches) {
            throw new LoadException("the database has " + noted + " of the " + batches + " batches of " + file.name() + ": it has changed meanwhile. Load the file again; what is there already stays as it is");
        }
    }

    /** A record on its way: what it became, or why it did not. */
    record Mapped(SourceItem item, List<Body> bodies, List<Problem> problems) {

        boolean rejected() {
            for (int i = 0; i < problems.size(); i++) { // asked of each record again and again, which mostly has none
                if (problems.get(i).reject()) {
                    return true;
                }
            }
            return false;
        }
    }

    record Body(ResourceKey key, JsonDocument json, boolean onlyIfAbsent) {}

    private void process(FileBatches.Batch batch, long ticket) throws InterruptedException {
        if (part.mapper() instanceof InOrderMapper mapper) {
            processInOrder(batch, ticket, mapper);
            return;
        }
        List<Mapped> mapped = new OtherPersons(run.feed(), view).refused(parts.ledger(), batch.items().stream().map(this::map).toList());
        Set<ResourceKey> keys = new LinkedHashSet<>();
        mapped.stream().filter(record -> !record.rejected()).flatMap(record -> record.bodies().stream()).filter(body -> !body.onlyIfAbsent()).forEach(body -> keys.add(body.key()));
        inTurn(ticket, keys, () -> {
            Written written = write(mapped);
            ValidationStage.Findings findings = validation.check(written.resources());
            List<Mapped> told = new SameResource(run.feed(), part.name(), file.id()).told(parts.ledger(), mapped, written.resources());
            parts.ledger().note(run.feed(), part.name(), file.id(), result(batch, told, written, findings));
        });
    }

    /** What failed is known before whoever waits for this batch hears that it did. */
    private void inTurn(long ticket, Set<ResourceKey> keys, Runnable work) throws InterruptedException {
        WriteOrder.Turn turn = order.enter(ticket, keys);
        try {
            work.run();
            turn.leave();
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
            turn.fail();
            throw e;
        }
    }

    /**
     * Each batch waits for the one before. What the mapper keeps and the note that the batch is through are one transaction, so that a batch that is done again finds nothing of itself; an origin that stands
     * there already, for whatever reason, may not end it.
     */
    private void processInOrder(FileBatches.Batch batch, long ticket, InOrderMapper mapper) throws InterruptedException {
        inTurn(ticket, Set.of(IN_ORDER), () -> parts.ledger().inTransaction(connection -> {
            List<Mapped> mapped = mapInOrder(batch.items(), mapper, connection);
            Written written = write(mapped);
            new BatchNotes(run.feed(), part.name(), file.id()).write(connection, result(batch, mapped, written, validation.check(written.resources())).withoutNews());
            return null;
        }));
    }

    private List<Mapped> mapInOrder(List<SourceItem> items, InOrderMapper mapper, Connection connection) throws SQLException {
        LoadLedger.alone(connection, run.feed()); // another node may load another file of the same feed
        EarlierRecords earlier = new EarlierRecords(connection, references, run.feed(), file.id());
        List<Mapped> records = new ArrayList<>();
        InOrderMapper.Batch batch = mapper.begin(items.stream().filter(item -> item.unreadable() == null).toList(), earlier);
        for (SourceItem item : items) {
            Mapped record = item.unreadable() == null ? made(item, batch.map(item)) : unreadable(item, item.unreadable());
            if (item.unreadable() == null) {
                batch.settle(record.rejected());
            }
            if (!record.rejected()) {
                record.bodies().forEach(earlier::add);
            }
            records.add(record);
        }
        batch.end();
        return records;
    }

    private Mapped map(SourceItem item) {
        return item.unreadable() == null ? made(item, part.mapper().map(item, references)) : unreadable(item, item.unreadable());
    }

    private static Mapped unreadable(SourceItem item, Problem problem) {
        return new Mapped(item, List.of(), List.of(problem));
    }

    private Mapped made(SourceItem item, Mapping.Outcome outcome) {
        List<Problem> problems = new ArrayList<>(outcome.problems());
        List<Body> bodies = new ArrayList<>();
        for (MappedResource resource : outcome.resources()) {
            try {
                JsonDocument json = sourced(resource.document() == null ? JsonDocument.parse(resource.json()) : resource.document());
                for (Issue issue : parts.structure().check(json)) {
                    if (issue.severity().invalid()) {
                        problems.add(new Problem(true, "invalid-structure", issue.expression(), item.line(), issue.message()));
                    }
                }
                bodies.add(new Body(new ResourceKey(resource.type(), resource.id()), json, resource.onlyIfAbsent()));
            } catch (JsonSyntaxException e) {
                problems.add(new Problem(true, "invalid-structure", resource.type(), item.line(), "what the mapping made is no JSON: " + e.getMessage()));
            }
        }
        return new Mapped(item, bodies, problems);
    }

    /** Says in {@code meta.source} which feed a resource comes from, unless it says so itself. File and line are not in it: they change with each delivery, and the resource would with them. */
    private JsonDocument sourced(JsonDocument json) {
        JsonValue meta = json.root().field("meta");
        if (!feed.provenance() || meta != null && meta.field("source") != null) {
            return json;
        }
        String source = "\"source\":\"" + source(run, part) + '"';
        if (meta != null && meta.firstChild() != null) {
            return json.with(List.of(new JsonEdit(meta.start() + 1, meta.start() + 1, (source + ',').getBytes(StandardCharsets.UTF_8))));
        }
        int end = json.root().end() - 1;
        return json.with(List.of(new JsonEdit(end, end, (",\"meta\":{" + source + '}').getBytes(StandardCharsets.UTF_8))));
    }

    private static String source(LoadLedger.Open run, Feed.Part part) {
        return "urn:portolan:feed:" + run.feed() + ':' + part.name();
    }

    record Written(int created, int updated, int unchanged, List<StoredResource> resources) {}

    private Written write(List<Mapped> records) {
        AtomicBoolean isFirst = new AtomicBoolean(true);
        Written written = view.writeRepeatable(transaction -> {
            boolean allNew = isFirst.getAndSet(false) && news.get() == News.ONLY;
            Map<ResourceKey, Body> last = new LinkedHashMap<>(); // of two records with one key in a batch the later counts
            records.stream().filter(record -> !record.rejected()).flatMap(record -> record.bodies().stream()).filter(body -> !body.onlyIfAbsent()).forEach(body -> last.put(body.key(), body));
            Set<ResourceKey> inPassing = new LinkedHashSet<>();
            records.stream().filter(record -> !record.rejected()).flatMap(record -> record.bodies().stream()).filter(Body::onlyIfAbsent).map(Body::key)
                .filter(key -> !known.contains(key) && !last.containsKey(key)) // what this batch writes anyway is not absent, whichever of its records comes first
                .forEach(inPassing::add);
            Map<ResourceKey, ReadResult> present = lock(transaction, last.keySet(), inPassing, allNew);
            Outcome outcome = new Outcome(new int[3], new ArrayList<>(), new LinkedHashMap<>());
            for (Mapped record : records) {
                if (!record.rejected()) {
                    putRecord(transaction, record, last, inPassing, present, outcome);
                }
            }
            lock(transaction, outcome.provenances().keySet(), Set.of(), allNew); // in one question, not one for each
            outcome.provenances().forEach((key, body) -> transaction.put(key, body.json()));
            return new Written(outcome.counts()[0], outcome.counts()[1], outcome.counts()[2], outcome.changed());
        });
        if (written.updated() + written.unchanged() > 0) {
            news.set(News.NOT_ONLY);
        } else if (written.created() > 0) {
            news.compareAndSet(News.UNKNOWN, News.ONLY);
        }
        return written;
    }

    /** Of a first load nothing is there, and need not be asked for. */
    private static Map<ResourceKey, ReadResult> lock(WriteTransaction transaction, Set<ResourceKey> written, Set<ResourceKey> inPassing, boolean allNew) {
        if (allNew) {
            transaction.expectNew(written);
            return transaction.lock(inPassing);
        }
        Set<ResourceKey> all = new LinkedHashSet<>(written);
        all.addAll(inPassing);
        return transaction.lock(all);
    }

    /** What comes of writing a batch, as far as it is. Of records that have one Provenance the last one's stays. */
    private record Outcome(int[] counts, List<StoredResource> changed, Map<ResourceKey, Body> provenances) {}

    private void putRecord(WriteTransaction transaction, Mapped record, Map<ResourceKey, Body> last, Set<ResourceKey> inPassing, Map<ResourceKey, ReadResult> present, Outcome outcome) {
        List<ResourceKey> made = new ArrayList<>();
        boolean anyChanged = false;
        for (Body body : record.bodies()) {
            boolean skip = body.onlyIfAbsent() ? !inPassing.remove(body.key()) || present.get(body.key()) instanceof ReadResult.Found : last.get(body.key()) != body;
            if (skip) {
                continue;
            }
            WriteTransaction.Written written = transaction.put(body.key(), feed.provenance() ? Restrictions.kept(body.json(), present.get(body.key())) : body.json());
            switch (written.outcome()) {
                case CREATED -> outcome.counts()[0]++;
                case UPDATED -> outcome.counts()[1]++;
                default -> outcome.counts()[2]++;
            }
            boolean isChanged = written.outcome() != WriteTransaction.Written.Outcome.UNCHANGED;
            anyChanged |= isChanged;
            if (isChanged) {
                outcome.changed().add(written.resource());
            }
            made.add(body.key());
        }
        if (anyChanged) {
            provenances.of(record.item(), made).ifPresent(body -> outcome.provenances().put(body.key(), body));
        }
    }

    /** Maps records that were quarantined. If none is rejected again they are written, in one transaction, and noted where they came from. */
    List<Mapped> reprocess(List<SourceItem> items) {
        return parts.ledger().inTransaction(connection -> {
            List<Mapped> records = part.mapper() instanceof InOrderMapper mapper ? mapInOrder(items, mapper, connection)
                : new SameResource(run.feed(), part.name(), file.id()).withoutOutdated(connection, items.stream().map(this::map).toList(), part.format().isGrouped());
            if (records.isEmpty() || records.stream().anyMatch(Mapped::rejected)) {
                connection.rollback();
                return records;
            }
            write(records);
            noteOrigins(connection, records);
            return records;
        });
    }

    private void noteOrigins(Connection connection, List<Mapped> records) throws SQLException {
        List<BatchResult.Origin> origins = records.stream().flatMap(record -> record.bodies().stream().filter(body -> !body.onlyIfAbsent())
            .map(body -> new BatchResult.Origin(body.key().type(), body.key().id(), record.item().line(), false))).toList();
        new BatchNotes(run.feed(), part.name(), file.id()).insertOrigins(connection, origins);
    }

    private BatchResult result(FileBatches.Batch batch, List<Mapped> records, Written written, ValidationStage.Findings findings) {
        int all = 0;
        int mapped = 0;
        int merged = 0;
        int rejected = 0;
        int warned = 0;
        List<Problem> problems = new ArrayList<>();
        List<BatchResult.Rejected> quarantined = new ArrayList<>();
        List<BatchResult.Origin> origins = new ArrayList<>();
        Set<ResourceKey> fresh = new HashSet<>();
        written.resources().stream().filter(resource -> resource.version() == 1).forEach(resource -> fresh.add(resource.key()));
        for (Mapped record : records) {
            SourceItem item = record.item();
            all += item.lines();
            problems.addAll(record.problems());
            if (record.rejected()) {
                rejected += item.lines();
                quarantined.add(new BatchResult.Rejected(item.line(), item.lines(), item.raw(), record.problems()));
                continue;
            }
            mapped++;
            merged += item.lines() - 1;
            warned += record.problems().isEmpty() ? 0 : 1;
            for (Body body : record.bodies()) {
                if (body.onlyIfAbsent() && known.size() < MOST_KNOWN) {
                    known.add(body.key());
                } else if (!body.onlyIfAbsent()) {
                    origins.add(new BatchResult.Origin(body.key().type(), body.key().id(), item.line(), fresh.contains(body.key())));
                }
            }
        }
        List<SourceItem> items = batch.items();
        LoadLedger.Stretch lines = LoadLedger.Stretch.of(items);
        BatchResult.Counts counts = new BatchResult.Counts(lines.first(), lines.last(), all, mapped, merged, rejected, warned, written.created(), written.updated(), written.unchanged());
        return new BatchResult(batch.number(), counts, raw.pack(items), problems, quarantined, origins, findings.counts(), findings.findings());
    }
}
