package dev.portolan.identity.udap;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRejected;
import dev.portolan.identity.app.AppRequest;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.udap.UdapClients.Member;
import dev.portolan.identity.udap.UdapStatements.Signed;
import java.security.cert.X509Certificate;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Registration by a software statement that a certificate signs (UDAP Security 2.0, section 3): a new app, a change to one, or its end. */
@RestController
class UdapRegistration {
    static final String PATH = "/oauth2/udap/register";
    private static final List<String> NOT_METADATA = List.of("iss", "sub", "aud", "exp", "iat", "jti", "nbf");

    private final UdapStatements statements;
    private final UdapClients clients;
    private final AppLifecycle lifecycle;
    private final Apps apps;
    private final IdentityDatabase database;
    private final IdentityProperties properties;

    UdapRegistration(UdapStatements statements, UdapClients clients, AppLifecycle lifecycle, Apps apps, IdentityDatabase database, IdentityProperties properties) {
        this.statements = statements;
        this.clients = clients;
        this.lifecycle = lifecycle;
        this.apps = apps;
        this.database = database;
        this.properties = properties;
    }

    @PostMapping(path = PATH, consumes = "application/json", produces = "application/json")
    ResponseEntity<Map<String, Object>> register(@RequestBody Map<String, Object> body) {
        if (statements.communities().isEmpty()) {
            return ResponseEntity.notFound().build();
        }
        if (!"1".equals(body.get("udap")) || !(body.get("software_statement") instanceof String statement)) {
            throw new AppRejected("invalid_client_metadata", "udap must be \"1\", and software_statement a signed JWT.");
        }
        Signed signed = statements.verified(statement, null);
        JWTClaimsSet claims = signed.claims();
        String uri = claims.getIssuer();
        if (uri == null || !uri.equals(claims.getSubject()) || !UdapStatements.uris(signed.certificate()).contains(uri)) {
            throw UdapRefused.invalid("iss and sub must both be a URI that is in the Subject Alternative Name of the certificate");
        }
        statements.checkTimesAndUse(claims, properties.url(PATH));
        return database.inTransaction(() -> {
            // Two requests of one app: the second sees what the first made.
            database.sql("select pg_advisory_xact_lock(hashtextextended(?, 0))").param("identity.udap " + signed.community().uri() + " " + uri).query().singleRow();
            Optional<App> known = clients.find(signed.community().uri(), uri).flatMap(member -> apps.find(member.clientId()));
            return texts(claims, "grant_types").isEmpty() ? cancel(known.filter(UdapRegistration::lives), uri, claims, statement) : keep(known, uri, signed, statement);
        });
    }

    private static boolean lives(App app) {
        return app.state() != App.State.RETIRED;
    }

    private ResponseEntity<Map<String, Object>> keep(Optional<App> known, String uri, Signed signed, String statement) {
        AppRequest request = request(signed, statement);
        if (known.isPresent() && lives(known.get())) {
            AppLifecycle.Vouched vouched = signed.community().approved() ? AppLifecycle.Vouched.EVERYTHING : AppLifecycle.Vouched.KEYS;
            return answer(200, lifecycle.update(known.get().clientId(), request, uri, vouched), signed.claims(), statement);
        }
        App app = lifecycle.register(request, uri, null, signed.community().approved()).app();
        clients.save(new Member(app.clientId(), signed.community().uri(), uri));
        // Whoever was ended while it was suspended is the same app as before: staff decide whether it works again.
        known.flatMap(before -> lifecycle.endedSuspendedFor(before.clientId())).ifPresent(criterion ->
                lifecycle.suspend(app.clientId(), "server", criterion, "it was suspended when its registration before ended: " + known.get().clientId()));
        return answer(201, apps.find(app.clientId()).orElseThrow(), signed.claims(), statement);
    }

    private ResponseEntity<Map<String, Object>> cancel(Optional<App> present, String uri, JWTClaimsSet claims, String statement) {
        App app = present.orElseThrow(() -> new AppRejected("invalid_client_metadata", "grant_types is empty, which ends a registration, and there is none of this app."));
        if (app.state() == App.State.SUSPENDED) {
            throw new AppRejected("unapproved_software_statement", "This app was stopped by the plan, whose staff alone can end its registration.");
        }
        lifecycle.end(app.clientId(), uri, "ended by its registration");
        return answer(200, app, claims, statement);
    }

    private static AppRequest request(Signed signed, String statement) {
        JWTClaimsSet claims = signed.claims();
        List<String> grants = texts(claims, "grant_types");
        boolean code = grants.contains("authorization_code");
        if (code == grants.contains("client_credentials")) {
            throw metadata("grant_types must hold authorization_code or client_credentials, and not both.");
        }
        if (!"private_key_jwt".equals(text(claims, "token_endpoint_auth_method"))) {
            throw metadata("token_endpoint_auth_method must be private_key_jwt.");
        }
        List<String> redirects = texts(claims, "redirect_uris");
        if (code ? redirects.isEmpty() || !redirects.stream().allMatch(each -> each.startsWith("https://")) : claims.getClaim("redirect_uris") != null) {
            throw new AppRejected("invalid_redirect_uri", "redirect_uris must be https addresses with authorization_code, and absent otherwise.");
        }
        if (code ? !texts(claims, "response_types").equals(List.of("code")) : claims.getClaim("response_types") != null) {
            throw metadata("response_types must be [\"code\"] with authorization_code, and absent otherwise.");
        }
        String logo = text(claims, "logo_uri");
        if (code && (logo == null || !logo.startsWith("https://"))) {
            throw metadata("logo_uri must be an https address with authorization_code.");
        }
        List<String> contacts = texts(claims, "contacts");
        if (contacts.stream().noneMatch(each -> each.matches("mailto:[^@\\s]+@[^@\\s]+"))) {
            throw metadata("contacts must hold at least one mailto: address.");
        }
        if (text(claims, "scope") == null) {
            throw metadata("scope is required.");
        }
        App.Metadata about = new App.Metadata("", organization(signed.certificate()), orEmpty(claims, "client_uri"), orEmpty(claims, "logo_uri"), orEmpty(claims, "policy_uri"), orEmpty(claims, "tos_uri"),
                contacts.stream().map(each -> each.startsWith("mailto:") ? each.substring("mailto:".length()) : each).toList(), "", "", statement);
        return new AppRequest(text(claims, "client_name"), code ? App.Kind.WEB : App.Kind.BACKEND, "private_key_jwt", grants, code ? List.of("code") : null, text(claims, "scope"), redirects, null, null,
                new JWKSet(key(signed.certificate())).toString(), about, null);
    }

    /** Kept to be looked at: what proves the app is each certificate that its community vouches for. */
    private static JWK key(X509Certificate certificate) {
        try {
            return certificate.getPublicKey() instanceof java.security.interfaces.RSAPublicKey ? RSAKey.parse(certificate) : ECKey.parse(certificate);
        } catch (JOSEException e) {
            throw UdapRefused.invalid("the key of the certificate must be RSA, or EC on a curve of JWS");
        }
    }

    private static String organization(X509Certificate certificate) {
        String name = certificate.getSubjectX500Principal().getName();
        java.util.regex.Matcher organization = java.util.regex.Pattern.compile("(?:^|,)O=([^,+\\\\]{1,200})").matcher(name);
        return organization.find() ? organization.group(1) : "";
    }

    private ResponseEntity<Map<String, Object>> answer(int status, App app, JWTClaimsSet claims, String statement) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("client_id", app.clientId());
        json.put("client_id_issued_at", app.createdAt().getEpochSecond());
        json.put("software_statement", statement);
        claims.getClaims().forEach((name, value) -> {
            if (!NOT_METADATA.contains(name)) {
                json.putIfAbsent(name, value); // whatever else it says, the app is who was registered
            }
        });
        // What was registered is what counts (RFC 7591, section 3.2.1), and the order of scopes says nothing.
        if (!java.util.Set.of(String.valueOf(json.get("scope")).split(" +")).equals(java.util.Set.copyOf(app.scopes().texts()))) {
            json.put("scope", app.scopes().text());
        }
        if (lifecycle.waitsForChange(app.clientId())) {
            json.put("client_name", app.name());
            json.put("grant_types", app.grantTypes());
            if (claims.getClaim("redirect_uris") != null) {
                json.put("redirect_uris", app.redirectUris());
            }
            json.put("change", "waits for its review; until then the app is as it was");
        }
        if (app.state() == App.State.PENDING || app.state() == App.State.SUSPENDED) {
            json.put("state", app.state().name().toLowerCase(Locale.ROOT));
        }
        return ResponseEntity.status(status).header("Cache-Control", "no-store").header("Pragma", "no-cache").body(json);
    }

    @ExceptionHandler
    ResponseEntity<Map<String, Object>> refused(UdapRefused e) {
        return error(e.isUntrusted() ? "unapproved_software_statement" : "invalid_software_statement", "The software_statement is not accepted: " + e.getMessage() + ".");
    }

    @ExceptionHandler
    ResponseEntity<Map<String, Object>> rejected(AppRejected e) {
        return error(e.code(), String.valueOf(e.getMessage()));
    }

    @ExceptionHandler
    ResponseEntity<Map<String, Object>> unreadable(HttpMessageNotReadableException e) {
        return error("invalid_client_metadata", "The body must be a JSON object.");
    }

    private static ResponseEntity<Map<String, Object>> error(String code, String description) {
        return ResponseEntity.badRequest().header("Cache-Control", "no-store").body(Map.of("error", code, "error_description", description));
    }

    private static AppRejected metadata(String message) {
        return new AppRejected("invalid_client_metadata", message);
    }

    private static @Nullable String text(JWTClaimsSet claims, String name) {
        Object value = claims.getClaim(name);
        if (value != null && !(value instanceof String)) {
            throw metadata(name + " must be a string.");
        }
        return (String) value;
    }

    private static String orEmpty(JWTClaimsSet claims, String name) {
        return Objects.requireNonNullElse(text(claims, name), "");
    }

    private static List<String> texts(JWTClaimsSet claims, String name) {
        try {
            List<String> texts = claims.getStringListClaim(name);
            if (texts == null && name.equals("grant_types")) {
                throw metadata("grant_types is required.");
            }
            if (texts != null && texts.contains(null)) {
                throw metadata(name + " must be an array of strings.");
            }
            return texts == null ? List.of() : new ArrayList<>(texts);
        } catch (ParseException e) {
            throw metadata(name + " must be an array of strings.");
        }
    }
}
