package dev.portolan.identity.app;

import dev.portolan.identity.scope.SmartScopes;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A registered app.
 *
 * @param kind        what sort of software it is
 * @param state       whether it works
 * @param review      how far its production review is
 * @param authMethod  how it proves who it is at the token endpoint
 * @param scopes      the most that it may ask for
 * @param metadata    what people want to know of it
 * @param attestation its answers to the questions that members are shown, by question; unanswered questions are missing
 * @param developerId the account that manages it, if a developer does
 */
public record App(String clientId, String name, Kind kind, Environment environment, State state, Review review, AuthMethod authMethod,
                  List<String> grantTypes, SmartScopes scopes, List<String> redirectUris, @Nullable String launchUri,
                  @Nullable String jwksUri, @Nullable String jwks, Metadata metadata, Map<String, String> attestation,
                  @Nullable String developerId, Instant createdAt, @Nullable Instant submittedAt, String createdBy) {

    /** What sort of software an app is. A resource server may introspect tokens of others; an EHR may create launch contexts. */
    public enum Kind { WEB, NATIVE, BROWSER, BACKEND, EHR, PAYER, RESOURCE_SERVER }

    /** Where an app may be used. */
    public enum Environment { SANDBOX, PRODUCTION }

    /** Whether an app works: only an active app gets tokens, and only an active app's tokens are worth anything. */
    public enum State { PENDING, ACTIVE, SUSPENDED, RETIRED }

    /** How far the production review of an app is. */
    public enum Review { NONE, SUBMITTED, IN_REVIEW, APPROVED, REJECTED }

    /** How an app proves who it is (RFC 7591, section 2; SMART asks for these four). */
    public enum AuthMethod {
        NONE("none"), CLIENT_SECRET_BASIC("client_secret_basic"), CLIENT_SECRET_POST("client_secret_post"), PRIVATE_KEY_JWT("private_key_jwt");

        private final String value;

        AuthMethod(String value) {
            this.value = value;
        }

        public String value() {
            return value;
        }

        public boolean hasSecret() {
            return this == CLIENT_SECRET_BASIC || this == CLIENT_SECRET_POST;
        }
    }

    /** What people want to know of an app; every text may be empty. */
    public record Metadata(String description, String organization, String clientUri, String logoUri, String policyUri, String tosUri,
                           List<String> contacts, String softwareId, String softwareVersion, String softwareStatement) {
        public static final Metadata EMPTY = new Metadata("", "", "", "", "", "", List.of(), "", "", "");

        public Metadata {
            contacts = List.copyOf(contacts);
        }
    }

    public App {
        grantTypes = List.copyOf(grantTypes);
        redirectUris = List.copyOf(redirectUris);
        attestation = Map.copyOf(attestation);
    }

    public boolean isBackend() {
        return grantTypes.contains("client_credentials");
    }
}
