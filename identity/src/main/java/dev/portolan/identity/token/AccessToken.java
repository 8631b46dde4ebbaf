package dev.portolan.identity.token;

import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.identity.scope.SmartScopes;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a live access token says.
 *
 * @param tokenId   the hash of the token, for logs and the audit; the token itself is kept nowhere
 * @param clientId  the app
 * @param appName   the app's name as members know it
 * @param user      the account's id; null for an app that acts for itself (client_credentials)
 * @param fhirUser  the user as a relative FHIR reference, {@code Patient/1}; null if there is none
 * @param patient   the Patient id that {@code patient/} scopes are about; null if none was chosen
 * @param scopes    what was granted, not what was asked for
 * @param base      the path of the FHIR base that the token is for; null: it is for every base that the app may use
 * @param consentId the id of the authorization that the member gave, or that the app's registration is
 * @param relation  how the user stands to that patient: null for the member, what the representation says for a representative, {@code staff} for staff
 * @param withheld  sensitive data that the member held back when the app was let in
 */
public record AccessToken(String tokenId, String clientId, String appName, @Nullable String user, @Nullable String fhirUser,
                          @Nullable String patient, SmartScopes scopes, @Nullable String base, Instant issuedAt, Instant expiresAt,
                          String consentId, @Nullable String relation, Set<SensitiveCategory> withheld) {

    public AccessToken {
        withheld = Set.copyOf(withheld);
    }

    /** A token that nothing is held back from. */
    public AccessToken(String tokenId, String clientId, String appName, @Nullable String user, @Nullable String fhirUser, @Nullable String patient, SmartScopes scopes,
                       @Nullable String base, Instant issuedAt, Instant expiresAt, String consentId, @Nullable String relation) {
        this(tokenId, clientId, appName, user, fhirUser, patient, scopes, base, issuedAt, expiresAt, consentId, relation, Set.of());
    }
}
