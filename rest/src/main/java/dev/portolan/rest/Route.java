package dev.portolan.rest;

import java.util.regex.Pattern;

/**
 * What a path names. Fields that a kind does not have are empty.
 *
 * @param type resource type, or the compartment owner's
 * @param id logical id
 * @param name version id, operation (with its dollar sign), or the type asked of a compartment ({@code *} for all)
 */
record Route(Kind kind, String type, String id, String name) {

    enum Kind {
        SYSTEM,
        METADATA,
        SYSTEM_HISTORY,
        SYSTEM_SEARCH,
        SYSTEM_OPERATION,
        TYPE,
        TYPE_SEARCH,
        TYPE_HISTORY,
        TYPE_OPERATION,
        INSTANCE,
        INSTANCE_HISTORY,
        VERSION,
        INSTANCE_OPERATION,
        COMPARTMENT,
        COMPARTMENT_SEARCH
    }

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9\\-.]{1,64}");

    /** R4 datatypes, {@code id}. */
    static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    /**
     * Reads a path below the base, for instance {@code Patient/1/_history/2}, decoded, without a slash before or after it.
     *
     * @throws FhirException 404 if it names nothing that FHIR has
     */
    static Route of(String path) {
        if (path.isEmpty()) {
            return new Route(Kind.SYSTEM, "", "", "");
        }
        String[] parts = path.split("/", -1);
        String first = parts[0];
        if (parts.length == 1 && !startsType(first)) {
            return switch (first) {
                case "metadata" -> new Route(Kind.METADATA, "", "", "");
                case "_history" -> new Route(Kind.SYSTEM_HISTORY, "", "", "");
                case "_search" -> new Route(Kind.SYSTEM_SEARCH, "", "", "");
                default -> {
                    if (first.startsWith("$")) {
                        yield new Route(Kind.SYSTEM_OPERATION, "", "", first);
                    }
                    throw unknown();
                }
            };
        }
        if (!startsType(first)) {
            throw unknown();
        }
        return parts.length == 1 ? new Route(Kind.TYPE, first, "", "") : ofType(first, parts);
    }

    private static Route ofType(String type, String[] parts) {
        String second = parts[1];
        if (parts.length == 2) {
            if (second.equals("_search")) {
                return new Route(Kind.TYPE_SEARCH, type, "", "");
            }
            if (second.equals("_history")) {
                return new Route(Kind.TYPE_HISTORY, type, "", "");
            }
            if (second.startsWith("$")) {
                return new Route(Kind.TYPE_OPERATION, type, "", second);
            }
            return new Route(Kind.INSTANCE, type, id(second), "");
        }
        String id = id(second);
        String third = parts[2];
        if (parts.length == 3) {
            if (third.equals("_history")) {
                return new Route(Kind.INSTANCE_HISTORY, type, id, "");
            }
            if (third.startsWith("$")) {
                return new Route(Kind.INSTANCE_OPERATION, type, id, third);
            }
            if (third.equals("*") || startsType(third)) {
                return new Route(Kind.COMPARTMENT, type, id, third);
            }
        }
        if (parts.length == 4 && third.equals("_history")) {
            return new Route(Kind.VERSION, type, id, id(parts[3]));
        }
        if (parts.length == 4 && parts[3].equals("_search") && (third.equals("*") || startsType(third))) {
            return new Route(Kind.COMPARTMENT_SEARCH, type, id, third);
        }
        throw unknown();
    }

    private static boolean startsType(String part) {
        return !part.isEmpty() && part.charAt(0) >= 'A' && part.charAt(0) <= 'Z';
    }

    private static String id(String text) {
        if (!isId(text)) {
            throw new FhirException(Problem.BAD_ID, "an id is 1 to 64 of the characters A-Z a-z 0-9 - and . only");
        }
        return text;
    }

    private static FhirException unknown() {
        return new FhirException(Problem.NOT_FOUND, "this path names nothing in FHIR's RESTful API: use [type], [type]/[id], [type]/[id]/_history, metadata or an operation");
    }
}
