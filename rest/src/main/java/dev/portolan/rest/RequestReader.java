package dev.portolan.rest;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads HTTP into a {@link FhirRequest}. */
final class RequestReader {

    private static final String FORM = "application/x-www-form-urlencoded";

    private final FhirBase base;
    private final BodyReader bodies;

    RequestReader(FhirBase base, BodyReader bodies) {
        this.base = base;
        this.bodies = bodies;
    }

    /** The query's parameters: needed before anything else, since they say how even an error is to look. */
    List<RawParameter> query(HttpServletRequest http) {
        String query = http.getQueryString();
        int length = http.getRequestURI().length() + (query == null ? 0 : query.length());
        // A page link holds its whole search, which came in a form perhaps.
        int most = query != null && query.startsWith(Searches.PAGE + "=") ? Searches.LONGEST_LINK : base.limits().urlLength();
        if (length > most) {
            throw new FhirException(Problem.URL_TOO_LONG, "the URL is longer than " + most + " characters: search with POST [type]/_search");
        }
        return UrlParameters.decode(query);
    }

    FhirRequest read(HttpServletRequest http, String method, Route route, List<RawParameter> query) {
        Preconditions conditions = new Preconditions(
            HeaderLines.joined(http, "If-Match"), HeaderLines.joined(http, "If-None-Match"), http.getHeader("If-Modified-Since"), HeaderLines.single(http, "If-None-Exist"));
        return switch (route.kind()) {
            case TYPE_SEARCH, SYSTEM_SEARCH, COMPARTMENT_SEARCH -> FhirRequest.of(method, route, withForm(http, query), conditions, () -> FhirRequest.Body.NONE);
            default -> FhirRequest.of(method, route, query, conditions, once(http, SentBinary.isTakenBy(method, route) ? route.id() : null));
        };
    }

    /** @param binary id of the Binary that the body may be the content of, empty if it is to be given one; null if it cannot be one */
    private Supplier<FhirRequest.Body> once(HttpServletRequest http, @Nullable String binary) {
        return new Supplier<>() {
            private FhirRequest.Body read;

            @Override
            public FhirRequest.Body get() {
                if (read == null) {
                    read = bodies.read(http, binary);
                }
                return read;
            }
        };
    }

    static String path(HttpServletRequest http) {
        String path = http.getPathInfo();
        if (path == null) {
            return "";
        }
        int end = path.endsWith("/") ? path.length() - 1 : path.length();
        return end <= 1 ? "" : path.substring(1, end);
    }

    /** R4 http, section 3.1.0.11: the parameters of a POST search stand in the form, in the URL, or in both. */
    private List<RawParameter> withForm(HttpServletRequest http, List<RawParameter> query) {
        if (!http.getMethod().equals("POST")) {
            return query;
        }
        String contentType = http.getHeader("Content-Type");
        boolean empty = contentType == null && http.getContentLengthLong() <= 0;
        if (!empty && (contentType == null || !MediaType.essence(contentType).equals(FORM))) {
            throw new FhirException(Problem.UNSUPPORTED_MEDIA_TYPE, "a search by POST has its parameters in a form: send Content-Type " + FORM);
        }
        if (contentType != null) {
            MediaType.requireUtf8(contentType);
        }
        List<RawParameter> all = new ArrayList<>(query);
        all.addAll(UrlParameters.decode(empty ? null : new String(bodies.bytes(http), StandardCharsets.UTF_8)));
        return all;
    }
}
