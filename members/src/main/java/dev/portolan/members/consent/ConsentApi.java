package dev.portolan.members.consent;

import dev.portolan.identity.account.Account;
import dev.portolan.members.consent.ConsentRequests.Person;
import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import dev.portolan.store.GrantRefusedException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Members' decisions as JSON: {@code GET /api/consents}, {@code GET /api/consents/history}, {@code PUT /api/consents/provider-access} and so on (docs/security.md). */
@RestController
public class ConsentApi {

    /** FHIR's years have four digits, and Java's go further than a database's. */
    private static final Instant LAST = Instant.parse("9999-12-31T00:00:00Z");
    private static final Set<String> STAFF_METHODS = Set.of("call-centre", "paper");

    private final ConsentRequests requests;

    public ConsentApi(ConsentRequests requests) {
        this.requests = requests;
    }

    @GetMapping("/api/consents")
    ResponseEntity<Object> standing(Account account, @RequestParam(name = "patient", required = false) @Nullable String patient) {
        return requests.person(account, patient).map(person -> answer(person, requests.standing(account, person))).orElseGet(ConsentApi::refused);
    }

    @GetMapping("/api/consents/history")
    ResponseEntity<Object> history(Account account, @RequestParam(name = "patient", required = false) @Nullable String patient) {
        return requests.person(account, patient).map(person -> answer(person, requests.history(account, person))).orElseGet(ConsentApi::refused);
    }

    @PutMapping("/api/consents/{kind}")
    ResponseEntity<Object> record(Account account, @PathVariable("kind") String kind, @RequestParam(name = "patient", required = false) @Nullable String patient,
        @RequestParam(name = "app", defaultValue = "") String app, @RequestBody Map<String, Object> body) {
        Optional<Person> person = requests.person(account, patient);
        if (person.isEmpty()) {
            return refused();
        }
        boolean staff = person.get().relation().equals("staff");
        String method = text(body, "method", staff ? "" : "api");
        if (staff && !STAFF_METHODS.contains(method)) {
            throw new IllegalArgumentException("method must be call-centre or paper: how the member told the plan.");
        }
        Preference recorded = requests.record(account, person.get(), kind(kind), app, decision(text(body, "decision", "")), texts(body), until(text(body, "until", "")), staff ? method : "api",
            text(body, "language", "en"));
        return ResponseEntity.ok().header("Cache-Control", "no-store").body(json(recorded));
    }

    @ExceptionHandler
    ResponseEntity<Object> wrong(IllegalArgumentException e) {
        return ResponseEntity.badRequest().body(Map.of("error", "invalid_request", "error_description", String.valueOf(e.getMessage())));
    }

    private static ResponseEntity<Object> refused() {
        return refused("This account decides nothing for this member.");
    }

    @ExceptionHandler
    ResponseEntity<Object> refused(GrantRefusedException e) {
        return refused(String.valueOf(e.getMessage()));
    }

    private static ResponseEntity<Object> refused(String why) {
        return ResponseEntity.status(403).body(Map.of("error", "forbidden", "error_description", why));
    }

    private static ResponseEntity<Object> answer(Person person, List<Preference> preferences) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("patient", person.patient());
        json.put("relation", person.relation());
        json.put("decisions", preferences.stream().map(ConsentApi::json).toList());
        return ResponseEntity.ok().header("Cache-Control", "no-store").body(json);
    }

    private static Map<String, Object> json(Preference preference) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", preference.id());
        json.put("kind", preference.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        json.put("app", preference.app());
        json.put("decision", preference.decision().name().toLowerCase(Locale.ROOT));
        json.put("categories", preference.categories().stream().map(Enum::name).sorted().toList());
        json.put("until", preference.validUntil() == null ? null : preference.validUntil().toString());
        json.put("version", preference.version());
        json.put("recorded_at", preference.recordedAt().toString());
        json.put("recorded_by", preference.recorded().by());
        json.put("relation", preference.recorded().relation());
        json.put("method", preference.recorded().method());
        json.put("language", preference.recorded().language());
        return json;
    }

    private static Kind kind(String word) {
        return Arrays.stream(Kind.values()).filter(kind -> kind.name().equals(word.toUpperCase(Locale.ROOT).replace('-', '_'))).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("There are decisions about provider-access, payer-to-payer, sensitive and app."));
    }

    private static Decision decision(String word) {
        return switch (word) {
            case "permit" -> Decision.PERMIT;
            case "deny" -> Decision.DENY;
            default -> throw new IllegalArgumentException("decision must be permit or deny.");
        };
    }

    private static @Nullable Instant until(String text) {
        if (text.isEmpty()) {
            return null;
        }
        try {
            Instant until = Instant.parse(text);
            if (until.isBefore(Instant.EPOCH) || until.isAfter(LAST)) {
                throw new DateTimeException("out of bounds");
            }
            return until;
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("until must be an instant such as 2027-12-31T00:00:00Z.");
        }
    }

    private static String text(Map<String, Object> body, String name, String otherwise) {
        Object value = body.getOrDefault(name, otherwise);
        if (!(value instanceof String text) || text.length() > 64) {
            throw new IllegalArgumentException(name + " must be a short string.");
        }
        return text;
    }

    private static List<String> texts(Map<String, Object> body) {
        Object value = body.getOrDefault("categories", List.of());
        if (!(value instanceof List<?> list) || !list.stream().allMatch(String.class::isInstance)) {
            throw new IllegalArgumentException("categories must be an array of strings.");
        }
        return list.stream().map(String.class::cast).toList();
    }
}
