package dev.portolan.rest;

/**
 * Bounds on what a caller controls.
 *
 * @param bodyBytes largest request body, also once it is inflated
 * @param bundleEntries most entries in a batch or transaction
 * @param urlLength longest path and query
 * @param defaultCount matches on a page if the caller does not say
 * @param maxCount most matches on a page; a larger {@code _count} is lowered silently
 * @param everythingCount resources on a page of {@code $everything} if the caller does not say
 */
public record RequestLimits(int bodyBytes, int bundleEntries, int urlLength, int defaultCount, int maxCount, int everythingCount) {

    /** For apps. */
    public static final RequestLimits PUBLIC = new RequestLimits(16 << 20, 1_000, 8_000, 50, 500, 500);

    /** For loading and administration. */
    public static final RequestLimits SYSTEM = new RequestLimits(64 << 20, 20_000, 8_000, 50, 5_000, 5_000);

    public RequestLimits {
        if (bodyBytes < 1 || bundleEntries < 1 || urlLength < 1 || defaultCount < 1 || maxCount < defaultCount || everythingCount < 1) {
            throw new IllegalArgumentException("limits must be positive, and maxCount no less than defaultCount");
        }
    }
}
