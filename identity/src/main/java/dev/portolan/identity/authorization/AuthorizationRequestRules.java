package dev.portolan.identity.authorization;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.scope.SmartScopes;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.endpoint.PkceParameterNames;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationContext;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.stereotype.Component;

/**
 * What an authorization request has to be before anybody is asked to sign in (SMART App Launch 2.2, Obtain authorization code). Scopes were
 * cut down to the app's before, in {@link ScopeNarrowing}.
 */
@Component
final class AuthorizationRequestRules implements Consumer<OAuth2AuthorizationCodeRequestAuthenticationContext> {
    private static final int LONGEST_STATE = 2_048;

    static final OAuth2Error UNREGISTERED = new OAuth2Error(OAuth2ErrorCodes.INVALID_REQUEST,
            "The redirect_uri is not one that this app registered, character for character.", null);

    private final IdentityProperties properties;
    private final Launches launches;

    AuthorizationRequestRules(IdentityProperties properties, Launches launches) {
        this.properties = properties;
        this.launches = launches;
    }

    @Override
    public void accept(OAuth2AuthorizationCodeRequestAuthenticationContext context) {
        OAuth2AuthorizationCodeRequestAuthenticationToken request = context.getAuthentication();
        String redirect = request.getRedirectUri();
        if (redirect == null || !context.getRegisteredClient().getRedirectUris().contains(redirect)) {
            // Never sent to an address that the app did not register (RFC 6749, 3.1.2.4).
            throw refuse(OAuth2ErrorCodes.INVALID_REQUEST, UNREGISTERED.getDescription(), request, null);
        }
        if (request.getState() == null || request.getState().isBlank() || request.getState().length() > LONGEST_STATE) {
            throw refuse(OAuth2ErrorCodes.INVALID_REQUEST, "state is required, and has to be unpredictable.", request, redirect);
        }
        pkce(request, redirect);
        if (!(request.getAdditionalParameters().get(AudienceRule.AUD) instanceof String aud) || properties.baseOf(aud) == null) {
            throw refuse(OAuth2ErrorCodes.INVALID_REQUEST, "aud must be the URL of a FHIR base of this server.", request, redirect);
        }
        SmartScopes scopes = SmartScopes.parse(request.getScopes());
        if (scopes.isEmpty()) {
            throw refuse(OAuth2ErrorCodes.INVALID_SCOPE, "None of the scopes asked for is known to this server and registered for this app, or they are more than " + ScopeNarrowing.MOST_SCOPES + ".", request, redirect);
        }
        launch(context, request, scopes, redirect);
    }

    private static void pkce(OAuth2AuthorizationCodeRequestAuthenticationToken request, String redirect) {
        Map<String, Object> parameters = request.getAdditionalParameters();
        if (!(parameters.get(PkceParameterNames.CODE_CHALLENGE) instanceof String challenge) || !challenge.matches("[A-Za-z0-9_-]{43}")) {
            throw refuse(OAuth2ErrorCodes.INVALID_REQUEST, "code_challenge is required: the SHA-256 of a code_verifier, in base64url (RFC 7636).", request, redirect);
        }
        if (!"S256".equals(parameters.get(PkceParameterNames.CODE_CHALLENGE_METHOD))) {
            throw refuse(OAuth2ErrorCodes.INVALID_REQUEST, "code_challenge_method must be S256.", request, redirect);
        }
    }

    private void launch(OAuth2AuthorizationCodeRequestAuthenticationContext context, OAuth2AuthorizationCodeRequestAuthenticationToken request,
                        SmartScopes scopes, String redirect) {
        Object launch = request.getAdditionalParameters().get("launch");
        if (launch == null) {
            if (scopes.has("launch")) {
                throw refuse(OAuth2ErrorCodes.INVALID_REQUEST, "The launch scope needs the launch parameter that the EHR gave to the app.", request, redirect);
            }
            return;
        }
        if (!(launch instanceof String value) || launches.peek(value, context.getRegisteredClient().getClientId()).isEmpty()) {
            throw refuse(OAuth2ErrorCodes.INVALID_REQUEST, "This launch is unknown, expired or used; start the app from the EHR again.", request, redirect);
        }
    }

    private static OAuth2AuthorizationCodeRequestAuthenticationException refuse(String code, String description,
            OAuth2AuthorizationCodeRequestAuthenticationToken request, @Nullable String redirect) {
        return new OAuth2AuthorizationCodeRequestAuthenticationException(new OAuth2Error(code, description, null),
                new OAuth2AuthorizationCodeRequestAuthenticationToken(request.getAuthorizationUri(), request.getClientId(),
                        (org.springframework.security.core.Authentication) request.getPrincipal(), redirect, request.getState(), request.getScopes(),
                        request.getAdditionalParameters()));
    }
}
