package dev.portolan.provideraccess;

import dev.portolan.identity.account.Account;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Notices to members, for the plan's programs: who is due one, and batches for whoever sends them (docs/provider-access.md). */
@RestController
@RequestMapping("/api/provider-access/notices")
public final class NoticesApi {

    private static final int SHOWN = 1_000;

    private final AccessNotices notices;
    private final NoticeLetters letters;

    public NoticesApi(AccessNotices notices, NoticeLetters letters) {
        this.notices = notices;
        this.letters = letters;
    }

    /** What is open, and the most urgent of it. */
    @GetMapping
    Map<String, Object> open(Account staff, HttpServletRequest request) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("open", notices.open());
        List<Notice> due = notices.due(SHOWN).stream().map(NoticeRows.Listed::notice).toList();
        letters.shown(staff, request, due);
        json.put("due", due);
        json.put("batches", notices.batches(SHOWN));
        return json;
    }

    /** Counts anew; the same again changes nothing. */
    @PostMapping
    Map<String, Object> count(Account staff, HttpServletRequest request) {
        letters.changes(staff, request, "notices-counted", "all");
        notices.count();
        return open(staff, request);
    }

    /** @param by the last day that counts as due; without it within the next 60 days */
    @PostMapping("/batches")
    ResponseEntity<Object> handOver(Account staff, HttpServletRequest request, @RequestParam(name = "by", required = false) @Nullable String by) {
        LocalDate until = day(by);
        letters.changes(staff, request, "notices-handed-over", "by=" + until);
        return notices.handOver(until, staff.id()).<ResponseEntity<Object>>map(batch -> ResponseEntity.status(201).body(batch))
            .orElseGet(() -> ResponseEntity.ok(Map.of("members", 0)));
    }

    private LocalDate day(@Nullable String text) {
        try {
            return text == null || text.isBlank() ? notices.usualDay() : LocalDate.parse(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("by is a day such as 2027-01-31.", e);
        }
    }

    @GetMapping(path = "/batches/{id}", produces = "text/csv")
    void csv(Account staff, HttpServletRequest request, HttpServletResponse response, @PathVariable("id") long id) throws IOException {
        if (notices.batch(id).isEmpty()) {
            response.sendError(404);
            return;
        }
        letters.send(staff, request, response, id);
    }

    @DeleteMapping("/batches/{id}")
    ResponseEntity<Object> takeBack(Account staff, HttpServletRequest request, @PathVariable("id") long id) {
        letters.changes(staff, request, "notices-taken-back", "batch=" + id);
        return notices.takeBack(id, staff.id()) ? ResponseEntity.ok(notices.batch(id).orElseThrow())
            : ResponseEntity.status(404).body(Map.of("error", "not_found", "error_description", "There is no such batch, or it was taken back before."));
    }

    @ExceptionHandler
    ResponseEntity<Object> wrong(IllegalArgumentException e) {
        return ResponseEntity.badRequest().body(Map.of("error", "invalid_request", "error_description", String.valueOf(e.getMessage())));
    }
}
