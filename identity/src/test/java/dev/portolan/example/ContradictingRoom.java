package dev.portolan.example;

import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.ProtectedPages;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Opens a path that another room closed. */
@Configuration(proxyBeanMethods = false)
public class ContradictingRoom {
    @Bean
    ProtectedPages contradiction() {
        return ProtectedPages.of(Access.ANYONE, "/my-apps/**");
    }
}
