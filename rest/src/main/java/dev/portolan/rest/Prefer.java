package dev.portolan.rest;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The Prefer header (RFC 7240; R4 http, sections 3.1.0.1.7 and 3.1.1.1).
 *
 * @param returned what a write answers with, or null if the caller does not say
 * @param strict {@code handling=strict}: unknown search parameters are errors
 */
record Prefer(@Nullable Return returned, boolean strict) {

    static final Prefer NOTHING = new Prefer(null, false);

    enum Return {
        MINIMAL,
        REPRESENTATION,
        OUTCOME
    }

    static Prefer of(@Nullable String header) {
        if (header == null) {
            return NOTHING;
        }
        Return returned = null;
        boolean strict = false;
        // RFC 7240, section 2: of a preference that stands there twice the first counts.
        for (String part : header.split("[,;]")) {
            // Names are in any case, and there may be blanks around the sign. What asks for strictness must not be passed over for how it is written.
            switch (part.replaceAll("[\\s\"]", "").toLowerCase(Locale.ROOT)) {
                case "return=minimal" -> returned = returned == null ? Return.MINIMAL : returned;
                case "return=representation" -> returned = returned == null ? Return.REPRESENTATION : returned;
                case "return=operationoutcome" -> returned = returned == null ? Return.OUTCOME : returned;
                case "handling=strict" -> strict = true;
                default -> { } // RFC 7240, section 2: preferences that are not known are ignored
            }
        }
        return new Prefer(returned, strict);
    }
}
