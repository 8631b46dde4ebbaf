package dev.portolan.identity.authorization;

import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.web.csrf.CsrfException;
import org.springframework.stereotype.Component;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.servlet.ViewResolver;
import org.springframework.web.util.UriComponentsBuilder;
import org.springframework.web.util.UriUtils;

/** Tells what is wrong with an authorization request: to the app where its address can be trusted, else to the person, on a page. */
@Component
final class AuthorizationProblems {
    private final ObjectProvider<ViewResolver> views;
    private final Apps apps;
    private final SecurityEvents events;

    AuthorizationProblems(ObjectProvider<ViewResolver> views, Apps apps, SecurityEvents events) {
        this.apps = apps;
        this.views = views;
        this.events = events;
    }

    void refused(HttpServletRequest request, HttpServletResponse response, AuthenticationException exception) throws IOException, ServletException {
        OAuth2Error error = ((OAuth2AuthenticationException) exception).getError();
        // Of a request that cannot be read there is none, nor of a decision that was sent twice at once.
        OAuth2AuthorizationCodeRequestAuthenticationToken token = exception instanceof OAuth2AuthorizationCodeRequestAuthenticationException problem ? problem.getAuthorizationCodeRequestAuthentication() : null;
        events.record(SecurityEvent.Type.AUTHORIZATION_REFUSED, false, null, null, null, null,
                Map.of("error", error.getErrorCode(), "address", request.getRemoteAddr()));
        String description = description(error);
        String redirect = token == null ? registered(request) : token.getRedirectUri();
        String state = token == null ? only(request, "state") : token.getState();
        if (redirect == null || redirect.isBlank()) {
            page(request, response, 400, error.getErrorCode(), description);
            return;
        }
        UriComponentsBuilder uri = UriComponentsBuilder.fromUriString(redirect)
                .queryParam("error", error.getErrorCode()).queryParam("error_description", encode(description));
        if (state != null) {
            uri.queryParam("state", encode(state));
        }
        response.sendRedirect(uri.build(true).toUriString());
    }

    /** Where a request that cannot be read says that it came from, if its app registered that address (RFC 6749, 4.1.2.1). */
    private @Nullable String registered(HttpServletRequest request) {
        String clientId = only(request, "client_id");
        String redirect = only(request, "redirect_uri");
        return clientId == null || redirect == null ? null
                : apps.find(clientId).filter(app -> app.state() == App.State.ACTIVE && app.redirectUris().contains(redirect)).map(app -> redirect).orElse(null);
    }

    private static @Nullable String only(HttpServletRequest request, String name) {
        String[] values = request.getParameterValues(name);
        return values != null && values.length == 1 ? values[0] : null;
    }

    private static String description(OAuth2Error error) {
        String given = Objects.requireNonNullElse(error.getDescription(), "The request was refused.");
        return given.startsWith("OAuth 2.0 Parameter: ")
                ? "The parameter " + given.substring("OAuth 2.0 Parameter: ".length()) + " is missing, repeated, unknown or not valid." : given;
    }

    private static String encode(String text) {
        return UriUtils.encode(text, StandardCharsets.UTF_8);
    }

    /** A form that did not come from this server's own page, or a page that is not for this person. */
    void denied(HttpServletRequest request, HttpServletResponse response, AccessDeniedException exception) throws IOException, ServletException {
        page(request, response, 403, "access_denied", exception instanceof CsrfException
                ? "The page was open too long, or the form came from somewhere else. Go back, load the page again and repeat it."
                : "This page is not for the account that you are signed in with.");
    }

    private void page(HttpServletRequest request, HttpServletResponse response, int status, String code, @Nullable String description)
            throws IOException, ServletException {
        response.setStatus(status);
        response.setHeader("Cache-Control", "no-store");
        // Filters run before the dispatcher, which would otherwise have told the views about the request.
        RequestContextHolder.setRequestAttributes(new ServletRequestAttributes(request, response));
        try {
            for (ViewResolver resolver : views.orderedStream().toList()) {
                var view = resolver.resolveViewName("identity/problem", Locale.ENGLISH);
                if (view != null) {
                    view.render(Map.of("code", code, "description", String.valueOf(description)), request, response);
                    return;
                }
            }
        } catch (IOException | ServletException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new ServletException("the problem page could not be shown", e);
        } finally {
            RequestContextHolder.resetRequestAttributes();
        }
        throw new ServletException("there is no view resolver");
    }
}
