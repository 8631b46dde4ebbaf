package dev.portolan.rest;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parameters of a URL's query or of a form, in their order. */
final class UrlParameters {

    private static final int MOST = 1_000;

    private UrlParameters() {}

    static List<RawParameter> decode(@Nullable String query) {
        if (query == null || query.isEmpty()) {
            return List.of();
        }
        List<RawParameter> parameters = new ArrayList<>();
        int at = 0;
        while (at <= query.length()) {
            int end = query.indexOf('&', at);
            end = end < 0 ? query.length() : end;
            if (end > at) {
                if (parameters.size() == MOST) {
                    throw new FhirException(Problem.BAD_URL, "more than " + MOST + " parameters: put alternatives into one parameter, separated by commas");
                }
                parameters.add(parameter(query.substring(at, end)));
            }
            at = end + 1;
        }
        return parameters;
    }

    /** Takes the one parameter alone: to look for its equals sign in the text behind it, too, would read a long form once for each of its parameters. */
    private static RawParameter parameter(String text) {
        int equals = text.indexOf('=');
        return equals < 0 ? new RawParameter(decoded(text), "") : new RawParameter(decoded(text.substring(0, equals)), decoded(text.substring(equals + 1)));
    }

    static String decoded(String text) {
        String decoded = text;
        if (text.indexOf('%') >= 0 || text.indexOf('+') >= 0) {
            try {
                decoded = URLDecoder.decode(text, StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                throw new FhirException(Problem.BAD_URL, "a percent sign in the URL is not followed by two hexadecimal digits: write %25 for a percent sign");
            }
        }
        // A form, and a URL in a Bundle, may hold both without an escape.
        if (decoded.indexOf('\0') >= 0) {
            throw new FhirException(Problem.BAD_URL, "the URL holds a zero character: leave it out");
        }
        if (decoded.indexOf('\uFFFD') >= 0) {
            throw new FhirException(Problem.BAD_URL, "the URL is not UTF-8: escape the bytes of the UTF-8 form");
        }
        return decoded;
    }

    /** A query text without the question mark. Characters that are common in FHIR's queries and harmless stay readable. */
    static String encode(List<RawParameter> parameters) {
        StringBuilder out = new StringBuilder();
        for (RawParameter parameter : parameters) {
            out.append(out.isEmpty() ? "" : "&").append(encoded(parameter.name())).append('=').append(encoded(parameter.value()));
        }
        return out.toString();
    }

    static String encoded(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || "-._~:/,*$".indexOf(c) >= 0;
            if (!plain) {
                return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("%3A", ":").replace("%2F", "/").replace("%2C", ",").replace("%24", "$");
            }
        }
        return text;
    }

    static @Nullable String first(List<RawParameter> parameters, String name) {
        for (RawParameter parameter : parameters) {
            if (parameter.name().equals(name)) {
                return parameter.value();
            }
        }
        return null;
    }
}
