package dev.portolan.rest;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The two formats of FHIR over HTTP and how callers name them (R4 http, section 3.1.0.1.11). */
enum MediaType {
    JSON("application/fhir+json; charset=utf-8"),
    XML("application/fhir+xml; charset=utf-8");

    /** RFC 6902. */
    static final String JSON_PATCH = "application/json-patch+json";

    private static final Pattern COMMA = Pattern.compile(",");
    private static final Pattern SEMICOLON = Pattern.compile(";");

    private final String header;

    MediaType(String header) {
        this.header = header;
    }

    /** As Content-Type of an answer. */
    String header() {
        return header;
    }

    /** The format of an answer: {@code _format} wins over Accept. */
    static MediaType wanted(@Nullable String accept, @Nullable String format) {
        if (format != null) {
            // A plus sign that was not escaped arrives as a space.
            MediaType named = named(SEMICOLON.split(format, 2)[0].replace(' ', '+'));
            if (named == null) {
                throw new FhirException(Problem.NOT_ACCEPTABLE, "_format is not known here: use json or xml");
            }
            requireVersion(format, Problem.NOT_ACCEPTABLE);
            return named;
        }
        return accept == null || accept.equals("*/*") || accept.equals("application/fhir+json") ? JSON : negotiated(accept);
    }

    private static MediaType negotiated(String accept) {
        Set<MediaType> refused = refused(accept);
        MediaType best = null;
        double bestQuality = 0;
        for (String range : COMMA.split(accept)) {
            String[] parts = SEMICOLON.split(range);
            // A lone semicolon has no parts at all, not even an empty one.
            MediaType type = parts.length == 0 ? null : named(parts[0].trim());
            double quality = type == null || otherVersion(range) ? 0 : quality(parts);
            boolean left = quality > bestQuality && (!refused.contains(type) || range.indexOf('*') >= 0 && refused.size() == 1);
            if (left) {
                best = refused.contains(type) ? XML : type; // what wildcards give is JSON, and else the other one
                bestQuality = quality;
            }
        }
        if (best == null) {
            throw new FhirException(Problem.NOT_ACCEPTABLE, "Accept names no format that this server writes: use application/fhir+json or application/fhir+xml (fhirVersion 4.0)");
        }
        return best;
    }

    /** What stands there with a quality of nought: no wildcard means it (RFC 9110, section 12.5.1). */
    private static Set<MediaType> refused(String accept) {
        Set<MediaType> refused = EnumSet.noneOf(MediaType.class);
        for (String range : accept.contains("q=0") ? COMMA.split(accept) : new String[0]) {
            String[] parts = SEMICOLON.split(range);
            MediaType type = parts.length < 2 || range.indexOf('*') >= 0 || otherVersion(range) ? null : named(parts[0].trim());
            if (type != null && quality(parts) == 0) {
                refused.add(type);
            }
        }
        return refused;
    }

    private static double quality(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].trim();
            if (parameter.startsWith("q=")) {
                try {
                    return Double.parseDouble(parameter.substring(2));
                } catch (NumberFormatException e) {
                    throw new FhirException(Problem.BAD_HEADER, "a quality value in Accept is no number: write for instance q=0.9");
                }
            }
        }
        return 1;
    }

    private static @Nullable MediaType named(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "json", "application/fhir+json", "application/json", "text/json", "application/json+fhir", "*/*", "application/*", "text/*" -> JSON;
            case "xml", "application/fhir+xml", "application/xml", "text/xml", "application/xml+fhir" -> XML;
            default -> null;
        };
    }

    /** The format of a request's body. */
    static MediaType sent(@Nullable String contentType) {
        if (contentType == null) {
            throw new FhirException(Problem.UNSUPPORTED_MEDIA_TYPE, "the body has no Content-Type: send application/fhir+json or application/fhir+xml");
        }
        String name = essence(contentType);
        MediaType type = name.indexOf('*') >= 0 || name.indexOf('/') < 0 ? null : named(name);
        if (type == null) {
            throw new FhirException(Problem.UNSUPPORTED_MEDIA_TYPE, "this Content-Type is not read here: send application/fhir+json or application/fhir+xml");
        }
        requireVersion(contentType, Problem.UNSUPPORTED_MEDIA_TYPE);
        requireUtf8(contentType);
        return type;
    }

    /** Whether a Content-Type names another format than those of resources. */
    static boolean isOther(String contentType) {
        String name = essence(contentType);
        return name.matches("[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+") && named(name) == null && !name.equals(JSON_PATCH);
    }

    /** Type and subtype without parameters, in lower case. */
    static String essence(String contentType) {
        return SEMICOLON.split(contentType, 2)[0].trim().toLowerCase(Locale.ROOT);
    }

    private static void requireVersion(String type, Problem problem) {
        if (otherVersion(type)) {
            throw new FhirException(problem, "this server speaks FHIR R4 only: ask for fhirVersion=4.0 or leave it out");
        }
    }

    /** R4 http, section 3.1.0.1.11. Whether the name is one of a character set that Java knows does not matter. */
    static void requireUtf8(String contentType) {
        for (String parameter : SEMICOLON.split(contentType)) {
            int equals = parameter.indexOf('=');
            if (equals > 0 && parameter.substring(0, equals).trim().equalsIgnoreCase("charset")) {
                String charset = parameter.substring(equals + 1).replace("\"", "").trim();
                if (!charset.equalsIgnoreCase("utf-8") && !charset.equalsIgnoreCase("utf8")) {
                    throw new FhirException(Problem.UNSUPPORTED_MEDIA_TYPE, "FHIR is UTF-8 only: send charset=utf-8");
                }
            }
        }
    }

    private static boolean otherVersion(String type) {
        int at = type.indexOf("fhirVersion=");
        return at >= 0 && !type.startsWith("4.0", at + 12) && !type.startsWith("\"4.0", at + 12);
    }
}
