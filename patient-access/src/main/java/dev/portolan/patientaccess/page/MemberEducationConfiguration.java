package dev.portolan.patientaccess.page;

import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.MenuEntry;
import dev.portolan.identity.account.ProtectedPages;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;

/** Educational resources in plain language, where everybody finds them without signing in (42 CFR 422.119(g), 431.60(f), 457.730(f), 45 CFR 156.221(g)). */
@Configuration(proxyBeanMethods = false)
public class MemberEducationConfiguration {

    private static final String PATH = "/your-health-data";

    @Controller
    static final class MemberEducation {

        @GetMapping(PATH)
        String page() {
            return "patientaccess/your-health-data";
        }
    }

    @Bean
    MemberEducation memberEducation() {
        return new MemberEducation();
    }

    @Bean
    ProtectedPages memberEducationForEverybody() {
        return ProtectedPages.of(Access.ANYONE, PATH);
    }

    @Bean
    @Order(120)
    MenuEntry memberEducationMenuEntry() {
        return new MenuEntry("Your health data", PATH, account -> account == null || Access.MEMBER.admits(account));
    }
}
