package dev.portolan.intake.page;

import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.MenuEntry;
import dev.portolan.identity.account.ProtectedPages;
import dev.portolan.intake.load.LoadReports;
import dev.portolan.intake.load.LoadTrail;
import dev.portolan.intake.load.Loads;
import dev.portolan.intake.load.Quarantine;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** The pages of loads. A quarantined record is a member's data, so they are for the staff who run the feeds. */
@Configuration(proxyBeanMethods = false)
public class LoadPagesConfiguration {

    private static final Access FEEDS = Access.staff("OPERATOR", "ADMIN");

    @Bean
    ProtectedPages loadPages() {
        return ProtectedPages.of(FEEDS, "/staff/loads/**");
    }

    @Bean
    @Order(320)
    MenuEntry loadsMenuEntry() {
        return new MenuEntry("Loads", "/staff/loads", FEEDS);
    }

    @Bean
    LoadPages loadPagesController(Loads loads, LoadReports reports, Quarantine quarantine, LoadTrail trail) {
        return new LoadPages(loads, reports, quarantine, trail);
    }
}
