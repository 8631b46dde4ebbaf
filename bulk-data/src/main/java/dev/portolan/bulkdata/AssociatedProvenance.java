package dev.portolan.bulkdata;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which Provenance resources are about what one part gives ({@code includeAssociatedData}, Bulk Data Access 2.0, Query Parameters). First everything that is given is noted, then, if only the latest are
 * wanted, when the latest of each was recorded; then each Provenance can be judged as it comes. What is kept of a resource is sixteen bytes.
 */
final class AssociatedProvenance {

    static final String TYPE = "Provenance";

    private static final Pattern LOCAL = Pattern.compile("([A-Z][A-Za-z]+/[A-Za-z0-9\\-.]{1,64})(?:/_history/[A-Za-z0-9\\-.]{1,64})?");
    private static final long NEVER = Long.MIN_VALUE;

    /** What was asked for. */
    enum Wanted {
        /** Nothing of this: Provenance is a type like any other. */
        UNASKED,
        /** Of each resource that is given the one that was recorded last; all of those that were recorded at that instant. */
        LATEST,
        /** All that are about a resource that is given. */
        RELEVANT
    }

    private final Wanted wanted;
    private final String base;
    private final MessageDigest digest;
    private long[] given = new long[256];
    private int size;
    private long @Nullable [] latest;

    /** @param baseUrl the base as the client sees it: references may begin with it */
    AssociatedProvenance(Wanted wanted, String baseUrl) {
        this.wanted = wanted;
        this.base = baseUrl + "/";
        try {
            this.digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** A resource that is given, of whatever type but Provenance. */
    void given(String type, byte[] json) {
        if (wanted == Wanted.UNASKED) {
            return;
        }
        if (size == given.length) {
            given = Arrays.copyOf(given, size * 2);
        }
        given[size++] = hash(type + "/" + JsonDocument.parse(json).root().fieldText("id"));
    }

    /** A Provenance that could be given. Nothing more is {@link #given} after the first. */
    void heard(byte[] json) {
        JsonValue provenance = JsonDocument.parse(json).root();
        long recorded = recorded(provenance);
        long[] times = settled();
        for (JsonValue target : targets(provenance)) {
            int place = place(target);
            if (place >= 0) {
                times[place] = Math.max(times[place], recorded);
            }
        }
    }

    /** True if it is among those that are wanted. */
    boolean wants(byte[] json) {
        JsonValue provenance = JsonDocument.parse(json).root();
        long recorded = recorded(provenance);
        long[] times = settled();
        for (JsonValue target : targets(provenance)) {
            int place = place(target);
            if (place >= 0 && (wanted != Wanted.LATEST || times[place] == recorded)) {
                return true;
            }
        }
        return false;
    }

    private long[] settled() {
        if (latest == null) {
            given = Arrays.stream(given, 0, size).sorted().distinct().toArray();
            size = given.length;
            latest = new long[size];
            Arrays.fill(latest, NEVER);
        }
        return latest;
    }

    private static Iterable<JsonValue> targets(JsonValue provenance) {
        JsonValue targets = provenance.field("target");
        return targets == null ? List.of() : targets.each();
    }

    private int place(JsonValue target) {
        String reference = target.isObject() ? target.fieldText("reference") : null;
        if (reference == null) {
            return -1;
        }
        Matcher local = LOCAL.matcher(reference.startsWith(base) ? reference.substring(base.length()) : reference);
        return local.matches() ? Arrays.binarySearch(given, hash(local.group(1))) : -1;
    }

    private static long recorded(JsonValue provenance) {
        String recorded = provenance.fieldText("recorded");
        try {
            return recorded == null ? NEVER : OffsetDateTime.parse(recorded).toInstant().toEpochMilli();
        } catch (DateTimeException e) {
            return NEVER; // stored before anyone checked it: older than all that say when
        }
    }

    /** Ids are chosen by whoever writes them: two must not be made to look alike. */
    private long hash(String reference) {
        return ByteBuffer.wrap(digest.digest(reference.getBytes(StandardCharsets.UTF_8))).getLong();
    }
}
