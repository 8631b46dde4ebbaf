package dev.portolan.bulkdata;

import dev.portolan.audit.DataCategory;
import dev.portolan.bulkdata.Export.File.Kind;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.Grant;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.ScanSink;
import dev.portolan.store.StoredResource;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Writes one part: a file for each type, further ones when one is full. Bytes go through as they come, unless elements are asked for or the policy has to look. */
final class PartWriter implements ScanSink, AutoCloseable {

    private static final int KEPT_AT_ONCE = 8;
    private static final long LOOK_EVERY_NANOS = 1_000_000_000L;

    private final OutputFiles files;
    private final Export export;
    private final Grant grant;
    private final ExportPolicy policy;
    private final Elements elements;
    private final AssociatedProvenance provenance;
    private final int part;
    private final int linesInFile;
    private final BooleanSupplier wanted;
    private final String attempt = UUID.randomUUID().toString().substring(0, 8);
    private final Map<Kind, Map<String, Open>> open = new EnumMap<>(Kind.class);
    private final List<Open> all = new ArrayList<>();
    private final WriteBehind behind;
    private Map<String, Instant> sinces = Map.of();
    private @Nullable String member;
    private @Nullable Instant since;
    private long looked = System.nanoTime();
    private long read;
    private long resources;

    /** The export ended while it was written. */
    static final class NotWantedException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /** A file under way. */
    private static final class Open {
        private final Kind kind;
        private final String type;
        private final String name;
        private final OutputFiles.Writing writing;
        private final OutputStream out;
        private final Set<String> members = new TreeSet<>();
        private final Set<DataCategory> categories = EnumSet.noneOf(DataCategory.class);
        private @Nullable String lastMember;
        private long lines;
        private long bytes;

        Open(Kind kind, String type, String name, OutputFiles.Writing writing) {
            this.kind = kind;
            this.type = type;
            this.name = name;
            this.writing = writing;
            this.out = writing.out();
        }

        void line(byte[] json, @Nullable String member) throws IOException {
            out.write(json);
            out.write('\n');
            if (kind == Kind.OUTPUT) {
                DataCategory.collect(type, json, categories);
            }
            lines++;
            bytes += json.length + 1L;
            if (member != null && !member.equals(lastMember)) {
                members.add(member);
                lastMember = member;
            }
        }
    }

    /** @param wanted asked about once a second: false ends the writing */
    PartWriter(OutputFiles files, Export export, Grant grant, ExportPolicy policy, Elements elements, int part, int linesInFile, BooleanSupplier wanted) {
        this.files = files;
        this.export = export;
        this.grant = grant;
        this.policy = policy;
        this.elements = elements;
        this.provenance = new AssociatedProvenance(export.order().provenance(), export.baseUrl());
        this.part = part;
        this.linesInFile = linesInFile;
        this.wanted = wanted;
        this.behind = new WriteBehind("export-" + export.id() + "-" + part);
    }

    @Override
    public void expect(Collection<String> patientIds) {
        // Who says since when wants just that: what was fetched after it may be lost to the client.
        sinces = export.order().since() == null ? policy.since(export.id(), patientIds, export.narrowed()) : Map.of();
    }

    @Override
    public boolean member(String patientId) throws IOException {
        look();
        member = patientId;
        since = sinces.get(patientId);
        return policy.releasable(grant, List.of(patientId)).contains(patientId);
    }

    /** What names no time is given: too much is better than a gap. */
    private static boolean isAfter(byte[] json, Instant since) {
        JsonValue meta = JsonDocument.parse(json).root().field("meta");
        String updated = meta == null ? null : meta.fieldText("lastUpdated");
        return updated == null || OffsetDateTime.parse(updated).toInstant().isAfter(since);
    }

    private void look() throws IOException {
        long now = System.nanoTime();
        if (now - looked > LOOK_EVERY_NANOS) {
            looked = now;
            if (!wanted.getAsBoolean()) {
                throw new NotWantedException();
            }
        }
    }

    @Override
    public void resource(String type, StoredResource.Content content) throws IOException {
        String whose = member;
        Instant after = since;
        behind.add(() -> write(type, content.json(), whose, after));
        if ((++read & 0xFFF) == 0) {
            look();
        }
    }

    @Override
    public void settle() throws IOException {
        behind.drain();
    }

    /** What may leave of a member's resource; null if nothing may. */
    private byte @Nullable [] released(String type, byte[] json, @Nullable Instant after) {
        if (after != null && !isAfter(json, after)) {
            return null;
        }
        return policy.looksAt(type) ? policy.release(grant, type, json) : json;
    }

    private void write(String type, byte[] json, @Nullable String whose, @Nullable Instant after) throws IOException {
        byte[] released = released(type, json, after);
        if (released == null || !chosen(type, released)) {
            return;
        }
        to(Kind.OUTPUT, type).line(elements.isEmpty() ? released : elements.of(type, released), whose);
        resources++;
    }

    private boolean chosen(String type, byte[] released) {
        if (export.order().provenance() == AssociatedProvenance.Wanted.UNASKED) {
            return true;
        }
        if (type.equals(AssociatedProvenance.TYPE)) {
            return provenance.wants(released);
        }
        provenance.given(type, released);
        return true;
    }

    /** Takes the Provenance resources before they are written, to know which of them are the latest. */
    ScanSink hearing() {
        return new ScanSink() {
            @Override
            public void expect(Collection<String> patientIds) {
                PartWriter.this.expect(patientIds);
            }

            @Override
            public boolean member(String patientId) throws IOException {
                return PartWriter.this.member(patientId);
            }

            @Override
            public void resource(String type, StoredResource.Content content) throws IOException {
                Instant after = since;
                behind.add(() -> {
                    byte[] released = released(type, content.json(), after);
                    if (released != null) {
                        provenance.heard(released);
                    }
                });
                look();
            }

            @Override
            public void settle() throws IOException {
                PartWriter.this.settle();
            }

            @Override
            public void deleted(ResourceKey key) {
                // told when they are written
            }
        };
    }

    @Override
    public void deleted(ResourceKey key) throws IOException {
        String bundle = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"request\":{\"method\":\"DELETE\",\"url\":\"" + key + "\"}}]}";
        String whose = member;
        behind.add(() -> to(Kind.DELETED, "Bundle").line(bundle.getBytes(StandardCharsets.UTF_8), whose));
    }

    /** A remark for the client: a line of the error file. */
    void remark(String text) throws IOException {
        String outcome = "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"warning\",\"code\":\"not-supported\",\"diagnostics\":" + Json.text(text) + "}]}";
        behind.add(() -> to(Kind.ERROR, "OperationOutcome").line(outcome.getBytes(StandardCharsets.UTF_8), null));
    }

    private Open to(Kind kind, String type) throws IOException {
        Map<String, Open> ofKind = open.computeIfAbsent(kind, any -> new HashMap<>());
        Open file = ofKind.get(type);
        if (file == null || file.lines == linesInFile) {
            String label = kind == Kind.OUTPUT ? type : kind == Kind.DELETED ? "deleted" : "errors";
            String name = label + "-" + part + "-" + all.size() + "-" + attempt + ".ndjson";
            file = new Open(kind, type, name, files.write(export.id(), name));
            all.add(file);
            ofKind.put(type, file);
        }
        return file;
    }

    /** From now on lines are nobody's. */
    void ofNobody() {
        member = null;
        since = null;
    }

    /** How many were written, once they are {@link #keep kept}. */
    long resources() {
        return resources;
    }

    /** Ends all files, durably; several at once, since each waits for the disk and not for the processor. */
    List<Export.File> keep() throws IOException {
        behind.finish();
        List<Callable<Export.File>> endings = new ArrayList<>();
        for (Open file : all) {
            endings.add(() -> {
                file.writing.keep();
                return new Export.File(part, file.name, file.kind, file.type, file.lines, file.bytes, List.copyOf(file.members),
                    file.categories.stream().map(DataCategory::code).toList());
            });
        }
        ExecutorService together = Executors.newFixedThreadPool(Math.max(1, Math.min(KEPT_AT_ONCE, endings.size())));
        try {
            List<Export.File> kept = new ArrayList<>();
            for (Future<Export.File> ending : together.invokeAll(endings)) {
                kept.add(ending.get());
            }
            all.clear();
            files.settle(export.id());
            return List.copyOf(kept);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException("a file could not be kept", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while files were kept");
        } finally {
            together.shutdown();
        }
    }

    /** What was not kept goes. */
    @Override
    public void close() throws IOException {
        try {
            behind.close();
        } finally {
            for (Open file : all) {
                file.writing.discard();
            }
        }
    }
}
