package dev.portolan.members;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordStore;
import dev.portolan.store.RecordView;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.SearchPage;
import dev.portolan.store.SearchRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** What this room itself looks up of every member: Patients, Coverages, and who treats them, to tell who is meant. Who asks, and that it is told, is the asker's to see to. */
public final class MemberRecords {

    private static final int ON_A_PAGE = 500;
    /** Of this room alone. */
    static final Grant LOOKUP = new Grant("members", "portolan", null, Purpose.OPERATIONS, new Grant.Members.Everyone(),
        Map.of("Patient", reading(), "Coverage", reading(), "Practitioner", reading(), "PractitionerRole", reading(), "Organization", reading()), Set.of(), Set.of());

    private final RecordStore records;
    private final SearchQueryParser parser;

    public MemberRecords(RecordStore records, SearchQueryParser parser) {
        this.records = records;
        this.parser = parser;
    }

    private static Grant.Rule reading() {
        return new Grant.Rule(Set.of(Interaction.READ, Interaction.SEARCH), List.of());
    }

    private RecordView view() {
        return records.open(LOOKUP);
    }

    public Optional<JsonValue> patient(String id) {
        return read("Patient", id);
    }

    public Optional<JsonValue> read(String type, String id) {
        return view().read(new ResourceKey(type, id)) instanceof ReadResult.Found found ? Optional.of(JsonDocument.parse(found.resource().content().json()).root()) : Optional.empty();
    }

    /** The first resources that match all parameters, {@code most} of them. */
    public List<JsonValue> search(String type, List<RawParameter> parameters, int most) {
        SearchQuery query = parser.parse(List.of(type), parameters, Set.of(), true);
        return view().search(new SearchRequest(query, null, most)).entries().stream().map(SearchPage.Entry::resource).map(resource -> JsonDocument.parse(resource.content().json()).root()).toList();
    }

    /** All resources that have one of the values, a page at a time. */
    public void each(String type, String parameter, List<String> values, Consumer<JsonValue> found) {
        each(type, List.of(new RawParameter(parameter, String.join(",", values))), found);
    }

    /** All resources that match all parameters, a page at a time. */
    public void each(String type, List<RawParameter> parameters, Consumer<JsonValue> found) {
        SearchQuery query = parser.parse(List.of(type), parameters, Set.of(), true);
        String next = null;
        do {
            SearchPage page = view().search(new SearchRequest(query, next, ON_A_PAGE));
            page.entries().forEach(entry -> found.accept(JsonDocument.parse(entry.resource().content().json()).root()));
            next = page.next();
        } while (next != null);
    }
}
