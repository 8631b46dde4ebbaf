package dev.portolan.identity.account;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import org.jspecify.annotations.Nullable;
import org.springframework.security.web.savedrequest.RequestCache;
import org.springframework.security.web.savedrequest.SavedRequest;
import org.springframework.security.web.savedrequest.SimpleSavedRequest;
import org.springframework.stereotype.Component;

/**
 * The page that somebody asked for who has to sign in first. Its path and query are all that is kept: a request's headers and parameters may be many times that, and its scheme and host are not what the browser knows where a
 * proxy ends TLS.
 */
@Component
final class WantedPage implements RequestCache {
    /** An authorization request with every scope that an app may ask for is half of this. Who comes from a longer address has to go back to the app after the sign-in. */
    static final int LONGEST = 8_192;
    private static final String ATTRIBUTE = "wanted-page";

    @Override
    public void saveRequest(HttpServletRequest request, HttpServletResponse response) {
        String page = page(request);
        if (request.getMethod().equals("GET") && page.length() <= LONGEST) {
            request.getSession().setAttribute(ATTRIBUTE, page);
        }
    }

    private static String page(HttpServletRequest request) {
        String query = request.getQueryString();
        // What begins with two slashes would be another server's.
        return request.getRequestURI().replaceFirst("^/+", "/") + (query == null ? "" : "?" + query);
    }

    @Override
    public @Nullable SavedRequest getRequest(HttpServletRequest request, HttpServletResponse response) {
        HttpSession session = request.getSession(false);
        return session != null && session.getAttribute(ATTRIBUTE) instanceof String page ? new SimpleSavedRequest(page) : null;
    }

    /** Who comes back to it wants it no more. To the request itself there is nothing to add. */
    @Override
    public @Nullable HttpServletRequest getMatchingRequest(HttpServletRequest request, HttpServletResponse response) {
        SavedRequest wanted = getRequest(request, response);
        if (wanted != null && wanted.getRedirectUrl().equals(page(request))) {
            removeRequest(request, response);
        }
        return null;
    }

    @Override
    public void removeRequest(HttpServletRequest request, HttpServletResponse response) {
        HttpSession session = request.getSession(false);
        if (session != null) {
            session.removeAttribute(ATTRIBUTE);
        }
    }
}
