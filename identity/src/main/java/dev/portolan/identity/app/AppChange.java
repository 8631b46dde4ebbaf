package dev.portolan.identity.app;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.JWK;
import dev.portolan.identity.key.SignedTokens;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What a registration says, and what it would say instead. */
record AppChange(App now, App wanted) {
    /** The line about the keys themselves. */
    static final String KEYS = "Keys";

    /** One line of it, as staff and developers read it. */
    record Difference(String field, String now, String wanted) {}

    /**
     * Whether somebody has to look at it: it touches what reviewers looked at and members are shown. What only takes away (a redirect address, scopes, a key, an answer) does not, and neither do contacts and the numbers
     * of the software.
     *
     * @param keysVouchedFor whether keys need not be looked at, since somebody else vouches for them
     */
    boolean isForReview(boolean keysVouchedFor) {
        return !now.name().equals(wanted.name()) || now.authMethod() != wanted.authMethod() || !now.grantTypes().containsAll(wanted.grantTypes())
                || !wanted.scopes().values().stream().allMatch(now.scopes()::covers) || !now.redirectUris().containsAll(wanted.redirectUris())
                || wanted.launchUri() != null && !wanted.launchUri().equals(now.launchUri())
                || !keysVouchedFor && (wanted.jwksUri() != null && !wanted.jwksUri().equals(now.jwksUri()) || !keys(now).containsAll(keys(wanted)))
                || !shown(now.metadata()).equals(shown(wanted.metadata())) || promisesMore();
    }

    private boolean promisesMore() {
        return wanted.attestation().entrySet().stream().anyMatch(answer -> !answer.getValue().equals("no") && !answer.getValue().equals(now.attestation().get(answer.getKey())));
    }

    private static List<String> shown(App.Metadata about) {
        return List.of(about.description(), about.organization(), about.clientUri(), about.logoUri(), about.policyUri(), about.tosUri());
    }

    private static Set<JsonNode> keys(App app) {
        Set<JsonNode> keys = new HashSet<>();
        if (app.jwks() != null) {
            ClientMetadata.JSON.readTree(app.jwks()).path("keys").forEach(keys::add);
        }
        return keys;
    }

    /** Line by line; what stays as it is is left out. */
    List<Difference> differences() {
        List<Difference> lines = new ArrayList<>();
        line(lines, "Name", now.name(), wanted.name());
        line(lines, "Does", now.metadata().description(), wanted.metadata().description());
        line(lines, "Made by", now.metadata().organization(), wanted.metadata().organization());
        line(lines, "Website", now.metadata().clientUri(), wanted.metadata().clientUri());
        line(lines, "Logo", now.metadata().logoUri(), wanted.metadata().logoUri());
        line(lines, "Privacy policy", now.metadata().policyUri(), wanted.metadata().policyUri());
        line(lines, "Terms", now.metadata().tosUri(), wanted.metadata().tosUri());
        line(lines, "Contacts", String.join(", ", now.metadata().contacts()), String.join(", ", wanted.metadata().contacts()));
        line(lines, "Redirects", String.join(" ", now.redirectUris()), String.join(" ", wanted.redirectUris()));
        line(lines, "Launch address", now.launchUri(), wanted.launchUri());
        line(lines, "Proof", now.authMethod().value(), wanted.authMethod().value());
        line(lines, "Grants", String.join(" ", now.grantTypes()), String.join(" ", wanted.grantTypes()));
        line(lines, "Address of its keys", now.jwksUri(), wanted.jwksUri());
        if (!keys(now).equals(keys(wanted))) {
            lines.add(new Difference(KEYS, keyIds(now), keyIds(wanted)));
        }
        line(lines, "Scopes", now.scopes().text(), wanted.scopes().text());
        line(lines, "Answers", answers(now.attestation()), answers(wanted.attestation()));
        return lines;
    }

    private static void line(List<Difference> lines, String field, @Nullable String now, @Nullable String wanted) {
        if (!Objects.requireNonNullElse(now, "").equals(Objects.requireNonNullElse(wanted, ""))) {
            lines.add(new Difference(field, Objects.requireNonNullElse(now, ""), Objects.requireNonNullElse(wanted, "")));
        }
    }

    /** By name and thumbprint: another key may bear the same name. */
    private static String keyIds(App app) {
        try {
            List<String> ids = new ArrayList<>();
            for (JWK key : app.jwks() == null ? List.<JWK>of() : SignedTokens.parseKeys(app.jwks()).getKeys()) {
                ids.add(Objects.requireNonNullElse(key.getKeyID(), "unnamed") + " (" + key.computeThumbprint().toString().substring(0, 12) + ")");
            }
            return String.join(" ", ids);
        } catch (ParseException | JOSEException e) {
            return "unreadable";
        }
    }

    private static String answers(Map<String, String> attestation) {
        return String.join(", ", new TreeMap<>(attestation).entrySet().stream().map(answer -> answer.getKey() + ": " + answer.getValue()).toList());
    }
}
