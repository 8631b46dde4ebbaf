package dev.portolan.rest;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.rest.Answer.Access;
import dev.portolan.store.HistoryPage;
import dev.portolan.store.HistoryRequest;
import dev.portolan.store.ReadResult;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.StoredResource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** history of an instance, a type, or the system (R4 http, section 3.1.0.9). */
final class Histories {

    private static final byte[] NONE = {};
    private static final Set<String> KNOWN = Set.of("_since", "_at", "_count", "_elements", "_summary", Searches.PAGE);

    private final BufferPool buffers;
    private final Operations operations;

    Histories(BufferPool buffers, Operations operations) {
        this.buffers = buffers;
        this.operations = operations;
    }

    Answer history(Call call, FhirRequest asked) {
        FhirRequest request = applied(asked, call.prefer().strict());
        Route route = request.route();
        String type = route.type().isEmpty() ? null : route.type();
        String id = route.id().isEmpty() ? null : route.id();
        String cursor = request.parameter(Searches.PAGE);
        int count = count(request.parameter("_count"), call.base().limits());
        HistoryPage page = call.view().history(new HistoryRequest(type, id, instant(request, "_since"), period(request, "_at"), cursor, count));
        if (id != null && page.versions().isEmpty() && cursor == null) {
            ReadResult present = call.view().read(new ResourceKey(route.type(), id));
            boolean some = request.parameter("_since") != null || request.parameter("_at") != null;
            if (!some || present instanceof ReadResult.Absent) {
                throw Reads.missing(present);
            }
        }
        return answer(call, request, page, operation(type, id));
    }

    /**
     * The request with the parameters that a history has here. FHIR's own that it has not, as {@code _list}, would narrow or order it, so they are refused; others are left out of the links, which say what was applied: a Bundle of a history
     * has no entry for a remark on them (bdl-3, bdl-4).
     */
    private static FhirRequest applied(FhirRequest asked, boolean strict) {
        List<RawParameter> known = new ArrayList<>();
        for (RawParameter parameter : asked.parameters()) {
            if (known.stream().anyMatch(other -> other.name().equals(parameter.name()))) {
                throw new FhirException(Problem.BAD_PARAMETER, parameter.name() + " is given more than once: give it once");
            }
            if (KNOWN.contains(parameter.name())) {
                known.add(parameter);
            } else if (strict || parameter.name().startsWith("_")) {
                throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "a history takes _since, _at, _count, _elements and _summary, and no " + parameter.name() + ": leave it out");
            }
        }
        return new FhirRequest(asked.method(), asked.route(), known, asked.presentation(), asked.conditions(), asked.body());
    }

    private Answer answer(Call call, FhirRequest request, HistoryPage page, String operation) {
        Route route = request.route();
        call.room().accept(page.bytes());
        ByteBuilder buffer = buffers.take();
        BundleWriter bundle = new BundleWriter(buffer, call.url(), "history");
        page.total().ifPresent(bundle::total);
        String path = call.url() + (route.type().isEmpty() ? "" : "/" + route.type()) + (route.id().isEmpty() ? "" : "/" + route.id()) + "/_history";
        bundle.link("self", link(path, request, request.parameter(Searches.PAGE)));
        if (page.next() != null) {
            bundle.link("next", link(path, request, page.next()));
        }
        Disclosed disclosed = new Disclosed();
        for (StoredResource version : page.versions()) {
            if (version.deleted()) {
                bundle.version(version, NONE);
                disclosed.addWithoutContent(version);
            } else {
                byte[] json = operations.subset(version, request);
                bundle.version(version, json);
                disclosed.add(version, json);
            }
        }
        bundle.end();
        return Answer.pooled(buffer, new Access(operation, route.type().isEmpty() ? List.of() : List.of(route.type()),
            route.id().isEmpty() ? null : route.type() + "/" + route.id(), route.type().equals("Patient") && !route.id().isEmpty() ? List.of(route.id()) : List.of(), null, disclosed));
    }

    private static String operation(@Nullable String type, @Nullable String id) {
        return id != null ? "history-instance" : type != null ? "history-type" : "history-system";
    }

    /** The same parameters with another place to go on. */
    static String link(String path, FhirRequest request, @Nullable String cursor) {
        List<RawParameter> all = new ArrayList<>();
        request.parameters().stream().filter(parameter -> !parameter.name().equals(Searches.PAGE)).forEach(all::add);
        if (cursor != null) {
            all.add(new RawParameter(Searches.PAGE, cursor));
        }
        all.addAll(request.presentation());
        return all.isEmpty() ? path : path + "?" + UrlParameters.encode(all);
    }

    static int count(@Nullable String count, RequestLimits limits) {
        return count(count, limits.defaultCount(), limits.maxCount());
    }

    static int count(@Nullable String count, int otherwise, int most) {
        if (count == null) {
            return otherwise;
        }
        if (!count.matches("[0-9]{1,30}")) {
            throw new FhirException(Problem.BAD_PARAMETER, "_count is no whole number: write for instance _count=20");
        }
        return count.length() > 9 ? most : Math.max(1, Math.min(Integer.parseInt(count), most));
    }

    private static @Nullable Instant instant(FhirRequest request, String name) {
        String value = request.parameter(name);
        return value == null ? null : Instant.ofEpochMilli(FhirDate.of(name, value).low());
    }

    private static HistoryRequest.@Nullable Period period(FhirRequest request, String name) {
        String value = request.parameter(name);
        if (value == null) {
            return null;
        }
        FhirDate date = FhirDate.of(name, value);
        return new HistoryRequest.Period(Instant.ofEpochMilli(date.low()), Instant.ofEpochMilli(date.high()));
    }
}
