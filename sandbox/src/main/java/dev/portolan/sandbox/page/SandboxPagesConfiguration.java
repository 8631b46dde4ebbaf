package dev.portolan.sandbox.page;

import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.MenuEntry;
import dev.portolan.identity.account.ProtectedPages;
import dev.portolan.sandbox.Sandbox;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** What the server imports. Without access for trying out the page answers 404. */
@Configuration(proxyBeanMethods = false)
public class SandboxPagesConfiguration {

    @Bean
    SandboxMembersPage sandboxMembersPage(Sandbox sandbox) {
        return new SandboxMembersPage(sandbox.access());
    }

    @Bean
    ProtectedPages sandboxMembersForEverybody() {
        return ProtectedPages.of(Access.ANYONE, "/developers/sandbox");
    }

    @Bean
    @Order(205)
    MenuEntry sandboxMembersMenuEntry(Sandbox sandbox) {
        boolean isSandbox = sandbox.access().isPresent();
        return new MenuEntry("Sandbox members", "/developers/sandbox", account -> isSandbox && Access.DEVELOPER.admits(account));
    }
}
