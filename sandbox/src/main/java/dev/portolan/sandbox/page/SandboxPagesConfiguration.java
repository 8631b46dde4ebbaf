package dev.portolan.sandbox.page;

import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.MenuEntry;
import dev.portolan.identity.account.ProtectedPages;
import dev.portolan.sandbox.SandboxAccess;
import java.util.Optional;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** What the server imports. Without a sandbox the page answers 404. The server's bean {@code sandboxAccess} is an Optional, which Spring hands over by name only. */
@Configuration(proxyBeanMethods = false)
public class SandboxPagesConfiguration {

    @Bean
    SandboxMembersPage sandboxMembersPage(BeanFactory beans) {
        return new SandboxMembersPage(access(beans));
    }

    @Bean
    ProtectedPages sandboxMembersForEverybody() {
        return ProtectedPages.of(Access.ANYONE, "/developers/sandbox");
    }

    @Bean
    @Order(205)
    MenuEntry sandboxMembersMenuEntry(BeanFactory beans) {
        boolean isSandbox = access(beans).isPresent();
        return new MenuEntry("Sandbox members", "/developers/sandbox", account -> isSandbox && Access.DEVELOPER.admits(account));
    }

    @SuppressWarnings("unchecked")
    private static Optional<SandboxAccess> access(BeanFactory beans) {
        return (Optional<SandboxAccess>) beans.getBean("sandboxAccess");
    }
}
