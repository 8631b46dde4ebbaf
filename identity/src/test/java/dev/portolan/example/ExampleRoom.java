package dev.portolan.example;

import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.MenuEntry;
import dev.portolan.identity.account.ProtectedApi;
import dev.portolan.identity.account.ProtectedPages;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseBody;
import org.springframework.web.bind.annotation.RestController;

/** A room as the others are: controllers, and beans that say who may come in. */
public class ExampleRoom {
    @Bean
    Pages reportPages() {
        return new Pages();
    }

    @Bean
    Api reportApi() {
        return new Api();
    }

    @Bean
    ProtectedPages reportPagesForStaff() {
        return ProtectedPages.of(Access.staff("COMPLIANCE"), "/staff/reports/**");
    }

    @Bean
    ProtectedPages reportPageForAnyone() {
        return ProtectedPages.of(Access.ANYONE, "/staff/reports/explained");
    }

    @Bean
    ProtectedApi compliance() {
        return ProtectedApi.of(Access.staff("COMPLIANCE"), "/api/reports/**");
    }

    @Bean
    MenuEntry reportsMenuEntry() {
        return new MenuEntry("Reports", "/staff/reports", Access.staff("COMPLIANCE"));
    }

    @Controller
    static class Pages {
        @GetMapping("/staff/reports")
        String reports(Account reader, Model model) {
            model.addAttribute("reader", reader.displayName());
            return "example/page";
        }

        @GetMapping("/staff/reports/of")
        String ofYear(Account reader, @RequestParam("year") int year, Model model) {
            return reports(reader, model);
        }

        @PostMapping("/staff/reports/keep")
        String keep(Account reader) {
            return "redirect:/staff/reports";
        }

        @GetMapping("/staff/reports/explained")
        @ResponseBody
        String explained(@Nullable Account reader) {
            return "What reports are, for " + (reader == null ? "everybody" : reader.displayName());
        }

        @GetMapping("/forgotten")
        @ResponseBody
        String forgotten() {
            return "nobody said who may see this";
        }
    }

    @RestController
    static class Api {
        @GetMapping("/api/reports")
        Map<String, String> read(Account reader) {
            return Map.of("reader", reader.displayName());
        }

        @PutMapping("/api/reports")
        Map<String, Object> replace(Account writer, @RequestBody Map<String, Object> body) {
            return body;
        }

        @PostMapping("/api/reports")
        Map<String, String> write(Account writer) {
            return Map.of("writer", writer.displayName());
        }
    }
}
