package dev.portolan.provideraccess;

import dev.portolan.identity.account.Account;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.LocalDate;
import java.util.List;
import org.springframework.format.annotation.DateTimeFormat;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ResponseStatusException;

/** Notices to members, for the plan's staff. */
@Controller
@RequestMapping("/staff/provider-notices")
public final class NoticePages {

    private static final int SHOWN = 50;

    private final AccessNotices notices;
    private final NoticeLetters letters;

    public NoticePages(AccessNotices notices, NoticeLetters letters) {
        this.notices = notices;
        this.letters = letters;
    }

    @GetMapping
    String page(Account staff, HttpServletRequest request, Model model) {
        model.addAttribute("open", notices.open());
        List<Notice> due = notices.due(SHOWN).stream().map(NoticeRows.Listed::notice).toList();
        letters.shown(staff, request, due);
        model.addAttribute("due", due);
        model.addAttribute("shown", SHOWN);
        model.addAttribute("batches", notices.batches(SHOWN));
        model.addAttribute("by", notices.usualDay());
        return "provider-access/notices";
    }

    @PostMapping("/count")
    String count(Account staff, HttpServletRequest request) {
        letters.changes(staff, request, "notices-counted", "all");
        notices.count();
        return "redirect:/staff/provider-notices";
    }

    @PostMapping("/hand-over")
    String handOver(Account staff, HttpServletRequest request, @RequestParam("by") @DateTimeFormat(iso = DateTimeFormat.ISO.DATE) LocalDate by) {
        letters.changes(staff, request, "notices-handed-over", "by=" + by);
        return "redirect:/staff/provider-notices" + notices.handOver(by, staff.id()).map(batch -> "?made=" + batch.id()).orElse("?none");
    }

    @GetMapping("/{id}.csv")
    void csv(Account staff, HttpServletRequest request, HttpServletResponse response, @PathVariable("id") long id) throws IOException {
        notices.batch(id).orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
        letters.send(staff, request, response, id);
    }

    @PostMapping("/{id}/take-back")
    String takeBack(Account staff, HttpServletRequest request, @PathVariable("id") long id) {
        letters.changes(staff, request, "notices-taken-back", "batch=" + id);
        if (!notices.takeBack(id, staff.id())) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND);
        }
        return "redirect:/staff/provider-notices";
    }
}
