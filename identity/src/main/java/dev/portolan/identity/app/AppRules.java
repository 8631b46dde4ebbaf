package dev.portolan.identity.app;

import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import dev.portolan.identity.key.KeyAddresses;
import dev.portolan.identity.key.SignedTokens;
import dev.portolan.identity.scope.ResourceScope;
import dev.portolan.identity.scope.SmartScope;
import dev.portolan.identity.scope.SmartScopes;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Whether a registration makes sense, and what it comes to (RFC 7591, section 2). Technical rules only: nobody is turned away for who they are. */
@Component
final class AppRules {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Set<String> NOT_CLAIMABLE = Set.of("javascript", "data", "file", "vbscript", "about", "blob", "ftp", "http", "https");
    static final SmartScopes DEFAULT_USER = SmartScopes.parse(
            "openid fhirUser launch launch/patient launch/encounter offline_access online_access patient/*.rs user/*.rs");
    static final SmartScopes DEFAULT_SYSTEM = SmartScopes.parse("system/*.rs");

    /** Control characters but those between words, separators of lines and paragraphs, embeddings, overrides and isolates of direction, and what has no width. */
    private static final Pattern TRICKS = Pattern.compile("[\\p{Cc}&&[^\\t\\r\\n]]|[\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069\\u200B\\u2060\\uFEFF]");
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[.*]");

    private final KeyAddresses keyAddresses;

    AppRules(KeyAddresses keyAddresses) {
        this.keyAddresses = keyAddresses;
    }

    /** The parts of an app that a registration decides. */
    record Checked(String name, App.Kind kind, App.AuthMethod authMethod, List<String> grantTypes, SmartScopes scopes,
                   List<String> redirectUris, @Nullable String launchUri, @Nullable String jwksUri, @Nullable String jwks,
                   App.Metadata metadata, Map<String, String> attestation) {}

    Checked check(AppRequest request) {
        String name = request.name() == null ? "" : request.name().strip();
        if (name.isEmpty() || name.length() > 100) {
            throw metadata("client_name is needed, with at most 100 characters: members see it when they decide.");
        }
        App.Metadata about = request.metadata() == null ? App.Metadata.EMPTY : request.metadata();
        if (name.lines().count() > 1) {
            throw metadata("client_name is one line.");
        }
        plain("client_name", name);
        plain("organization", about.organization());
        plain("description", about.description());
        App.AuthMethod method = method(request.authMethod());
        List<String> grants = grants(request, method);
        boolean backend = grants.contains("client_credentials");
        App.Kind kind = request.kind() != null ? request.kind() : backend ? App.Kind.BACKEND : method == App.AuthMethod.NONE ? App.Kind.BROWSER : App.Kind.WEB;
        List<String> redirects = request.redirectUris() == null ? List.of() : request.redirectUris();
        if (grants.contains("authorization_code") && redirects.isEmpty()) {
            throw new AppRejected("invalid_redirect_uri", "redirect_uris needs at least one address for the authorization_code grant.");
        }
        redirects.forEach(this::redirect);
        keys(request, method);
        link("launch_uri", request.launchUri());
        link("client_uri", about.clientUri());
        link("logo_uri", about.logoUri());
        link("policy_uri", about.policyUri());
        link("tos_uri", about.tosUri());
        return new Checked(name, kind, method, grants, scopes(request.scope(), backend, grants), List.copyOf(redirects), blank(request.launchUri()),
                blank(request.jwksUri()), blank(request.jwks()), about, request.attestation() == null ? Map.of() : request.attestation());
    }

    private static App.AuthMethod method(@Nullable String asked) {
        String wanted = asked == null || asked.isBlank() ? "client_secret_basic" : asked; // the default of RFC 7591, section 2
        return Arrays.stream(App.AuthMethod.values()).filter(m -> m.value().equals(wanted)).findFirst().orElseThrow(() ->
                metadata("token_endpoint_auth_method must be none, client_secret_basic, client_secret_post or private_key_jwt."));
    }

    private static List<String> grants(AppRequest request, App.AuthMethod method) {
        List<String> asked = request.grantTypes() == null || request.grantTypes().isEmpty() ? List.of("authorization_code") : request.grantTypes();
        for (String grant : asked) {
            if (!Set.of("authorization_code", "refresh_token", "client_credentials").contains(grant)) {
                throw metadata("grant_types may hold authorization_code, refresh_token and client_credentials; " + grant + " is not supported.");
            }
        }
        if (asked.contains("client_credentials") && method != App.AuthMethod.PRIVATE_KEY_JWT) {
            throw metadata("The client_credentials grant needs token_endpoint_auth_method private_key_jwt (SMART Backend Services).");
        }
        if (asked.contains("refresh_token") && !asked.contains("authorization_code")) {
            throw metadata("The refresh_token grant goes with authorization_code only.");
        }
        if (request.responseTypes() != null && !request.responseTypes().isEmpty() && !request.responseTypes().equals(List.of("code"))) {
            throw metadata("response_types may only be [\"code\"].");
        }
        List<String> grants = new ArrayList<>(asked);
        if (grants.contains("authorization_code") && !grants.contains("refresh_token")) {
            grants.add("refresh_token"); // whether one is issued is the member's choice: offline_access
        }
        return List.copyOf(grants);
    }

    private void redirect(String text) {
        URI uri = uri(text);
        String scheme = uri == null || uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        boolean web = scheme.equals("https") && uri.getHost() != null;
        boolean loopback = scheme.equals("http") && uri.getHost() != null && LOOPBACK.contains(uri.getHost());
        // A claimed scheme is a reversed domain name, RFC 8252, section 7.1.
        boolean claimed = scheme.contains(".") && !NOT_CLAIMABLE.contains(scheme);
        if (uri == null || uri.isOpaque() || !uri.toASCIIString().equals(text) || uri.getFragment() != null || uri.getUserInfo() != null || text.contains("*") || !(web || loopback || claimed)) {
            throw new AppRejected("invalid_redirect_uri", "redirect_uris: " + text
                    + " must be https, http on the loopback address, or an app's own scheme such as com.example.app:/done; no fragment, no wildcard, and what is not ASCII escaped.");
        }
    }

    private void keys(AppRequest request, App.AuthMethod method) {
        boolean url = blank(request.jwksUri()) != null;
        boolean inline = blank(request.jwks()) != null;
        if (url && inline) {
            throw metadata("Give jwks_uri or jwks, not both.");
        }
        if (method == App.AuthMethod.PRIVATE_KEY_JWT && !url && !inline) {
            throw metadata("private_key_jwt needs jwks_uri or jwks.");
        }
        if (url) {
            URI uri = uri(request.jwksUri());
            boolean secure = uri != null && "https".equals(uri.getScheme());
            boolean local = keyAddresses.allowsOwnMachine() && uri != null && "http".equals(uri.getScheme()) && LOOPBACK.contains(String.valueOf(uri.getHost()));
            if (!secure && !local) {
                throw metadata("jwks_uri must be an https address.");
            }
            if (secure && !isReachable(uri)) {
                throw metadata("jwks_uri must lead to an address on the Internet, from where this server can fetch the keys.");
            }
        }
        if (inline) {
            inlineKeys(request.jwks());
        }
    }

    /** What a name leads to is looked at each time that the keys are fetched; an address says it at once. */
    private boolean isReachable(URI uri) {
        try {
            return uri.getHost() != null && (!ADDRESS.matcher(uri.getHost()).matches() || keyAddresses.allows(InetAddress.getByName(uri.getHost())));
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static void inlineKeys(String jwks) {
        try {
            JWKSet set = SignedTokens.parseKeys(jwks);
            if (set.getKeys().isEmpty() || set.getKeys().stream().anyMatch(k -> !(k instanceof AsymmetricJWK))) {
                throw metadata("jwks must hold at least one RSA or EC public key.");
            }
            if (set.getKeys().stream().anyMatch(JWK::isPrivate)) {
                throw metadata("jwks holds a private key. Send public keys only, and replace this key: it is no longer secret.");
            }
        } catch (ParseException e) {
            throw metadata("jwks is not a JSON Web Key Set: it needs an array named keys.");
        }
    }

    private static SmartScopes scopes(@Nullable String asked, boolean backend, List<String> grants) {
        if (asked == null || asked.isBlank()) {
            return backend && !grants.contains("authorization_code") ? DEFAULT_SYSTEM : DEFAULT_USER;
        }
        List<SmartScope> allowed = SmartScopes.parse(asked).values().stream().filter(scope ->
                !(scope instanceof ResourceScope r) || r.level() == ResourceScope.Level.SYSTEM == backend || grants.size() > 2).toList();
        if (allowed.isEmpty()) {
            throw metadata("scope holds nothing that an app with these grant_types can be given.");
        }
        return new SmartScopes(allowed);
    }

    /** Members decide by what they read, so it reads as it is written: nothing that turns it around, hides or breaks it. Marks of direction, which names of right-to-left scripts may hold, do none of that. */
    private static void plain(String field, String text) {
        if (TRICKS.matcher(text).find()) {
            throw metadata(field + " holds characters that control how text is shown; leave them out.");
        }
    }

    private static void link(String field, @Nullable String text) {
        if (text == null || text.isBlank()) {
            return;
        }
        URI uri = uri(text);
        if (uri == null || uri.getHost() == null || !Set.of("https", "http").contains(String.valueOf(uri.getScheme()))) {
            throw metadata(field + " must be a web address.");
        }
    }

    private static @Nullable URI uri(@Nullable String text) {
        try {
            return text == null ? null : URI.create(text);
        } catch (IllegalArgumentException notAnAddress) {
            return null; // the caller says what is wrong with the field
        }
    }

    static @Nullable String blank(@Nullable String text) {
        return text == null || text.isBlank() ? null : text;
    }

    private static AppRejected metadata(String message) {
        return new AppRejected("invalid_client_metadata", message);
    }
}
