package dev.portolan.rest;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** {@code metadata}: the CapabilityStatement, written once for each URL that the base is called by. */
final class Metadata {

    private static final int MOST_URLS = 16;

    private final CapabilityStatement statement;
    private final Map<String, byte[]> byUrl = new ConcurrentHashMap<>();

    Metadata(FhirBase base, FhirServices services, Set<String> types, Operations operations, ProvidedTypes provided, WrittenTypes written) {
        this.statement = new CapabilityStatement(base, services, types, operations, provided, written);
    }

    Answer answer(String url, List<RawParameter> query, @Nullable String ifNoneMatch, Presentation presentation, HttpServletResponse response) {
        String mode = UrlParameters.first(query, "mode");
        if (mode != null && !Set.of("full", "normative", "terminology").contains(mode)) {
            throw new FhirException(Problem.BAD_PARAMETER, "mode of metadata is one of full, normative, terminology");
        }
        boolean terminology = "terminology".equals(mode);
        if (byUrl.size() > MOST_URLS) {
            byUrl.clear(); // callers choose the Host header: keep no more of them than a server has names
        }
        byte[] bytes = byUrl.computeIfAbsent((terminology ? "t " : "c ") + url, key -> terminology ? statement.terminology(url) : statement.write(url));
        // One URL has two representations, which caches must not take for each other (RFC 9110, section 8.8.3.3).
        String tag = "\"" + Integer.toHexString(java.util.Arrays.hashCode(bytes)) + (presentation.type() == MediaType.XML ? "-xml\"" : "\"");
        response.setHeader("ETag", "W/" + tag);
        response.addHeader("Vary", "Accept");
        response.setHeader("Cache-Control", "public, max-age=300");
        Answer.Access access = Answer.Access.of("capabilities");
        return ifNoneMatch != null && names(ifNoneMatch, tag) ? Answer.empty(304, access) : Answer.json(200, bytes, access);
    }

    private static boolean names(String ifNoneMatch, String tag) {
        for (String known : ifNoneMatch.split(",")) {
            String bare = known.trim();
            if (bare.equals("*") || bare.equals(tag) || bare.equals("W/" + tag)) {
                return true;
            }
        }
        return false;
    }
}
