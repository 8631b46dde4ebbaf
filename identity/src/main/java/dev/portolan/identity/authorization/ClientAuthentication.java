package dev.portolan.identity.authorization;

import dev.portolan.identity.key.SignedTokens;
import jakarta.servlet.http.HttpServletRequest;
import java.text.ParseException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.web.authentication.AuthenticationConverter;

/** The ways of client authentication that SMART needs and the library lacks. */
final class ClientAuthentication {
    private static final ClientAuthenticationMethod ASSERTION =
            new ClientAuthenticationMethod("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    /** A public app that refreshes or revokes: the token itself is what it has. */
    private static final ClientAuthenticationMethod PUBLIC_WITH_TOKEN = new ClientAuthenticationMethod("portolan:public-with-token");

    private ClientAuthentication() {}

    /** A signed assertion, whose {@code client_id} parameter may be missing: it is in the assertion (RFC 7521, 4.2). */
    static AuthenticationConverter assertions() {
        return request -> {
            String type = request.getParameter("client_assertion_type");
            String assertion = request.getParameter("client_assertion");
            if (type == null && assertion == null) {
                return null;
            }
            if (!ASSERTION.getValue().equals(type)) {
                throw refuse("client_assertion_type must be " + ASSERTION.getValue() + ".");
            }
            if (assertion == null || request.getParameterValues("client_assertion").length != 1 || request.getHeader("Authorization") != null
                    || request.getParameter("client_secret") != null) {
                throw refuse("Send one client_assertion, and no other proof beside it (RFC 6749, 2.3).");
            }
            String subject = subject(assertion);
            String clientId = request.getParameter("client_id");
            if (subject == null || clientId != null && !clientId.equals(subject)) {
                throw refuse("client_assertion must be a signed JWT whose sub is the client_id.");
            }
            return new OAuth2ClientAuthenticationToken(subject, ASSERTION, assertion, parameters(request));
        };
    }

    /** Read before the signature is checked, only to know whose key to check it with. */
    private static @Nullable String subject(String assertion) {
        try {
            return SignedTokens.parse(assertion).getJWTClaimsSet().getSubject();
        } catch (ParseException notSigned) {
            return null; // refused by the caller
        }
    }

    /**
     * A public app without a secret, at the end of the list: what comes this far has shown nothing else. One that refreshes need not say who it
     * is (RFC 6749, 6 asks it for no client_id, and the common JavaScript library sends none): its token does.
     */
    static AuthenticationConverter publicApps(OAuth2AuthorizationService authorizations) {
        return request -> {
            String clientId = request.getParameter("client_id");
            String refreshToken = request.getParameter("refresh_token");
            if (clientId == null && refreshToken != null && "refresh_token".equals(request.getParameter("grant_type"))) {
                OAuth2Authorization refreshed = authorizations.findByToken(refreshToken, null); // only to know whose it is: that it was used is for the token endpoint to see
                if (refreshed == null) {
                    throw new OAuth2AuthenticationException(new OAuth2Error(OAuth2ErrorCodes.INVALID_GRANT));
                }
                clientId = refreshed.getRegisteredClientId();
            }
            if (clientId == null || clientId.isBlank() || request.getHeader("Authorization") != null) {
                throw refuse("The app must say who it is: client_id, and a secret or a signed assertion if it has one.");
            }
            return new OAuth2ClientAuthenticationToken(clientId, PUBLIC_WITH_TOKEN, null, parameters(request));
        };
    }

    static AuthenticationProvider publicApps(RegisteredClientRepository clients) {
        return new AuthenticationProvider() {
            @Override
            public @Nullable Authentication authenticate(Authentication authentication) {
                OAuth2ClientAuthenticationToken given = (OAuth2ClientAuthenticationToken) authentication;
                if (!PUBLIC_WITH_TOKEN.equals(given.getClientAuthenticationMethod())) {
                    return null;
                }
                RegisteredClient client = clients.findByClientId(String.valueOf(given.getPrincipal()));
                if (client == null || !client.getClientAuthenticationMethods().contains(ClientAuthenticationMethod.NONE)) {
                    throw refuse("This app is unknown, stopped, or has to prove who it is with a secret or a signed assertion.");
                }
                if ("authorization_code".equals(given.getAdditionalParameters().get("grant_type"))) {
                    throw new OAuth2AuthenticationException(new OAuth2Error(OAuth2ErrorCodes.INVALID_GRANT, "code_verifier is missing.", null));
                }
                return new OAuth2ClientAuthenticationToken(client, ClientAuthenticationMethod.NONE, null);
            }

            @Override
            public boolean supports(Class<?> type) {
                return OAuth2ClientAuthenticationToken.class.isAssignableFrom(type);
            }
        };
    }

    private static Map<String, Object> parameters(HttpServletRequest request) {
        Map<String, Object> parameters = new HashMap<>();
        for (String name : new String[] {"grant_type", "code", "code_verifier", "redirect_uri"}) {
            if (request.getParameter(name) != null) {
                parameters.put(name, request.getParameter(name));
            }
        }
        return parameters;
    }

    private static OAuth2AuthenticationException refuse(String description) {
        return new OAuth2AuthenticationException(new OAuth2Error(OAuth2ErrorCodes.INVALID_CLIENT, description, null));
    }
}
