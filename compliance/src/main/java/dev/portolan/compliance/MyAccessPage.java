package dev.portolan.compliance;

import dev.portolan.identity.account.Account;
import dev.portolan.identity.table.ListPart;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** "Who has seen my data", for a member. */
@Controller
class MyAccessPage {

    private static final int MOST_DAYS = 31;

    private final MyAccess access;
    private final AskedTrail asked;

    MyAccessPage(MyAccess access, AskedTrail asked) {
        this.access = access;
        this.asked = asked;
    }

    @GetMapping("/my-access")
    String page(Account account, HttpServletRequest request, HttpServletResponse response, @RequestParam(name = "patient", required = false) @Nullable String patient,
                @RequestParam(name = "days", defaultValue = "1") int part, Model model) {
        Optional<MyAccess.Seen> seen = access.of(account, patient);
        if (seen.isEmpty()) {
            response.setStatus(patient == null ? 200 : 404);
            model.addAttribute("title", "There is nothing to show");
            model.addAttribute("text", "Your account is not that of a member, and nobody has named you to act for one.");
            return "identity/message";
        }
        asked.record(request, account, "my-access", seen.get().patients(), Map.of(), seen.get().looks().size());
        Map<LocalDate, List<MyAccess.Look>> days = seen.get().looks().stream().collect(Collectors.groupingBy(MyAccess.Look::day, LinkedHashMap::new, Collectors.toList()));
        model.addAttribute("seen", seen.get());
        model.addAttribute("days", ListPart.of(List.copyOf(days.entrySet()), part, MOST_DAYS));
        model.addAttribute("people", access.people(account));
        return "compliance/my-access";
    }
}
