package dev.portolan.rest;

import dev.portolan.store.ReadResult;
import dev.portolan.store.StoredResource;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** The conditions that a request carries in its headers, or an entry of a Bundle in {@code request}. */
record Preconditions(@Nullable String ifMatch, @Nullable String ifNoneMatch, @Nullable String ifModifiedSince, @Nullable String ifNoneExist) {

    static final Preconditions NONE = new Preconditions(null, null, null, null);

    /** R4 http, section 3.1.0.5.2: 304 if nothing is new. If-None-Match wins over If-Modified-Since (RFC 9110, section 13.2.2). */
    boolean unmodified(StoredResource resource) {
        if (ifNoneMatch != null) {
            return names(ifNoneMatch, resource.version());
        }
        if (ifModifiedSince == null) {
            return false;
        }
        Instant since = HttpDate.parse(ifModifiedSince);
        return since != null && !resource.lastUpdated().truncatedTo(ChronoUnit.SECONDS).isAfter(since);
    }

    /** For a write: refuses with 412 if the present version is another one than the caller knows. */
    void check(ReadResult present) {
        if (ifMatch != null) {
            boolean same = present instanceof ReadResult.Found found && names(ifMatch, found.resource().version());
            if (!same) {
                throw new FhirException(Problem.VERSION_MISMATCH, "If-Match names another version than the present one: read the resource again and repeat the change on that version");
            }
        }
        if (ifNoneMatch != null && present instanceof ReadResult.Found found && names(ifNoneMatch, found.resource().version())) {
            throw new FhirException(Problem.VERSION_MISMATCH, "If-None-Match asks that this version does not exist, but it does: leave the header out to update it");
        }
    }

    private static boolean names(String header, long version) {
        for (String tag : header.split(",")) {
            String bare = tag.trim();
            if (bare.equals("*")) {
                return true;
            }
            if (bare.startsWith("W/")) {
                bare = bare.substring(2);
            }
            if (bare.length() > 2 && bare.startsWith("\"") && bare.endsWith("\"")) {
                bare = bare.substring(1, bare.length() - 1);
            }
            if (bare.equals(Long.toString(version))) {
                return true;
            }
        }
        return false;
    }

    /** An instant as FHIR's {@code instant} in a Bundle entry, or an HTTP date in a header. */
    static final class HttpDate {

        private static final java.time.format.DateTimeFormatter FORMAT = java.time.format.DateTimeFormatter
            .ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", java.util.Locale.ROOT).withZone(java.time.ZoneOffset.UTC);

        private HttpDate() {}

        static String format(Instant instant) {
            return FORMAT.format(instant);
        }

        /** Null if it is no date: RFC 9110, section 13.1.3 says to ignore it then. */
        static @Nullable Instant parse(String text) {
            try {
                return text.isEmpty() || !Character.isDigit(text.charAt(0)) ? Instant.from(FORMAT.parse(text)) : java.time.OffsetDateTime.parse(text).toInstant();
            } catch (DateTimeException e) {
                return null;
            }
        }
    }
}
