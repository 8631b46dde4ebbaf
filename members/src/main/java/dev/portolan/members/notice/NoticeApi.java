package dev.portolan.members.notice;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.members.notice.Notice.Kind;
import dev.portolan.members.notice.Notice.State;
import java.time.Clock;
import java.time.Year;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The plan's mail house: makes education notices, fetches what waits, says what became of it (docs/security.md, "Notices"). For staff of the call centre. */
@RestController
public class NoticeApi {

    private static final int MOST_MEMBERS = 1_000;
    private static final int LONGEST = 200;

    private final MemberNotices notices;
    private final Function<String, Optional<String>> languages;
    private final SecurityEvents events;
    private final Clock clock;

    /** @param languages which language a member wants, by the id of the Patient: empty if there is no such member */
    public NoticeApi(MemberNotices notices, Function<String, Optional<String>> languages, SecurityEvents events, Clock clock) {
        this.notices = notices;
        this.languages = languages;
        this.events = events;
        this.clock = clock;
    }

    @PostMapping("/api/notices")
    Map<String, Object> educate(Account staff, @RequestBody Map<String, Object> body) {
        Kind kind = kind(text(body, "kind"));
        int thisYear = Year.from(clock.instant().atZone(ZoneOffset.UTC)).getValue();
        int year = body.get("year") instanceof Integer given ? given : thisYear;
        if (Math.abs(year - thisYear) > 1 || !(body.get("members") instanceof List<?> members) || members.size() > MOST_MEMBERS || !members.stream().allMatch(String.class::isInstance)) {
            throw new IllegalArgumentException("members must be an array of up to " + MOST_MEMBERS + " ids of Patients, and year this year or the one before or after.");
        }
        List<String> ids = members.stream().map(String.class::cast).filter(id -> id.matches("[A-Za-z0-9.-]{1,64}")).distinct().toList();
        tell(SecurityEvent.Type.NOTICE_CHANGED, staff, null, Map.of("action", "make", "kind", kind.name(), "members", String.join(" ", ids)));
        int made = 0;
        List<Object> unknown = new ArrayList<>(members.stream().filter(id -> !ids.contains(id)).toList());
        for (String id : ids) {
            Optional<String> language = languages.apply(id);
            if (language.isEmpty()) {
                unknown.add(id);
            } else if (notices.educate(kind, id, year, language.get(), staff.id())) {
                made++;
            }
        }
        return Map.of("made", made, "there_already", members.size() - unknown.size() - made, "unknown", unknown);
    }

    @GetMapping("/api/notices")
    List<Map<String, Object>> waiting(Account staff, @RequestParam(name = "kind", required = false) @Nullable String kind, @RequestParam(name = "patient", required = false) @Nullable String patient) {
        List<Notice> found = patient == null ? notices.waiting(kind == null ? null : kind(kind)) : notices.of(patient);
        tell(SecurityEvent.Type.NOTICE_READ, staff, null, Map.of("what", patient == null ? "waiting" : "member", "members", found.stream().map(Notice::patient).distinct().collect(Collectors.joining(" "))));
        return found.stream().map(NoticeApi::json).toList();
    }

    @GetMapping("/api/notices/{id}")
    ResponseEntity<Object> read(Account staff, @PathVariable("id") String id) {
        return notices.find(id).<ResponseEntity<Object>>map(notice -> {
            tell(SecurityEvent.Type.NOTICE_READ, staff, notice.patient(), Map.of("what", "log"));
            Map<String, Object> json = json(notice);
            json.put("log", notices.log(id).stream().map(event -> Map.of("at", event.at().toString(), "state", word(event.state()), "channel", event.channel(), "detail", event.detail(), "by", event.by())).toList());
            return ResponseEntity.ok(json);
        }).orElseGet(NoticeApi::nothing);
    }

    /** What became of it. */
    @PostMapping("/api/notices/{id}/delivery")
    ResponseEntity<Object> report(Account staff, @PathVariable("id") String id, @RequestBody Map<String, Object> body) {
        State state = Arrays.stream(State.values()).filter(each -> word(each).equals(body.get("state")) && each != State.WAITING).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("state must be handed-over, delivered or failed."));
        String channel = text(body, "channel");
        String detail = body.containsKey("detail") ? text(body, "detail") : "";
        Optional<Notice> present = notices.find(id);
        if (present.isEmpty()) {
            return nothing();
        }
        tell(SecurityEvent.Type.NOTICE_CHANGED, staff, present.get().patient(), Map.of("action", word(state)));
        return notices.report(id, state, channel, detail, staff.id()).<ResponseEntity<Object>>map(notice -> ResponseEntity.ok(json(notice))).orElseGet(NoticeApi::nothing);
    }

    @ExceptionHandler
    ResponseEntity<Object> wrong(IllegalArgumentException e) {
        return ResponseEntity.badRequest().body(Map.of("error", "invalid_request", "error_description", String.valueOf(e.getMessage())));
    }

    private void tell(SecurityEvent.Type type, Account staff, @Nullable String patient, Map<String, String> details) {
        events.record(type, true, null, staff.id(), patient, null, details);
    }

    private static ResponseEntity<Object> nothing() {
        return ResponseEntity.status(404).body(Map.of("error", "not_found", "error_description", "There is no such message."));
    }

    private static Map<String, Object> json(Notice notice) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", notice.id());
        json.put("patient", notice.patient());
        json.put("kind", word(notice.kind()));
        json.put("about", notice.about());
        json.put("language", notice.language());
        json.put("wanted_language", notice.wanted());
        json.put("subject", notice.subject());
        json.put("text", notice.body());
        json.put("state", word(notice.state()));
        json.put("created_at", notice.createdAt().toString());
        return json;
    }

    private static Kind kind(String word) {
        return Arrays.stream(Kind.values()).filter(kind -> word(kind).equals(word)).findFirst().orElseThrow(() -> new IllegalArgumentException("kind must be provider-access, payer-to-payer or decision."));
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String text(Map<String, Object> body, String name) {
        if (!(body.get(name) instanceof String text) || text.isBlank() || text.length() > LONGEST) {
            throw new IllegalArgumentException(name + " must be a string of at most " + LONGEST + " characters.");
        }
        return text;
    }
}
