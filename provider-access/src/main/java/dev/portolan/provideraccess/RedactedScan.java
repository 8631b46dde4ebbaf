package dev.portolan.provideraccess;

import dev.portolan.store.RecordScan;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.ScanRange;
import dev.portolan.store.ScanSink;
import dev.portolan.store.StoredResource;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** A scan that gives what has gone through the redaction. */
final class RedactedScan implements RecordScan {

    private final RecordScan whole;
    private final FinancialRedaction redaction;

    RedactedScan(RecordScan whole, FinancialRedaction redaction) {
        this.whole = whole;
        this.redaction = redaction;
    }

    private ScanSink redacted(ScanSink sink) {
        return new ScanSink() {
            @Override
            public void expect(Collection<String> patientIds) throws IOException {
                sink.expect(patientIds);
            }

            @Override
            public boolean member(String patientId) throws IOException {
                return sink.member(patientId);
            }

            @Override
            public void resource(String type, StoredResource.Content content) throws IOException {
                sink.resource(type, () -> redaction.of(type, content.json()));
            }

            @Override
            public void settle() throws IOException {
                sink.settle();
            }

            @Override
            public void deleted(ResourceKey key) throws IOException {
                sink.deleted(key);
            }
        };
    }

    @Override
    public void check() {
        whole.check();
    }

    @Override
    public List<ScanRange> ranges(int membersInEach) {
        return whole.ranges(membersInEach);
    }

    @Override
    public byte[] read(ScanRange range, ScanSink sink) throws IOException {
        return whole.read(range, redacted(sink));
    }

    @Override
    public void readShared(Collection<byte[]> referenced, ScanSink sink) throws IOException {
        whole.readShared(referenced, redacted(sink));
    }

    @Override
    public Set<String> reached(Collection<String> patientIds) {
        return whole.reached(patientIds);
    }
}
