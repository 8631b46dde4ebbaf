package dev.portolan.bulkdata;

import dev.portolan.jobs.JobKind;
import dev.portolan.store.Grant;
import dev.portolan.store.RecordScan;
import dev.portolan.store.RecordView;
import dev.portolan.store.ScanRange;
import dev.portolan.store.ScanSink;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does an export: settles its instant, cuts it into parts, does them one after the other, and gives the files out. It may end anywhere; the next run goes on with the parts that are not done, and the
 * files of a part that was not finished are deleted.
 */
final class ExportWork implements JobKind.Work {

    private static final Logger LOG = LoggerFactory.getLogger(ExportWork.class);
    private static final Duration TURN = Duration.ofSeconds(2);
    private static final Duration SOON = Duration.ZERO;
    private static final JobKind.Next DONE = new JobKind.Next.Done();

    private final ExportServices services;
    private final ExportRows rows;
    private final TypeFilters filters;
    private final Map<String, ExportPolicy> policies;
    private final Written total;
    /** Files that were seen to be there, or written here, of exports under way: an object store is asked once for each. */
    private final Map<String, Set<String>> there = new ConcurrentHashMap<>();

    ExportWork(ExportServices services, ExportRows rows, TypeFilters filters, Map<String, ExportPolicy> policies, Written total) {
        this.services = services;
        this.rows = rows;
        this.filters = filters;
        this.policies = policies;
        this.total = total;
    }

    /**
     * The right as it is at this moment, and what it reaches.
     *
     * @param provenance reads the Provenance resources if they are chosen by what else is given; then {@code scan} leaves them out
     */
    private record Standing(Grant grant, RecordScan scan, @Nullable RecordScan provenance) {}

    @Override
    public JobKind.Next run(String id, JobKind.Running running) throws Exception {
        JobKind.Next next = turn(id, running);
        if (next instanceof JobKind.Next.Done) {
            there.remove(id);
        }
        return next;
    }

    private JobKind.Next turn(String id, JobKind.Running running) throws Exception {
        Export export = rows.find(id).orElse(null);
        if (export == null) {
            return gone(id);
        }
        if (export.ended()) {
            return DONE;
        }
        ExportPolicy policy = policies.get(export.caller().base());
        if (policy == null) {
            return fail(id, "this server no longer offers exports at this base");
        }
        String runner = UUID.randomUUID().toString();
        if (!rows.begin(export, services.settings().runningPerApp(), runner)) {
            return new JobKind.Next.Again(TURN);
        }
        if (export.transactionTime() == null) {
            if (standing(export, Instant.EPOCH).isEmpty()) {
                return fail(id, "the app has no right to it any more");
            }
            Instant instant = services.records().settle(services.settings().settleWait());
            rows.plan(id, runner, instant, standing(export, instant).map(it -> it.scan().ranges(services.settings().membersInPart())).orElse(List.of()));
            export = rows.find(id).orElse(null);
            if (export == null || export.transactionTime() == null) {
                return DONE;
            }
        }
        return parts(export, runner, policy, running);
    }

    private JobKind.Next parts(Export export, String runner, ExportPolicy policy, JobKind.Running running) throws IOException {
        String id = export.id();
        services.files().deleteAllBut(id, names(rows.files(id)));
        doLostAgain(id, runner);
        for (;;) {
            if (!rows.runs(id, runner)) {
                return left(id);
            }
            Optional<Standing> standing = standing(export, export.transactionTime());
            if (standing.isEmpty()) {
                services.files().deleteAllBut(id, Set.of());
                return fail(id, "the app has no right to it any more");
            }
            Optional<Export.Part> part = rows.nextPart(id);
            if (part.isEmpty()) {
                if (completes(export, runner, standing.get(), policy)) {
                    return DONE;
                }
                continue;
            }
            if (running.stopping()) {
                return new JobKind.Next.Again(SOON);
            }
            try {
                write(export, runner, policy, standing.get(), part.get(), running);
                if (running.othersWait()) {
                    return new JobKind.Next.Again(SOON);
                }
            } catch (PartWriter.NotWantedException e) {
                return rows.runs(id, runner) ? new JobKind.Next.Again(SOON) : left(id);
            } catch (IOException e) {
                if (!rows.runs(id, runner)) {
                    return left(id); // its files were deleted while they were written
                }
                throw e;
            }
        }
    }

    /** Parts whose files are not here: the node that did them has a folder of its own, or the folder was lost. A manifest would name files that nobody can have. */
    private void doLostAgain(String id, String runner) throws IOException {
        Set<String> seen = there.computeIfAbsent(id, any -> ConcurrentHashMap.newKeySet());
        Set<Integer> lost = new TreeSet<>();
        for (Export.File file : rows.files(id)) {
            if (!seen.contains(file.name()) && !services.files().has(id, file.name())) {
                lost.add(file.part());
            } else {
                seen.add(file.name());
            }
        }
        if (!lost.isEmpty()) {
            LOG.error("files of export {} cannot be had from this node, and {} of its parts are done again: nodes on one database need a folder that they share (PORTOLAN_BULK_DATA_FOLDER), or an object store", id, lost.size());
            services.files().delete(id, rows.again(id, runner, lost));
        }
    }

    /** Gives the files out, unless they hold somebody who may not be given any more: then false, and those parts are to be done again. */
    private boolean completes(Export export, String runner, Standing standing, ExportPolicy policy) throws IOException {
        Set<Integer> withdrawn = withdrawn(export.id(), standing, policy);
        if (!withdrawn.isEmpty()) {
            services.files().delete(export.id(), rows.again(export.id(), runner, withdrawn));
            return false;
        }
        completed(export, policy);
        rows.end(export.id(), runner, Export.State.COMPLETE, null, services.settings().kept());
        return true;
    }

    /** Before it is noted as complete: told twice after a crash rather than not at all. */
    private void completed(Export export, ExportPolicy policy) {
        Set<String> members = new TreeSet<>();
        for (int part = rows.parts(export.id()); part > 0; part--) {
            members.addAll(rows.members(export.id(), part));
        }
        Instant until = export.order().until();
        Instant settled = java.util.Objects.requireNonNull(export.transactionTime());
        // What changed at _until itself is not in it: it ends with the millisecond before.
        policy.completed(export.id(), members, new ExportPolicy.Given(export.order().since(), until == null || until.isAfter(settled) ? settled : until.minusMillis(1), export.order().types(), export.order().filters(),
            export.narrowed()));
    }

    private static Set<String> names(List<Export.File> files) {
        return files.stream().map(Export.File::name).collect(Collectors.toSet());
    }

    /** It was deleted, or another run has it: one that lost its lease finds it under way elsewhere, or ended with files that are to stay. */
    private JobKind.Next left(String id) throws IOException {
        return rows.find(id).isEmpty() ? gone(id) : DONE;
    }

    private JobKind.Next gone(String id) throws IOException {
        services.files().deleteAllBut(id, Set.of());
        return DONE;
    }

    private Optional<Standing> standing(Export export, Instant asOf) {
        return services.authority().renew(export.caller()).map(grant -> {
            RecordView view = services.records().records().open(grant);
            Set<String> bases = Set.of(export.baseUrl());
            if (export.order().provenance() == AssociatedProvenance.Wanted.UNASKED) {
                return new Standing(grant, view.scan(ScanRequests.of(export, filters, bases, asOf)), null);
            }
            Set<String> others = new TreeSet<>(export.order().types());
            others.remove(AssociatedProvenance.TYPE);
            return new Standing(grant, view.scan(ScanRequests.of(export, others, filters, bases, asOf)), view.scan(ScanRequests.of(export, Set.of(AssociatedProvenance.TYPE), filters, bases, asOf)));
        });
    }

    /** Reads a part's resources. */
    private interface Reader {
        byte @Nullable [] read(RecordScan scan, ScanSink sink) throws IOException;
    }

    /** What is chosen by what else is given is read after it, and the latest can be told when all were heard of. */
    private static byte @Nullable [] read(Standing standing, Export export, PartWriter writer, Reader reader) throws IOException {
        byte[] referenced = reader.read(standing.scan(), writer);
        if (standing.provenance() != null) {
            if (export.order().provenance() == AssociatedProvenance.Wanted.LATEST) {
                reader.read(standing.provenance(), writer.hearing());
            }
            reader.read(standing.provenance(), writer);
        }
        return referenced;
    }

    private void write(Export export, String runner, ExportPolicy policy, Standing standing, Export.Part part, JobKind.Running running) throws IOException {
        Elements elements = new Elements(services.elements(), export.order().elements());
        String id = export.id();
        long began = System.nanoTime();
        try (PartWriter writer = new PartWriter(services.files(), export, standing.grant(), policy, elements, part.number(), services.settings().linesInFile(),
            () -> !running.stopping() && rows.runs(id, runner))) {
            byte[] referenced = null;
            if (part.number() == Export.Part.SHARED) {
                writer.ofNobody();
                List<byte[]> all = rows.referenced(id);
                read(standing, export, writer, (scan, sink) -> {
                    scan.readShared(all, sink);
                    return null;
                });
                for (String remark : export.order().ignored()) {
                    writer.remark(remark);
                }
            } else {
                ScanRange range = new ScanRange(part.after(), part.upTo(), part.members());
                referenced = read(standing, export, writer, (scan, sink) -> scan.read(range, sink));
            }
            long readAt = System.nanoTime();
            List<Export.File> written = writer.keep();
            LOG.debug("part {} of export {}: {} resources read in {} ms, kept {} ms later", part.number(), id, writer.resources(), (readAt - began) / 1_000_000, (System.nanoTime() - readAt) / 1_000_000);
            total.add(written, System.nanoTime() - began);
            if (rows.done(id, runner, part.number(), referenced, writer.resources(), written)) {
                there.computeIfAbsent(id, any -> ConcurrentHashMap.newKeySet()).addAll(names(written));
            } else {
                services.files().delete(id, names(written)); // another run has the export, or it is gone; what others wrote is theirs
            }
        }
    }

    /** Parts with lines of members who may not be given out any more. */
    private Set<Integer> withdrawn(String id, Standing standing, ExportPolicy policy) {
        Set<Integer> parts = new TreeSet<>();
        for (int part = rows.parts(id); part > 0; part--) {
            Set<String> members = rows.members(id, part);
            if (!members.isEmpty()) {
                Set<String> staying = new HashSet<>(standing.scan().reached(members));
                staying.retainAll(policy.releasable(standing.grant(), members));
                if (!staying.containsAll(members)) {
                    parts.add(part);
                }
            }
        }
        return parts;
    }

    private JobKind.Next fail(String id, String why) {
        rows.end(id, null, Export.State.FAILED, why, services.settings().kept());
        return DONE;
    }

    @Override
    public void gaveUp(String id, Throwable cause) {
        there.remove(id);
        LOG.error("export {} was given up after a {}", id, cause.getClass().getName());
        rows.end(id, null, Export.State.FAILED, "an unexpected error, several times; tell the operator the export's id " + id, services.settings().kept());
        try {
            services.files().deleteAllBut(id, Set.of()); // nobody gets them
        } catch (IOException e) {
            LOG.error("the files of export {} could not be deleted ({}); they go with it when its time is over", id, e.getClass().getName());
        }
    }
}
