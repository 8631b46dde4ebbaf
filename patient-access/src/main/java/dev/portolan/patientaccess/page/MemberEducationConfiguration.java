package dev.portolan.patientaccess.page;

import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.MenuEntry;
import dev.portolan.identity.account.ProtectedPages;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** Educational resources in plain language, where everybody finds them without signing in (42 CFR 422.119(g), 431.60(f), 457.730(f), 45 CFR 156.221(g)). */
@Configuration(proxyBeanMethods = false)
public class MemberEducationConfiguration {

    @Bean
    MemberEducation memberEducation() {
        return new MemberEducation();
    }

    @Bean
    ProtectedPages memberEducationForEverybody() {
        return ProtectedPages.of(Access.ANYONE, MemberEducation.PATH);
    }

    @Bean
    @Order(120)
    MenuEntry memberEducationMenuEntry() {
        return new MenuEntry("Your health data", MemberEducation.PATH, account -> account == null || Access.MEMBER.admits(account));
    }
}
