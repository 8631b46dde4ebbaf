package dev.portolan.identity.account;

import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionListener;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.stereotype.Component;

/**
 * Bounds the sessions of people who are not signed in. Every page with a form, and every page that wants a sign-in, gives one to whoever asks without a cookie, for half an hour: whoever goes on asking would fill the
 * memory with them. The oldest goes first; who has signed in by then keeps it.
 */
@Component
final class StrangersSessions implements HttpSessionListener {
    /** With the longest page that somebody may have wanted ({@link WantedPage}), some 100 MB; without one, 20. */
    static final int MOST = 10_000;

    private final Set<HttpSession> sessions = new LinkedHashSet<>();

    @Override
    public void sessionCreated(HttpSessionEvent event) {
        HttpSession oldest = add(event.getSession());
        if (oldest != null) {
            endIfStrangers(oldest);
        }
    }

    private synchronized @Nullable HttpSession add(HttpSession session) {
        sessions.add(session);
        if (sessions.size() <= MOST) {
            return null;
        }
        Iterator<HttpSession> inOrder = sessions.iterator();
        HttpSession oldest = inOrder.next();
        inOrder.remove();
        return oldest;
    }

    private static void endIfStrangers(HttpSession session) {
        try {
            if (session.getAttribute(HttpSessionSecurityContextRepository.SPRING_SECURITY_CONTEXT_KEY) == null) {
                session.invalidate();
            }
        } catch (IllegalStateException ended) {
            // By itself, at this moment.
        }
    }

    @Override
    public synchronized void sessionDestroyed(HttpSessionEvent event) {
        sessions.remove(event.getSession());
    }
}
