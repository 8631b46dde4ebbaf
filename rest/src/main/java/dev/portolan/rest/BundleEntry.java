package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonLimits;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a batch or transaction, read.
 *
 * @param index from 0, for messages
 * @param url of the request, as it was sent
 * @param parameters of the request's URL
 * @param fullUrl what other entries call it by, or null
 * @param resource null for what has no body
 */
record BundleEntry(
    int index, String method, String url, Route route, List<RawParameter> parameters, Preconditions conditions, @Nullable String fullUrl, @Nullable JsonValue resource) {

    /** R4 bundle. A condition whose name is misspelt would count as none, and make a duplicate; a list of entries, as nothing to do. */
    private static final Set<String> OF_BUNDLE = Set.of("resourceType", "id", "meta", "implicitRules", "language", "identifier", "type", "timestamp", "total", "link", "entry", "signature");
    private static final Set<String> OF_ENTRY = Set.of("id", "extension", "modifierExtension", "link", "fullUrl", "resource", "search", "request", "response");
    private static final Set<String> OF_REQUEST = Set.of("id", "extension", "modifierExtension", "method", "url", "ifNoneMatch", "ifModifiedSince", "ifMatch", "ifNoneExist");

    /** Refuses a Bundle with an element that a Bundle does not have. */
    static void checkBundle(JsonValue bundle) {
        requireKnown(bundle, OF_BUNDLE, "the Bundle", "its list of entries is called entry");
    }

    private static void requireKnown(JsonValue object, Set<String> names, String what, String hint) {
        for (JsonValue field : object.children()) {
            String name = String.valueOf(field.name());
            // One that is written with escapes is not found by its name either.
            if (!names.contains(name.startsWith("_") ? name.substring(1) : name) || object.field(name) == null) {
                throw new FhirException(Problem.BAD_BUNDLE, what + " has an element that FHIR R4 does not have there: check the spelling; " + hint);
            }
        }
    }

    static BundleEntry read(int index, JsonValue entry, String ownBase) {
        JsonValue request = entry.field("request");
        requireKnown(entry, OF_ENTRY, "the entry", "it holds fullUrl, resource and request");
        if (request != null) {
            requireKnown(request, OF_REQUEST, "the request of the entry", "it holds method, url, ifMatch, ifNoneMatch, ifModifiedSince and ifNoneExist");
        }
        String method = request == null ? null : text(request, "method");
        String url = request == null ? null : text(request, "url");
        if (method == null || url == null) {
            throw new FhirException(Problem.BAD_BUNDLE, "each entry needs request.method and request.url");
        }
        String local = url.startsWith(ownBase + "/") ? url.substring(ownBase.length() + 1) : url.startsWith("/") ? url.substring(1) : url;
        // Only before the query: Patient?identifier=http://system|value is a search of our own.
        if (local.split("\\?", 2)[0].contains("://")) {
            throw new FhirException(Problem.BAD_BUNDLE, "request.url is of another server: write it relative to this base, as in Patient/1");
        }
        int mark = local.indexOf('?');
        String path = mark < 0 ? local : local.substring(0, mark);
        Route route = Route.of(UrlParameters.decoded(path.endsWith("/") ? path.substring(0, path.length() - 1) : path));
        Preconditions conditions = new Preconditions(
            text(request, "ifMatch"), text(request, "ifNoneMatch"), text(request, "ifModifiedSince"), text(request, "ifNoneExist"));
        String fullUrl = text(entry, "fullUrl");
        JsonValue resource = entry.field("resource");
        boolean needsBody = method.equals("POST") || method.equals("PUT") || method.equals("PATCH");
        if (needsBody && resource == null) {
            throw new FhirException(Problem.BAD_BUNDLE, method + " needs a resource in its entry");
        }
        return new BundleEntry(index, method.equals("HEAD") ? "GET" : method, url, route, mark < 0 ? List.of() : UrlParameters.decode(local.substring(mark + 1)), conditions, fullUrl, resource);
    }

    /** A condition that cannot be read must not count as none. */
    private static @Nullable String text(JsonValue object, String name) {
        JsonValue value = object.field(name);
        if (value != null && !value.isString()) {
            throw new FhirException(Problem.BAD_BUNDLE, name + " is a string, as in \"" + name + "\": \"...\"");
        }
        return value == null ? null : value.text();
    }

    /** Same as in HTTP, for an entry that stands alone. */
    FhirRequest request() {
        return FhirRequest.of(method, route, parameters, conditions, this::body);
    }

    /** A JSON Patch comes as a Binary (R4 http, section 3.1.0.11.1). */
    FhirRequest.Body body() {
        if (resource == null) {
            return FhirRequest.Body.NONE;
        }
        if (method.equals("PATCH") && "Binary".equals(resource.fieldText("resourceType"))) {
            String data = resource.fieldText("data");
            if (!MediaType.JSON_PATCH.equals(resource.fieldText("contentType")) || data == null) {
                throw new FhirException(Problem.BAD_PATCH, "a patch in a Binary needs contentType " + MediaType.JSON_PATCH + " and data");
            }
            try {
                return new FhirRequest.Body(JsonDocument.parse(Base64.getDecoder().decode(data), JsonLimits.DEFAULT), true);
            } catch (IllegalArgumentException e) {
                throw new FhirException(Problem.BAD_PATCH, "the data of the Binary is not base64");
            }
        }
        return new FhirRequest.Body(JsonDocument.parse(resource.toBytes(), JsonLimits.DEFAULT), false);
    }
}
