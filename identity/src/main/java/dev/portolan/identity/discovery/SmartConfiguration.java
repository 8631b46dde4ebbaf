package dev.portolan.identity.discovery;

import dev.portolan.identity.IdentityProperties;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;

/** The discovery documents (SMART App Launch 2.2, Conformance; OpenID Connect Discovery, section 3; RFC 8414, section 2). */
@Component
public final class SmartConfiguration {
    /** What is listed works: see the test that asks for each. */
    static final List<String> CAPABILITIES = List.of("launch-ehr", "launch-standalone", "authorize-post", "client-public",
            "client-confidential-symmetric", "client-confidential-asymmetric", "sso-openid-connect", "context-banner", "context-style",
            "context-ehr-patient", "context-ehr-encounter", "context-standalone-patient", "permission-offline", "permission-online",
            "permission-patient", "permission-user", "permission-v1", "permission-v2");
    private static final List<String> TYPES = List.of("Patient", "ExplanationOfBenefit", "Coverage", "Organization", "Practitioner", "Observation",
            "Condition", "AllergyIntolerance", "CarePlan", "CareTeam", "Device", "DiagnosticReport", "DocumentReference", "Encounter", "Goal",
            "Immunization", "Location", "MedicationDispense", "MedicationRequest", "Medication", "PractitionerRole", "Procedure", "Provenance",
            "QuestionnaireResponse", "RelatedPerson", "ServiceRequest", "Specimen", "Claim", "ClaimResponse");

    private final IdentityProperties properties;

    SmartConfiguration(IdentityProperties properties) {
        this.properties = properties;
    }

    /** {@code [base]/.well-known/smart-configuration}; the same for every base of this server. */
    Map<String, Object> smart() {
        Map<String, Object> document = common();
        document.put("capabilities", CAPABILITIES);
        document.put("management_endpoint", properties.url("/my-apps"));
        document.put("user_access_brand_bundle", properties.url("/brands"));
        document.put("user_access_brand_identifier",
                Map.of("system", properties.brand().identifierSystem(), "value", properties.brand().identifierValue()));
        return document;
    }

    /** The addresses as a capability statement tells them to SMART 1.0 apps: the parts of its oauth-uris extension (SMART App Launch 1.0, Conformance). */
    public Map<String, String> oauthUris() {
        Map<String, Object> smart = smart();
        Map<String, String> uris = new LinkedHashMap<>();
        Map.of("authorize", "authorization_endpoint", "token", "token_endpoint", "introspect", "introspection_endpoint", "revoke", "revocation_endpoint",
                "register", "registration_endpoint", "manage", "management_endpoint").forEach((name, field) -> uris.put(name, (String) smart.get(field)));
        return uris;
    }

    Map<String, Object> openId() {
        Map<String, Object> document = common();
        document.put("subject_types_supported", List.of("public"));
        document.put("id_token_signing_alg_values_supported", List.of("RS256"));
        document.put("claims_supported", List.of("iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "fhirUser"));
        return document;
    }

    private Map<String, Object> common() {
        Map<String, Object> d = new LinkedHashMap<>();
        d.put("issuer", properties.issuer().toString());
        d.put("jwks_uri", properties.url("/oauth2/jwks"));
        d.put("authorization_endpoint", properties.url("/oauth2/authorize"));
        d.put("token_endpoint", properties.url("/oauth2/token"));
        d.put("introspection_endpoint", properties.url("/oauth2/introspect"));
        d.put("revocation_endpoint", properties.url("/oauth2/revoke"));
        d.put("registration_endpoint", properties.url("/oauth2/register"));
        d.put("grant_types_supported", List.of("authorization_code", "refresh_token", "client_credentials"));
        d.put("response_types_supported", List.of("code"));
        d.put("response_modes_supported", List.of("query"));
        d.put("scopes_supported", scopes());
        d.put("token_endpoint_auth_methods_supported", List.of("client_secret_post", "client_secret_basic", "private_key_jwt"));
        d.put("token_endpoint_auth_signing_alg_values_supported", List.of("RS384", "ES384", "RS256", "ES256"));
        d.put("code_challenge_methods_supported", List.of("S256"));
        return d;
    }

    static List<String> scopes() {
        List<String> scopes = new ArrayList<>(List.of("openid", "fhirUser", "profile", "launch", "launch/patient", "launch/encounter",
                "offline_access", "online_access", "patient/*.rs", "user/*.rs", "system/*.rs", "patient/*.read", "user/*.read", "system/*.read",
                "patient/*.cruds", "user/*.cruds", "system/*.cruds", "patient/*.*", "user/*.*", "system/*.*"));
        for (String type : TYPES) {
            for (String level : List.of("patient", "user", "system")) {
                scopes.add(level + "/" + type + ".rs");
                scopes.add(level + "/" + type + ".read");
            }
        }
        return scopes;
    }
}
