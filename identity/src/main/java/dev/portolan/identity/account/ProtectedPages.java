package dev.portolan.identity.account;

import java.util.List;

/**
 * Pages for people, given as a bean by the room that has them. They stand behind this room's sign-in: whoever is nobody yet is sent to sign in
 * and comes back, whoever may not come in is told so, and every form carries a CSRF token. A path that no bean declares does not exist.
 *
 * @param patterns paths as Spring writes them: {@code /staff/audit/**} (which matches {@code /staff/audit} too). Of several that match, the
 *                 most specific decides; the same pattern twice stops the start
 * @param access   who may come in
 */
public record ProtectedPages(List<String> patterns, Access access) {
    public ProtectedPages {
        patterns = List.copyOf(patterns);
    }

    public static ProtectedPages of(Access access, String... patterns) {
        return new ProtectedPages(List.of(patterns), access);
    }
}
