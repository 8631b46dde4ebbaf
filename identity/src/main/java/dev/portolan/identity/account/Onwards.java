package dev.portolan.identity.account;

import org.springframework.security.web.authentication.SavedRequestAwareAuthenticationSuccessHandler;

/**
 * Where somebody goes on who signed in: to the page that was asked for, by its path alone. Its whole address, as the request had it, is behind a proxy the one by which the proxy calls: without TLS, and perhaps of
 * another machine.
 */
public final class Onwards extends SavedRequestAwareAuthenticationSuccessHandler {

    /** @param otherwise for whoever asked for no page */
    public Onwards(String otherwise) {
        setDefaultTargetUrl(otherwise);
        // What begins with two slashes would be another server's.
        setRedirectStrategy((request, response, url) -> response.sendRedirect(url.replaceFirst("^https?://[^/?#]*", "").replaceFirst("^/*", "/")));
    }
}
