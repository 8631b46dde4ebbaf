package dev.portolan.members.merge;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.MovedSignIns;
import dev.portolan.store.MemberMerges;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Pairs that may be one person, and merges, as JSON for staff (docs/merging-members.md). */
@RestController
public class MergeApi {

    private static final String ID = "[A-Za-z0-9.-]{1,64}";

    private final MergeDesk desk;

    public MergeApi(MergeDesk desk) {
        this.desk = desk;
    }

    @GetMapping("/api/duplicates")
    ResponseEntity<Object> pairs(Account staff, @RequestParam(name = "state", defaultValue = "open") String state) {
        Duplicates.State asked = Arrays.stream(Duplicates.State.values()).filter(each -> word(each).equals(state)).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("state must be open, withdrawn, dismissed or merged."));
        return answer(desk.pairs(staff, asked).stream().map(MergeApi::json).toList());
    }

    /** Reads what changed since the last time, and looks for pairs. */
    @PostMapping("/api/duplicates/search")
    ResponseEntity<Object> search() {
        DuplicateSearch.Found found = desk.search();
        return answer(Map.of("patients", found.patients(), "found", found.found()));
    }

    @PostMapping("/api/duplicates/dismiss")
    ResponseEntity<Object> dismiss(Account staff, @RequestBody Map<String, Object> body) {
        return desk.dismiss(staff, id(body, "first"), id(body, "second"), reason(body)) ? answer(Map.of("state", "dismissed")) : error(404, "not_found", "No such pair is open.");
    }

    @GetMapping("/api/member-merges")
    ResponseEntity<Object> merges(Account staff) {
        return answer(desk.merges(staff).stream().map(MergeApi::json).toList());
    }

    @PostMapping("/api/member-merges")
    ResponseEntity<Object> merge(Account staff, @RequestBody Map<String, Object> body) {
        return answer(json(desk.merge(staff, id(body, "survivor"), id(body, "merged"), signIns(body), null, reason(body))));
    }

    @PostMapping("/api/member-merges/{merged}/undo")
    ResponseEntity<Object> undo(Account staff, @PathVariable("merged") String merged, @RequestBody Map<String, Object> body) {
        return answer(json(desk.undo(staff, merged, reason(body))));
    }

    @ExceptionHandler
    ResponseEntity<Object> wrong(IllegalArgumentException e) {
        return error(400, "invalid_request", String.valueOf(e.getMessage()));
    }

    @ExceptionHandler
    ResponseEntity<Object> refused(MemberMerges.RefusedException e) {
        return error(409, "conflict", String.valueOf(e.getMessage()));
    }

    private static ResponseEntity<Object> error(int status, String code, String description) {
        return ResponseEntity.status(status).body(Map.of("error", code, "error_description", description));
    }

    private static ResponseEntity<Object> answer(Object body) {
        return ResponseEntity.ok().header("Cache-Control", "no-store").body(body);
    }

    private static Map<String, Object> json(MergeDesk.Judged judged) {
        Duplicates.Pair pair = judged.pair();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("grade", pair.grade().toLowerCase(Locale.ROOT));
        json.put("reasons", pair.reasons());
        json.put("state", word(pair.state()));
        json.put("found_at", pair.foundAt().toString());
        json.put("decided_at", pair.decidedAt() == null ? null : pair.decidedAt().toString());
        json.put("decided_by", pair.decidedBy());
        json.put("reason", pair.note());
        json.put("first", side(judged.first()));
        json.put("second", side(judged.second()));
        return json;
    }

    private static Map<String, Object> side(MergeDesk.Side side) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("patient", side.patient());
        json.put("name", side.name());
        json.put("born", side.born());
        json.put("gender", side.gender());
        json.put("address", side.address());
        json.put("contact", side.contact());
        json.put("identifiers", side.identifiers());
        json.put("sign_ins", side.signIns().stream().map(MergeApi::json).toList());
        return json;
    }

    private static Map<String, Object> json(MovedSignIns.SignIn signIn) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("account", signIn.account());
        json.put("username", signIn.username());
        json.put("name", signIn.displayName());
        json.put("relation", signIn.relation());
        json.put("apps", signIn.apps());
        return json;
    }

    private static Map<String, Object> json(Merges.Merge merge) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("survivor", merge.survivor());
        json.put("merged", merge.merged());
        json.put("merged_at", merge.mergedAt().toString());
        json.put("merged_by", merge.mergedBy());
        json.put("reason", merge.reason());
        json.put("resources", merge.resources());
        json.put("sign_ins", merge.signInsMoved() ? "move" : "leave");
        json.put("stands", merge.stands());
        json.put("undone_at", merge.undoneAt() == null ? null : merge.undoneAt().toString());
        json.put("undone_by", merge.undoneBy());
        json.put("undo_reason", merge.undoReason());
        return json;
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static String id(Map<String, Object> body, String name) {
        if (!(body.get(name) instanceof String id) || !id.matches(ID)) {
            throw new IllegalArgumentException(name + " must be the id of a Patient.");
        }
        return id;
    }

    private static MergeDesk.@Nullable SignIns signIns(Map<String, Object> body) {
        return Arrays.stream(MergeDesk.SignIns.values()).filter(each -> word(each).equals(body.get("sign_ins"))).findFirst().orElse(null);
    }

    private static String reason(Map<String, Object> body) {
        return body.get("reason") instanceof String reason ? reason : "";
    }
}
