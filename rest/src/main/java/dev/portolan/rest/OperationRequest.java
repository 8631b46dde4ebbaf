package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.store.RecordView;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The invocation of an operation, its grant resolved. */
public final class OperationRequest {

    private final Call call;
    private final FhirRequest request;

    OperationRequest(Call call, FhirRequest request) {
        this.call = call;
        this.request = request;
    }

    Call call() {
        return call;
    }

    FhirRequest request() {
        return request;
    }

    public FhirBase base() {
        return call.base();
    }

    /** The base as the caller sees it, without a slash at its end. */
    public String baseUrl() {
        return call.url();
    }

    /** What was called, with its parameters. */
    public String url() {
        Route route = request.route();
        String path = (route.type().isEmpty() ? "" : route.type() + "/") + (route.id().isEmpty() ? "" : route.id() + "/") + route.name();
        return call.url() + "/" + path + (request.parameters().isEmpty() ? "" : "?" + UrlParameters.encode(request.parameters()));
    }

    /** GET (for HEAD too), POST or DELETE. */
    public String method() {
        return request.method();
    }

    /** The type that it is invoked on, empty for the system. */
    public String type() {
        return request.route().type();
    }

    /** The logical id of the instance that it is invoked on, empty if there is none. */
    public String id() {
        return request.route().id();
    }

    /** The parameters of the URL, decoded, in the caller's order, without those about the presentation. */
    public List<RawParameter> parameters() {
        return request.parameters();
    }

    /** The posted resource, or null. */
    public @Nullable JsonDocument body() {
        return request.method().equals("POST") ? request.body().get().resource() : null;
    }

    /** A header of the HTTP request, or null. */
    public @Nullable String header(String name) {
        return call.headers() == null ? null : call.headers().apply(name);
    }

    /** The records that the caller reaches. */
    public RecordView view() {
        return call.view();
    }

    /** Every URL under which this base is known: references below them are local. */
    public Set<String> ownBases() {
        return call.ownBases();
    }
}
