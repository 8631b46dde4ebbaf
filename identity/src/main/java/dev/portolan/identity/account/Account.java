package dev.portolan.identity.account;

import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.AuthenticatedPrincipal;

/**
 * A person who can sign in.
 *
 * @param patient  the member's own Patient id
 * @param fhirUser who the person is in FHIR, relative to a base: {@code Patient/1}, {@code Practitioner/2}
 * @param roles    what staff may do: {@code ADMIN} reviews and stops apps, {@code CLINICIAN} starts apps for a member
 */
public record Account(String id, String username, Kind kind, String displayName, @Nullable String email, @Nullable String organization,
                      @Nullable String patient, @Nullable String fhirUser, List<String> roles) implements AuthenticatedPrincipal, Serializable {

    /** What sort of person it is. */
    public enum Kind { MEMBER, STAFF, DEVELOPER }

    public Account {
        roles = List.copyOf(roles);
    }

    /** The account's id: what tokens call the subject. */
    @Override
    public String getName() {
        return id;
    }

    public boolean isAdministrator() {
        return roles.contains("ADMIN");
    }
}
