package dev.portolan.identity.authorization;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;

/** The {@code aud} of an authorization request: the FHIR base that the token will be for, and no other. */
final class AudienceRule {
    static final String AUD = "aud";

    private AudienceRule() {}

    /** The path of the base that a request, once validated, names. */
    static @Nullable String base(OAuth2AuthorizationRequest request) {
        if (!(request.getAdditionalParameters().get(AUD) instanceof String aud)) {
            return null;
        }
        String path = URI.create(aud).getPath();
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
}
