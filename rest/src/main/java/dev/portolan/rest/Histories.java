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
import org.jspecify.annotations.Nullable;

/** history of an instance, a type, or the system (R4 http, section 3.1.0.9). */
final class Histories {

    private static final byte[] NONE = {};

    private final BufferPool buffers;

    Histories(BufferPool buffers) {
        this.buffers = buffers;
    }

    Answer history(Call call, FhirRequest request) {
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
                byte[] json = version.content().json();
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
