package dev.portolan.rest;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Headers of a request, each of which may stand there in several lines. */
final class HeaderLines {

    private HeaderLines() {}

    /** A header that is a list: several lines mean the same as one with commas (RFC 9110, section 5.3). Null if there is none. */
    static @Nullable String joined(HttpServletRequest http, String name) {
        Enumeration<String> lines = http.getHeaders(name);
        if (lines == null || !lines.hasMoreElements()) {
            return null;
        }
        String first = lines.nextElement();
        return lines.hasMoreElements() ? first + ", " + String.join(", ", Collections.list(lines)) : first;
    }

    /** A header that is one value: two values are two requests, and none of them can be preferred. */
    static @Nullable String single(HttpServletRequest http, String name) {
        Enumeration<String> lines = http.getHeaders(name);
        List<String> values = lines == null ? List.of() : Collections.list(lines).stream().distinct().toList();
        if (values.size() > 1) {
            throw new FhirException(Problem.BAD_HEADER, name + " stands there twice with different values: send one");
        }
        return values.isEmpty() ? null : values.get(0);
    }

    /** Whether a caller takes gzip (RFC 9110, section 12.5.3): a quality of nought says that it does not. */
    static boolean takesGzip(HttpServletRequest http) {
        String accepted = joined(http, "Accept-Encoding");
        if (accepted == null || !accepted.contains("gzip")) {
            return false;
        }
        for (String coding : accepted.split(",")) {
            String[] parts = coding.split(";", -1);
            String name = parts[0].trim();
            if (name.equals("gzip") || name.equals("x-gzip")) {
                return parts.length == 1 || isPositive(parts[1].replace(" ", ""));
            }
        }
        return false;
    }

    private static boolean isPositive(String quality) {
        try {
            return (quality.startsWith("q=") || quality.startsWith("Q=")) && Double.parseDouble(quality.substring(2)) > 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
