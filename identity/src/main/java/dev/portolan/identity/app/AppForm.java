package dev.portolan.identity.app;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.util.MultiValueMap;
import tools.jackson.core.JacksonException;

/** The form with which developers register apps and change them, and the metadata of RFC 7591 that it stands for. */
final class AppForm {
    private static final List<String> LINES = List.of("client_name", "description", "organization", "client_uri", "logo_uri", "policy_uri", "tos_uri", "launch_uri", "jwks_uri", "scope");

    private AppForm() {}

    static Map<String, Object> read(MultiValueMap<String, String> fields) {
        Map<String, Object> json = new HashMap<>();
        for (String name : LINES) {
            String value = fields.getFirst(name);
            if (value != null && !value.isBlank()) {
                json.put(name, value.strip());
            }
        }
        String keys = fields.getFirst("jwks");
        if (keys != null && !keys.isBlank()) {
            json.put("jwks", keys(keys));
        }
        boolean signs = json.containsKey("jwks_uri") || json.containsKey("jwks");
        String kind = Objects.requireNonNullElse(fields.getFirst("kind"), "web").toLowerCase(Locale.ROOT);
        json.put("kind", kind);
        json.put("token_endpoint_auth_method", switch (kind) {
            case "browser", "native" -> "none";
            case "backend" -> "private_key_jwt";
            default -> signs ? "private_key_jwt" : "client_secret_basic";
        });
        json.put("grant_types", kind.equals("backend") ? List.of("client_credentials") : List.of("authorization_code"));
        json.put("redirect_uris", lines(fields.getFirst("redirect_uris")));
        json.put("contacts", lines(fields.getFirst("contacts")));
        Map<String, String> answers = new HashMap<>();
        Attestation.QUESTIONS.forEach(q -> answers.put(q.key(), Objects.requireNonNullElse(fields.getFirst("answer." + q.key()), "")));
        json.put("attestation", answers);
        return json;
    }

    /** What the form does not ask about stays as it is: what sort of software it is, its grants, how it proves who it is (unless it has keys now), and what it says of its software. */
    static Map<String, Object> keeping(App app, Map<String, Object> form) {
        Map<String, Object> json = new HashMap<>(form);
        boolean signs = json.containsKey("jwks_uri") || json.containsKey("jwks");
        json.put("kind", app.kind().name());
        json.put("token_endpoint_auth_method", (signs && app.authMethod().hasSecret() ? App.AuthMethod.PRIVATE_KEY_JWT : app.authMethod()).value());
        json.put("grant_types", app.grantTypes());
        Map<String, String> software = Map.of("software_id", app.metadata().softwareId(), "software_version", app.metadata().softwareVersion(), "software_statement", app.metadata().softwareStatement());
        software.forEach((name, value) -> {
            if (!value.isEmpty()) {
                json.put(name, value);
            }
        });
        return json;
    }

    /** What stands in the form of an app that is there. */
    static Map<String, String> of(App app) {
        Map<String, String> given = new HashMap<>();
        App.Metadata about = app.metadata();
        given.putAll(Map.of("client_name", app.name(), "description", about.description(), "organization", about.organization(), "client_uri", about.clientUri(), "logo_uri", about.logoUri(),
                "policy_uri", about.policyUri(), "tos_uri", about.tosUri(), "contacts", String.join("\n", about.contacts()), "redirect_uris", String.join("\n", app.redirectUris()), "scope", app.scopes().text()));
        given.put("launch_uri", Objects.requireNonNullElse(app.launchUri(), ""));
        given.put("jwks_uri", Objects.requireNonNullElse(app.jwksUri(), ""));
        given.put("jwks", Objects.requireNonNullElse(app.jwks(), ""));
        app.attestation().forEach((question, answer) -> given.put("answer." + question, answer));
        return given;
    }

    /** The field that a refusal is about; empty if it is about none. */
    static String field(String refusal) {
        List<String> words = List.of(refusal.split("[^a-z_]+"));
        return words.stream().filter(word -> LINES.contains(word) || word.equals("redirect_uris") || word.equals("contacts") || word.equals("jwks")).findFirst().orElse("");
    }

    private static Object keys(String text) {
        try {
            return ClientMetadata.JSON.readValue(text, Map.class);
        } catch (JacksonException e) {
            throw new AppRejected("invalid_client_metadata", "The public keys are not JSON: paste the whole key set, from { to }.");
        }
    }

    private static List<String> lines(@Nullable String text) {
        return text == null ? List.of() : new ArrayList<>(Arrays.stream(text.split("\\s+")).filter(l -> !l.isBlank()).toList());
    }
}
