package dev.portolan.rest;

import dev.portolan.fhir.search.SearchQuery.Summary;
import dev.portolan.rest.Answer.Access;
import dev.portolan.store.EverythingRequest;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.SearchPage;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code Patient/[id]/$everything} (R4 Patient, section 8.1.11.1). */
final class Everything implements FhirOperation {

    private final BufferPool buffers;
    private final Subsetter subsetter;

    Everything(BufferPool buffers, Subsetter subsetter) {
        this.buffers = buffers;
        this.subsetter = subsetter;
    }

    @Override
    public String name() {
        return "$everything";
    }

    @Override
    public String definition() {
        return "http://hl7.org/fhir/OperationDefinition/Patient-everything";
    }

    @Override
    public Set<Level> levels() {
        return Set.of(Level.INSTANCE);
    }

    @Override
    public Set<String> types() {
        return Set.of("Patient");
    }

    @Override
    public boolean affectsState() {
        return false;
    }

    @Override
    public OperationAnswer invoke(OperationRequest invoked) {
        return OperationAnswer.of(answer(invoked.call(), invoked.request()));
    }

    private Answer answer(Call call, FhirRequest request) {
        String patient = request.route().id();
        String cursor = request.parameter(Searches.PAGE);
        SearchPage page = call.view().everything(read(call, request, patient, cursor));
        if (page.entries().isEmpty() && cursor == null) {
            // A member without a record and a member that is not there for this grant are told apart by a read only.
            if (!(call.view().read(new ResourceKey("Patient", patient)) instanceof dev.portolan.store.ReadResult.Found)) {
                throw Reads.missing(call.view().read(new ResourceKey("Patient", patient)));
            }
        }
        call.room().accept(page.bytes());
        ByteBuilder buffer = buffers.take();
        BundleWriter bundle = new BundleWriter(buffer, call.url(), "searchset");
        page.total().ifPresent(bundle::total);
        String path = call.url() + "/Patient/" + patient + "/$everything";
        bundle.link("self", Histories.link(path, request, cursor));
        if (page.next() != null) {
            bundle.link("next", Histories.link(path, request, page.next()));
        }
        Set<String> elements = list(request.parameter("_elements"));
        Disclosed disclosed = new Disclosed().withhold(cursor == null ? page.withheld().orElseGet(() -> call.view().withheld().ofRecord(patient)) : 0);
        for (SearchPage.Entry entry : page.entries()) {
            byte[] json = subsetter.apply(entry.resource(), Summary.FALSE, elements);
            bundle.found(entry.resource(), json, entry.mode() == SearchPage.Mode.MATCH);
            disclosed.add(entry.resource(), json);
        }
        bundle.end();
        return Answer.pooled(buffer, new Access("$everything", List.of(), "Patient/" + patient, List.of(patient), null, disclosed));
    }

    private static EverythingRequest read(Call call, FhirRequest request, String patient, @Nullable String cursor) {
        String since = request.parameter("_since");
        String start = request.parameter("start");
        String end = request.parameter("end");
        RequestLimits limits = call.base().limits();
        return new EverythingRequest(
            patient,
            list(request.parameter("_type")),
            since == null ? null : Instant.ofEpochMilli(FhirDate.of("_since", since).low()),
            start == null ? null : (Long) FhirDate.of("start", start).low(),
            end == null ? null : (Long) FhirDate.of("end", end).high(),
            cursor,
            Histories.count(request.parameter("_count"), limits.everythingCount(), limits.everythingCount()));
    }

    static Set<String> list(@Nullable String commaSeparated) {
        Set<String> parts = new LinkedHashSet<>();
        for (String part : commaSeparated == null ? new String[0] : commaSeparated.split(",")) {
            if (!part.isBlank()) {
                parts.add(part.trim());
            }
        }
        return parts;
    }
}
