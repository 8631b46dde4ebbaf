package dev.portolan.identity.account;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who may open a page or call an API: what a room says about its paths, and what shows a menu's entry or hides it. */
@FunctionalInterface
public interface Access {
    /** Everybody, signed in or not. */
    Access ANYONE = account -> true;
    /** Everybody who is signed in. */
    Access SIGNED_IN = account -> account != null;
    /** Members, and those who act for a member. */
    Access MEMBER = account -> account != null && account.kind() == Account.Kind.MEMBER;
    /** Developers of apps. */
    Access DEVELOPER = account -> account != null && account.kind() == Account.Kind.DEVELOPER;

    /** Staff who have one of these roles at least. No role includes another. */
    static Access staff(String... roles) {
        Set<String> any = Set.of(roles);
        if (any.isEmpty()) {
            throw new IllegalArgumentException("name the roles of the staff who may come in");
        }
        return account -> account != null && account.kind() == Account.Kind.STAFF && account.roles().stream().anyMatch(any::contains);
    }

    /** @param account who is signed in, or null for nobody */
    boolean admits(@Nullable Account account);
}
