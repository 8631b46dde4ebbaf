package dev.portolan.provideraccess;

import dev.portolan.store.EverythingRequest;
import dev.portolan.store.Grant;
import dev.portolan.store.HistoryPage;
import dev.portolan.store.HistoryRequest;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordScan;
import dev.portolan.store.RecordStore;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.ScanRequest;
import dev.portolan.store.SearchPage;
import dev.portolan.store.SearchRequest;
import dev.portolan.store.StoredResource;
import dev.portolan.store.Withheld;
import dev.portolan.store.WriteTransaction;
import java.util.Collection;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The records without what a provider does not get: whatever a view gives out has gone through the redaction. Nothing is written through it. */
final class RedactedRecords implements RecordStore {

    private final RecordStore records;
    private final FinancialRedaction redaction;

    RedactedRecords(RecordStore records, FinancialRedaction redaction) {
        this.records = records;
        this.redaction = redaction;
    }

    @Override
    public RecordView open(Grant grant) {
        return new View(records.open(grant));
    }

    private final class View implements RecordView {

        private final RecordView whole;

        View(RecordView whole) {
            this.whole = whole;
        }

        private StoredResource redacted(StoredResource resource) {
            String type = resource.key().type();
            if (resource.deleted()) {
                return resource;
            }
            StoredResource.Content content = resource.content();
            return new StoredResource(resource.key(), resource.version(), resource.lastUpdated(), resource.change(), resource.home(), new StoredResource.Content() {
                @Override
                public byte[] json() {
                    return redaction.of(type, content.json());
                }

                @Override
                public int size() {
                    return content.size();
                }
            });
        }

        private ReadResult redacted(ReadResult result) {
            return result instanceof ReadResult.Found found ? new ReadResult.Found(redacted(found.resource())) : result;
        }

        private SearchPage redacted(SearchPage page) {
            return new SearchPage(page.entries().stream().map(entry -> new SearchPage.Entry(redacted(entry.resource()), entry.mode())).toList(), page.next(), page.total(), page.withheld());
        }

        @Override
        public Grant grant() {
            return whole.grant();
        }

        @Override
        public Set<String> patientIds(Collection<StoredResource.Home> homes) {
            return whole.patientIds(homes);
        }

        @Override
        public Withheld withheld() {
            return whole.withheld();
        }

        @Override
        public ReadResult read(ResourceKey key) {
            return redacted(whole.read(key));
        }

        @Override
        public ReadResult readVersion(ResourceKey key, long version) {
            return redacted(whole.readVersion(key, version));
        }

        @Override
        public SearchPage search(SearchRequest request) {
            return redacted(whole.search(request));
        }

        @Override
        public HistoryPage history(HistoryRequest request) {
            HistoryPage page = whole.history(request);
            return new HistoryPage(page.versions().stream().map(this::redacted).toList(), page.next(), page.total());
        }

        @Override
        public SearchPage everything(EverythingRequest request) {
            return redacted(whole.everything(request));
        }

        @Override
        public RecordScan scan(ScanRequest request) {
            return new RedactedScan(whole.scan(request), redaction);
        }

        @Override
        public <T, R> R write(Function<WriteTransaction, T> work, BiFunction<WriteTransaction, T, R> beforeCommit) {
            throw nothingIsWritten();
        }

        @Override
        public <T> T writeRepeatable(Function<WriteTransaction, T> work) {
            throw nothingIsWritten();
        }

        private static IllegalStateException nothingIsWritten() {
            return new IllegalStateException("nothing is written through the base of providers");
        }
    }
}
