package dev.portolan.identity.authorization;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an authorization is about, beside its scopes: the launch context of SMART and who the user is.
 *
 * @param fhirUser     relative reference to the user: {@code Patient/1}
 * @param fhirContext  further resources in context, as the launching party gave them
 * @param authTime     when the user signed in, in seconds since 1970
 * @param grantedUntil when the member's permission ends; null without an end
 * @param withhold     names of the {@link dev.portolan.identity.scope.SensitiveCategory sensitive data} that the member held back: every token of the authorization is bound to it
 */
record SmartContext(@Nullable String patient, @Nullable String encounter, @Nullable String fhirUser, List<Map<String, Object>> fhirContext,
                    @Nullable Boolean needPatientBanner, @Nullable String smartStyleUrl, @Nullable String intent, @Nullable String tenant,
                    @Nullable Long authTime, @Nullable Instant grantedUntil, List<String> withhold) {

    static final SmartContext EMPTY = new SmartContext(null, null, null, List.of(), null, null, null, null, null, null, List.of());

    SmartContext {
        fhirContext = fhirContext == null ? List.of() : List.copyOf(fhirContext);
        withhold = withhold == null ? List.of() : List.copyOf(withhold); // kept by an earlier version
    }

    /** The same about the member whom the patient was merged into. */
    SmartContext of(String survivor) {
        return with(survivor, ("Patient/" + patient).equals(fhirUser) ? "Patient/" + survivor : fhirUser, authTime, grantedUntil, withhold);
    }

    SmartContext with(@Nullable String newPatient, @Nullable String newFhirUser, @Nullable Long newAuthTime, @Nullable Instant until, List<String> heldBack) {
        return new SmartContext(newPatient, encounter, newFhirUser, fhirContext, needPatientBanner, smartStyleUrl, intent, tenant, newAuthTime, until, heldBack);
    }
}
