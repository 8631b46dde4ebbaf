package dev.portolan.rest;

import dev.portolan.store.Grant;
import jakarta.servlet.http.HttpServletRequest;

/** Decides whether a request may be served now. */
@FunctionalInterface
public interface RateLimiter {

    /** For a server in a house of its own. */
    RateLimiter UNLIMITED = (base, request, grant) -> Admission.UNLIMITED;

    Admission admit(FhirBase base, HttpServletRequest request, Grant grant);

    /**
     * @param admitted false is 429
     * @param limit requests in the present window; -1 if there is no limit, and then no headers
     * @param remaining left in the window
     * @param resetSeconds until the window ends
     */
    record Admission(boolean admitted, long limit, long remaining, long resetSeconds) {

        public static final Admission UNLIMITED = new Admission(true, -1, 0, 0);
    }
}
