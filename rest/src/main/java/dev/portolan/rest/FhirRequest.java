package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One interaction, read: from HTTP or from an entry of a Bundle.
 *
 * @param method GET (for HEAD too), POST, PUT, PATCH or DELETE
 * @param parameters of the query and of a form, without those about the presentation
 * @param presentation {@code _format}, {@code _pretty}: they go into links and nowhere else
 * @param body read when it is asked for
 */
record FhirRequest(
    String method, Route route, List<RawParameter> parameters, List<RawParameter> presentation, Preconditions conditions, Supplier<Body> body) {

    private static final Set<String> PRESENTATION = Set.of("_format", "_pretty");

    /**
     * @param resource the body as JSON, or null if there is none
     * @param jsonPatch true if it is a JSON Patch (RFC 6902) and no resource
     */
    record Body(@Nullable JsonDocument resource, boolean jsonPatch) {

        static final Body NONE = new Body(null, false);
    }

    static FhirRequest of(String method, Route route, List<RawParameter> all, Preconditions conditions, Supplier<Body> body) {
        boolean plain = true;
        for (RawParameter parameter : all) {
            plain &= !PRESENTATION.contains(parameter.name());
        }
        if (plain) {
            return new FhirRequest(method, route, all, List.of(), conditions, body);
        }
        List<RawParameter> parameters = new ArrayList<>();
        List<RawParameter> presentation = new ArrayList<>();
        for (RawParameter parameter : all) {
            (PRESENTATION.contains(parameter.name()) ? presentation : parameters).add(parameter);
        }
        return new FhirRequest(method, route, parameters, presentation, conditions, body);
    }

    @Nullable String parameter(String name) {
        return UrlParameters.first(parameters, name);
    }

    JsonDocument resource() {
        Body read = body.get();
        if (read.resource() == null || read.jsonPatch()) {
            throw new FhirException(Problem.BAD_JSON, "this interaction needs a FHIR resource as its body");
        }
        return read.resource();
    }
}
