package dev.portolan.members.merge;

import dev.portolan.identity.account.Account;
import dev.portolan.store.MemberMerges;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ResponseStatusException;

/** The queue of pairs and the merges that stand, for staff. */
@Controller
public class MergePages {

    /** Each is a table and two forms. */
    private static final int MOST_PAIRS = 20;
    private static final int MOST_MERGES = 50;
    /** What a browser is kept waiting for a search; most are done by then. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final MergeDesk desk;

    public MergePages(MergeDesk desk) {
        this.desk = desk;
    }

    @GetMapping("/staff/duplicates")
    String list(Account staff, @RequestParam(name = "done", required = false) @Nullable String done, @RequestParam(name = "pairs", defaultValue = "1") int pairs,
        @RequestParam(name = "merges", defaultValue = "1") int merges, Model model) {
        model.addAttribute("pairs", desk.open(staff, pairs, MOST_PAIRS));
        model.addAttribute("merges", desk.merges(staff, merges, MOST_MERGES));
        model.addAttribute("search", desk.searching().name());
        model.addAttribute("done", done);
        return "members/duplicates";
    }

    @PostMapping("/staff/duplicates/search")
    String search() {
        return desk.search(PATIENCE) ? "redirect:/staff/duplicates?done=searched" : "redirect:/staff/duplicates";
    }

    @PostMapping("/staff/duplicates/judge")
    String judge(Account staff, @RequestParam("first") String first, @RequestParam("second") String second, @RequestParam("verdict") String verdict, @RequestParam("reason") String reason,
        @RequestParam(name = "signIns", required = false) MergeDesk.@Nullable SignIns signIns, @RequestParam(name = "seen", defaultValue = "") String seen) {
        try {
            switch (verdict) {
                case "keep-first" -> desk.merge(staff, first, second, signIns, seen, reason);
                case "keep-second" -> desk.merge(staff, second, first, signIns, seen, reason);
                case "two" -> {
                    if (!desk.dismiss(staff, first, second, reason)) {
                        throw new ResponseStatusException(HttpStatus.CONFLICT, "Somebody else has judged this pair meanwhile.");
                    }
                }
                default -> throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "Say which record stays, or that they are two people.");
            }
        } catch (IllegalArgumentException e) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, e.getMessage(), e);
        } catch (MemberMerges.RefusedException | MergeDesk.SignInsChangedException e) {
            throw new ResponseStatusException(HttpStatus.CONFLICT, e.getMessage(), e);
        }
        return "redirect:/staff/duplicates?done=" + ("two".equals(verdict) ? "dismissed" : "merged");
    }

    @PostMapping("/staff/duplicates/undo")
    String undo(Account staff, @RequestParam("merged") String merged, @RequestParam("reason") String reason) {
        try {
            desk.undo(staff, merged, reason);
        } catch (IllegalArgumentException e) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, e.getMessage(), e);
        } catch (MemberMerges.RefusedException e) {
            throw new ResponseStatusException(HttpStatus.CONFLICT, e.getMessage(), e);
        }
        return "redirect:/staff/duplicates?done=undone";
    }
}
