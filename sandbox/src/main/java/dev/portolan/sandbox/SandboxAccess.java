package dev.portolan.sandbox;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.Accounts.NewAccount;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRejected;
import dev.portolan.identity.app.AppRequest;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.SandboxTokens;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who may try a sandbox: accounts of some synthetic members, of the plan's staff and of a developer, two sample apps, and a token for everything. Made once; asked again, it says the same. Passwords are
 * random for each data directory. A production server makes none of this.
 */
public final class SandboxAccess {

    /** Where the sample apps expect to be called back: their owner's own machine. */
    public static final List<String> REDIRECT_URIS = List.of("http://localhost:9000/done", "http://127.0.0.1:9000/done");

    private static final String ACTOR = "sandbox";
    private static final Duration TOKEN_LIFE = Duration.ofDays(1);
    private static final String MEMBER_SCOPES = "openid fhirUser launch launch/patient offline_access online_access patient/*.rs user/*.rs";
    private static final App.Metadata SAMPLE = new App.Metadata("Shows a synthetic member's record.", "Portolan sandbox", "", "", "", "", List.of("developer@sandbox.example"), "", "", "");

    private final KeptSecrets kept;
    private final Accounts accounts;
    private final Apps apps;
    private final AppLifecycle lifecycle;
    private final SandboxTokens tokens;

    /** @param file where passwords and secrets are kept, to be shown again */
    public SandboxAccess(Path file, Accounts accounts, Apps apps, AppLifecycle lifecycle, SandboxTokens tokens) {
        this.kept = new KeptSecrets(file);
        this.accounts = accounts;
        this.apps = apps;
        this.lifecycle = lifecycle;
        this.tokens = tokens;
    }

    /** @param password null if the account was made with another data directory */
    public record SignIn(String user, @Nullable String password) {}

    /** @param clientSecret null for a public app, and for one that was made with another data directory */
    public record SampleApp(String name, String clientId, @Nullable String clientSecret, List<String> redirectUris) {}

    /** @param clientId an app of the plan's own, whose {@code system/} scopes reach every member */
    public String operatorToken(String clientId) {
        if (apps.find(clientId).isEmpty()) {
            register(clientId, new AppRequest("Plan operator", App.Kind.BACKEND, "private_key_jwt", List.of("client_credentials"), null, "system/*.cruds", List.of(), null, null,
                    operatorKeys(clientId), App.Metadata.EMPTY, Map.of()), null);
        }
        return tokens.issue(clientId, null, null, null, SmartScopes.parse("system/*.cruds"), null, TOKEN_LIFE);
    }

    /** @return null if another server that starts on the same database made it at the same moment: what was kept for ours opens nothing */
    private AppLifecycle.@Nullable Registered register(String clientId, AppRequest request, @Nullable String developer) {
        try {
            return lifecycle.register(clientId, request, ACTOR, developer, true);
        } catch (AppRejected e) {
            if (apps.find(clientId).isEmpty()) {
                throw e;
            }
            kept.forget("key " + clientId);
            return null;
        }
    }

    public SignIn member(String name, String patient) {
        String plain = Normalizer.normalize(name, Normalizer.Form.NFD).replaceAll("[^A-Za-z0-9 ]", "").strip().toLowerCase(Locale.ROOT).replaceAll(" +", ".");
        Optional<Account> namesake = accounts.findByUsername(plain).filter(account -> !patient.equals(account.patient()));
        String user = namesake.isPresent() ? plain + "." + patient.substring(0, Math.min(patient.length(), 8)) : plain;
        return account(user, password -> NewAccount.member(user, password, name, patient));
    }

    /** Whether somebody of this name can sign in. */
    public boolean exists(String user) {
        return accounts.findByUsername(user).isPresent();
    }

    /** A user's sign-in as it was made here, if it was. */
    public Optional<SignIn> find(String user) {
        return accounts.findByUsername(user).map(account -> new SignIn(user, kept.find("account " + user)));
    }

    /** @param practitioner who the person is in FHIR, relative to a base */
    public SignIn staff(String practitioner) {
        return account("staff", password -> NewAccount.staff("staff", password, "Grace Lin", practitioner, "ADMIN", "CLINICIAN"));
    }

    public SignIn developer() {
        return account("developer", password -> NewAccount.developer("developer", password, "Dev Patel", "developer@sandbox.example", "Portolan sandbox"));
    }

    /**
     * Lets one member act for another.
     *
     * @param relatedPerson who the one is in the other's record, or null if nobody stands there
     */
    public void represent(String user, String patient, String displayName, String relation, @Nullable String relatedPerson, @Nullable Instant until) {
        accounts.findByUsername(user).ifPresent(account -> accounts.addRepresentation(account.id(), new Accounts.Represented(patient, displayName, relation, relatedPerson), until));
    }

    /** A confidential and a public app. */
    public List<SampleApp> sampleApps() {
        return List.of(sample("sample-confidential", "Sample app on a server", "client_secret_basic"), sample("sample-public", "Sample app in a browser", "none"));
    }

    private SampleApp sample(String clientId, String name, String method) {
        if (apps.find(clientId).isEmpty()) {
            AppRequest request = new AppRequest(name, null, method, List.of("authorization_code"), null, MEMBER_SCOPES, REDIRECT_URIS, null, null, null, SAMPLE, Map.of("policy", "yes", "no_sale", "yes"));
            String developer = accounts.findByUsername("developer").map(Account::id).orElse(null);
            AppLifecycle.Registered registered = register(clientId, request, developer);
            if (registered != null && registered.secret() != null) {
                kept.replace("app " + clientId, registered.secret().secret());
            }
        }
        String secret = kept.find("app " + clientId);
        return new SampleApp(name, clientId, secret, REDIRECT_URIS);
    }

    /**
     * A provider's system, which acts for itself.
     *
     * @param key file with its private key (PEM, PKCS #8), for the user who runs the server alone; null if the app was made with another data directory
     */
    public record ProviderApp(String clientId, String keyId, @Nullable Path key) {}

    /** The app of a provider's organization, with a key to get tokens by (SMART Backend Services, RS384). */
    public ProviderApp providerApp() {
        String clientId = "sample-provider";
        if (apps.find(clientId).isEmpty()) {
            register(clientId, new AppRequest("Pelican Hospital's EHR", App.Kind.BACKEND, "private_key_jwt", List.of("client_credentials"), null, "system/*.rs system/Group.rus", List.of(), null, null,
                    new JWKSet(providerKey(clientId).toPublicJWK()).toString(), SAMPLE, Map.of()), null);
        }
        boolean known = kept.find("key " + clientId) != null;
        return new ProviderApp(clientId, "provider-1", known ? pem(providerKey(clientId)) : null);
    }

    private RSAKey providerKey(String clientId) {
        try {
            return RSAKey.parse(kept.get("key " + clientId, SandboxAccess::freshRsaKey));
        } catch (ParseException e) {
            throw new SandboxException("The provider's key that is kept cannot be read", e);
        }
    }

    private static String freshRsaKey() {
        try {
            return new RSAKeyGenerator(3072).keyID("provider-1").algorithm(JWSAlgorithm.RS384).keyUse(KeyUse.SIGNATURE).generate().toJSONString();
        } catch (JOSEException e) {
            throw new SandboxException("This Java makes no RSA keys", e);
        }
    }

    private Path pem(RSAKey key) {
        try {
            return kept.beside("sandbox-provider-key.pem", "-----BEGIN PRIVATE KEY-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.toPrivateKey().getEncoded()) + "\n-----END PRIVATE KEY-----\n");
        } catch (JOSEException e) {
            throw new SandboxException("The provider's key that is kept cannot be read", e);
        }
    }

    private interface Person {

        NewAccount with(String password);
    }

    private SignIn account(String user, Person person) {
        if (accounts.findByUsername(user).isEmpty()) {
            // Kept before it is set: whatever happens in between, the password that is shown is the one that works.
            try {
                accounts.add(person.with(kept.get("account " + user, SandboxAccess::freshPassword)));
            } catch (Accounts.NameTaken atTheSameMoment) {
                kept.forget("account " + user); // by another server that starts on the same database
            }
        }
        return new SignIn(user, kept.find("account " + user));
    }

    private static String freshPassword() {
        String letters = "abcdefghjkmnpqrstuvwxyz23456789";
        StringBuilder password = new StringBuilder();
        SecureRandom random = new SecureRandom();
        for (int i = 0; i < 14; i++) {
            password.append(i == 4 || i == 9 ? '-' : letters.charAt(random.nextInt(letters.length())));
        }
        return password.toString();
    }

    /** With the private key, which is kept too, the operator's own programs get tokens as any backend service does. */
    private String operatorKeys(String clientId) {
        try {
            ECKey key = ECKey.parse(kept.get("key " + clientId, SandboxAccess::freshKey));
            return new JWKSet(key.toPublicJWK()).toString();
        } catch (ParseException e) {
            throw new SandboxException("The operator's key that is kept cannot be read", e);
        }
    }

    private static String freshKey() {
        try {
            return new ECKeyGenerator(Curve.P_384).keyID("operator-1").algorithm(JWSAlgorithm.ES384).keyUse(KeyUse.SIGNATURE).generate().toJSONString();
        } catch (JOSEException e) {
            throw new SandboxException("This Java makes no P-384 keys", e);
        }
    }
}
