package dev.portolan.identity.account;

import java.util.List;

/**
 * Paths of a JSON API, given as a bean by the room that has it. A call says who it is by HTTP Basic (name and password of an account; staff with
 * a second factor add {@code One-Time-Password}), or comes from a page of the same server with its session; then what changes something carries
 * the page's CSRF token in {@code X-CSRF-TOKEN}. Otherwise the answer is 401, or 403 for whoever may not.
 *
 * @param patterns as in {@link ProtectedPages}
 * @param access   who may call
 */
public record ProtectedApi(List<String> patterns, Access access) {
    public ProtectedApi {
        patterns = List.copyOf(patterns);
    }

    public static ProtectedApi of(Access access, String... patterns) {
        return new ProtectedApi(List.of(patterns), access);
    }
}
