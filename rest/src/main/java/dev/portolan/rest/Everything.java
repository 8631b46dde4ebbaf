package dev.portolan.rest;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.fhir.search.SearchQuery.Summary;
import dev.portolan.rest.Answer.Access;
import dev.portolan.store.EverythingRequest;
import dev.portolan.store.Grant;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.SearchPage;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code Patient/[id]/$everything}, and {@code Patient/$everything} of whom alone an access is for (R4 Patient, section 8.1.11.1). */
final class Everything implements FhirOperation {

    private static final Set<String> ONCE = Set.of("_since", "_count", "start", "end");
    private static final Set<String> KNOWN = Set.of("_since", "_type", "_count", "_elements", "start", "end", Searches.PAGE);

    private final Set<String> allTypes;
    private final BufferPool buffers;
    private final Subsetter subsetter;

    /** @param allTypes R4's resource types */
    Everything(Set<String> allTypes, BufferPool buffers, Subsetter subsetter) {
        this.allTypes = allTypes;
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
        return Set.of(Level.TYPE, Level.INSTANCE);
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

    private Answer answer(Call call, FhirRequest invoked) {
        // In the links too: a page is asked for by GET.
        List<RawParameter> given = new OperationInput(invoked).simple(name());
        List<String> ignored = ignored(call, given);
        List<RawParameter> applied = given.stream().filter(parameter -> KNOWN.contains(parameter.name())).toList();
        FhirRequest request = new FhirRequest(invoked.method(), invoked.route(), applied, invoked.presentation(), invoked.conditions(), invoked.body());
        String patient = patient(call, request.route());
        String cursor = request.parameter(Searches.PAGE);
        SearchPage page = call.view().everything(read(call, request, patient, cursor));
        if (page.entries().isEmpty() && cursor == null) {
            // A member without a record and a member that is not there for this grant are told apart by a read only.
            if (!(call.view().read(new ResourceKey("Patient", patient)) instanceof dev.portolan.store.ReadResult.Found)) {
                throw Reads.missing(call.view().read(new ResourceKey("Patient", patient)));
            }
        }
        return answer(call, request, page, patient, ignored);
    }

    /** Names of the parameters that there are not. */
    private static List<String> ignored(Call call, List<RawParameter> given) {
        for (String name : ONCE) {
            if (given.stream().filter(parameter -> parameter.name().equals(name)).count() > 1) {
                throw new FhirException(Problem.BAD_PARAMETER, name + " is given more than once: give it once");
            }
        }
        List<String> ignored = given.stream().map(RawParameter::name).filter(name -> !KNOWN.contains(name)).distinct().toList();
        if (call.prefer().strict() && !ignored.isEmpty()) {
            throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "$everything has no parameter " + ignored.get(0) + ": it takes _since, _type, _count, _elements, start and end");
        }
        return ignored;
    }

    private Answer answer(Call call, FhirRequest request, SearchPage page, String patient, List<String> ignored) {
        String cursor = request.parameter(Searches.PAGE);
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
        if (!ignored.isEmpty() && cursor == null) {
            bundle.outcome(Outcomes.ignored(ignored.stream().map(name -> new Outcomes.Ignored(name, "$everything has no such parameter")).toList()));
        }
        bundle.end();
        return Answer.pooled(buffer, new Access("$everything", List.of(), "Patient/" + patient, List.of(patient), null, disclosed));
    }

    private static String patient(Call call, Route route) {
        if (!route.id().isEmpty()) {
            return route.id();
        }
        if (call.view().grant().members() instanceof Grant.Members.Only only && only.patientIds().size() == 1) {
            return only.patientIds().iterator().next();
        }
        throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "this access is not for one Patient alone: say whose record you want with Patient/[id]/$everything, or start an export");
    }

    private EverythingRequest read(Call call, FhirRequest request, String patient, @Nullable String cursor) {
        String since = request.parameter("_since");
        String start = request.parameter("start");
        String end = request.parameter("end");
        RequestLimits limits = call.base().limits();
        return new EverythingRequest(
            patient,
            types(request),
            since == null ? null : Instant.ofEpochMilli(FhirDate.of("_since", since).low()),
            start == null ? null : (Long) FhirDate.of("start", start).low(),
            end == null ? null : (Long) FhirDate.of("end", end).high(),
            cursor,
            Histories.count(request.parameter("_count"), limits.everythingCount(), limits.everythingCount()));
    }

    /** "One or more parameters, each containing one or more comma-delimited FHIR resource types" (R4, OperationDefinition Patient-everything). */
    private Set<String> types(FhirRequest request) {
        Set<String> types = new LinkedHashSet<>();
        request.parameters().stream().filter(parameter -> parameter.name().equals("_type")).forEach(parameter -> types.addAll(list(parameter.value())));
        if (!allTypes.containsAll(types)) {
            throw new FhirException(Problem.BAD_PARAMETER, "_type names what is no resource type of FHIR R4: mind upper and lower case, as in ExplanationOfBenefit");
        }
        return types;
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
