package dev.portolan.compliance;

import dev.portolan.compliance.YearlyNumbers.Line;
import dev.portolan.compliance.YearlyNumbers.Numbers;
import dev.portolan.compliance.YearlyNumbers.Use;
import dev.portolan.identity.account.Account;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** {@link YearlyNumbers} as a page and as CSV. */
@Controller
@RequestMapping("/staff/metrics")
class YearlyUse {

    private static final List<String> COLUMNS = List.of("year", "reporting unit", "app", "unique members", "members more than once");

    private final YearlyNumbers numbers;

    YearlyUse(YearlyNumbers numbers) {
        this.numbers = numbers;
    }

    @GetMapping("/patient-access")
    String page(Account staff, HttpServletRequest request, @RequestParam(name = "year", required = false) @Nullable Integer year, Model model) {
        model.addAttribute("numbers", numbers.of(staff, request, year, "page"));
        model.addAttribute("years", numbers.years());
        return "compliance/yearly-use";
    }

    @GetMapping("/patient-access.csv")
    void csv(Account staff, HttpServletRequest request, HttpServletResponse response, @RequestParam(name = "year", required = false) @Nullable Integer year) throws IOException {
        Numbers found = numbers.of(staff, request, year, "csv");
        try (CsvExport export = CsvExport.write(COLUMNS, rows -> rows(found, rows))) {
            export.send(response, "patient-access-" + found.year());
        }
    }

    /** The whole plan first. The lines by unit come to it when what was counted again is taken off. */
    private static void rows(Numbers found, Consumer<List<String>> to) {
        String year = Integer.toString(found.year());
        to.accept(row(year, "all units", "all apps", found.all()));
        for (Line unit : found.units()) {
            to.accept(row(year, unit.name(), "all apps", unit.use()));
        }
        to.accept(row(year, "not assigned", "all apps", found.notAssigned()));
        to.accept(row(year, "counted again in a further unit", "all apps", found.again()));
        for (Line app : found.apps()) {
            to.accept(row(year, "all units", app.name(), app.use()));
        }
    }

    private static List<String> row(String year, String unit, String app, Use use) {
        return List.of(year, unit, app, Long.toString(use.members()), Long.toString(use.more()));
    }
}
