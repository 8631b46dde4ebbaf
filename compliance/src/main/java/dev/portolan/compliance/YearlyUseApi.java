package dev.portolan.compliance;

import dev.portolan.identity.account.Account;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@link YearlyNumbers} as JSON. */
@RestController
class YearlyUseApi {

    private final YearlyNumbers numbers;

    YearlyUseApi(YearlyNumbers numbers) {
        this.numbers = numbers;
    }

    @GetMapping("/api/audit/yearly-use")
    YearlyNumbers.Numbers numbers(Account staff, HttpServletRequest request, @RequestParam(name = "year", required = false) @Nullable Integer year) {
        return numbers.of(staff, request, year, "json");
    }
}
