package dev.portolan.identity.account;

import dev.portolan.identity.IdentityProperties;
import jakarta.servlet.http.HttpServletRequest;
import java.text.BreakIterator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.stereotype.Component;

/** What every page shows around its own content; the template {@code identity/frame} asks it. */
@Component("frame")
public final class PageFrame {
    private final IdentityProperties properties;
    private final ObjectProvider<MenuEntry> entries;
    private final HttpServletRequest request;

    PageFrame(IdentityProperties properties, ObjectProvider<MenuEntry> entries, HttpServletRequest request) {
        this.properties = properties;
        this.entries = entries;
        this.request = request;
    }

    public String plan() {
        return properties.brand().name();
    }

    /** Who is signed in, or null. */
    public @Nullable Account account() {
        return signedIn();
    }

    /** The entries for whoever is signed in. */
    public List<MenuEntry> menu() {
        Account account = signedIn();
        return entries.orderedStream().filter(entry -> entry.access().admits(account)).toList();
    }

    /** Whether the page that is being shown stands below an entry. */
    public boolean shows(MenuEntry entry) {
        String path = request.getRequestURI();
        boolean below = path.equals(entry.href()) || path.startsWith(entry.href() + "/");
        return below && menu().stream().noneMatch(other -> other.href().length() > entry.href().length()
                && (path.equals(other.href()) || path.startsWith(other.href() + "/")));
    }

    /** The first letter of a name, whole: a letter may be two chars, and more with what is joined to it. */
    public String initial(String name) {
        BreakIterator letters = BreakIterator.getCharacterInstance(Locale.ROOT);
        letters.setText(name);
        return name.isEmpty() ? "" : name.substring(0, letters.next());
    }

    static @Nullable Account signedIn() {
        Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
        return authentication != null && authentication.isAuthenticated() && authentication.getPrincipal() instanceof Account account ? account : null;
    }
}
