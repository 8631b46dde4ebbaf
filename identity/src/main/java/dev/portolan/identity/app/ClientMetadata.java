package dev.portolan.identity.app;

import dev.portolan.identity.NulCharacter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Client metadata as JSON, under the names of RFC 7591, section 2; the plan's own additions are {@code kind}, {@code launch_uri} and {@code attestation}. */
final class ClientMetadata {
    static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int LONGEST_TEXT = 4_000;

    private ClientMetadata() {}

    static AppRequest read(Map<String, Object> json) {
        Object jwks = json.get("jwks");
        if (jwks != null && !(jwks instanceof Map)) {
            throw wrong("jwks", "an object with an array named keys");
        }
        return new AppRequest(text(json, "client_name"), kind(text(json, "kind")), text(json, "token_endpoint_auth_method"), texts(json, "grant_types"),
                texts(json, "response_types"), text(json, "scope"), texts(json, "redirect_uris"), text(json, "launch_uri"), text(json, "jwks_uri"),
                jwks == null ? null : JSON.writeValueAsString(jwks), about(json), attestation(json));
    }

    private static App.Metadata about(Map<String, Object> json) {
        List<String> contacts = texts(json, "contacts");
        return new App.Metadata(orEmpty(json, "description"), orEmpty(json, "organization"), orEmpty(json, "client_uri"), orEmpty(json, "logo_uri"),
                orEmpty(json, "policy_uri"), orEmpty(json, "tos_uri"), contacts == null ? List.of() : contacts, orEmpty(json, "software_id"),
                orEmpty(json, "software_version"), orEmpty(json, "software_statement"));
    }

    private static App.@Nullable Kind kind(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return App.Kind.valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw wrong("kind", "web, native, browser, backend, ehr, payer or resource_server");
        }
    }

    private static Map<String, String> attestation(Map<String, Object> json) {
        Map<String, String> answers = new HashMap<>();
        if (json.get("attestation") instanceof Map<?, ?> given) {
            for (Attestation.Question q : Attestation.QUESTIONS) {
                if (given.get(q.key()) instanceof String answer && (answer.equals("yes") || answer.equals("no"))) {
                    answers.put(q.key(), answer);
                }
            }
        }
        return answers;
    }

    static @Nullable String text(Map<String, Object> json, String name) {
        Object value = json.get(name);
        if (value == null) {
            return null;
        }
        if (!(value instanceof String text) || text.length() > LONGEST_TEXT && !name.equals("software_statement") || NulCharacter.isIn(text)) {
            throw wrong(name, "a string of at most " + LONGEST_TEXT + " characters, none of them U+0000");
        }
        return text;
    }

    private static String orEmpty(Map<String, Object> json, String name) {
        String text = text(json, name);
        return text == null ? "" : text;
    }

    private static @Nullable List<String> texts(Map<String, Object> json, String name) {
        Object value = json.get(name);
        if (value == null) {
            return null;
        }
        if (!(value instanceof List<?> list) || list.size() > 50 || !list.stream().allMatch(v -> v instanceof String text && !NulCharacter.isIn(text))) {
            throw wrong(name, "an array of at most 50 strings without U+0000");
        }
        List<String> texts = new ArrayList<>();
        list.forEach(v -> texts.add((String) v));
        return texts;
    }

    private static AppRejected wrong(String name, String expected) {
        String code = name.equals("redirect_uris") ? "invalid_redirect_uri" : "invalid_client_metadata";
        return new AppRejected(code, name + " must be " + expected + ".");
    }

    /** All that is registered of an app. */
    static Map<String, Object> write(App app) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("client_id", app.clientId());
        json.put("client_id_issued_at", app.createdAt().getEpochSecond());
        json.put("client_name", app.name());
        json.put("redirect_uris", app.redirectUris());
        json.put("token_endpoint_auth_method", app.authMethod().value());
        json.put("grant_types", app.grantTypes());
        json.put("response_types", app.grantTypes().contains("authorization_code") ? List.of("code") : List.of());
        json.put("scope", app.scopes().text());
        put(json, "jwks_uri", app.jwksUri());
        put(json, "jwks", app.jwks() == null ? null : JSON.readTree(app.jwks()));
        App.Metadata about = app.metadata();
        put(json, "client_uri", about.clientUri());
        put(json, "logo_uri", about.logoUri());
        put(json, "policy_uri", about.policyUri());
        put(json, "tos_uri", about.tosUri());
        put(json, "contacts", about.contacts().isEmpty() ? null : about.contacts());
        put(json, "software_id", about.softwareId());
        put(json, "software_version", about.softwareVersion());
        put(json, "software_statement", about.softwareStatement());
        put(json, "description", about.description());
        put(json, "organization", about.organization());
        put(json, "launch_uri", app.launchUri());
        json.put("kind", app.kind().name().toLowerCase(Locale.ROOT));
        json.put("attestation", app.attestation());
        return json;
    }

    private static void put(Map<String, Object> json, String name, @Nullable Object value) {
        if (value != null && !value.equals("")) {
            json.put(name, value);
        }
    }
}
