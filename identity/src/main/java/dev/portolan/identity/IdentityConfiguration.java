package dev.portolan.identity;

import dev.portolan.identity.account.AccountPatientDirectory;
import dev.portolan.identity.account.PatientDirectory;
import dev.portolan.identity.event.Notices;
import dev.portolan.identity.event.SecurityEvents;
import java.time.Clock;
import javax.sql.DataSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;

/** What the server imports. It needs a {@link DataSource}, and takes a {@link SecurityEvents} and a {@link Clock} if there are such beans. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(IdentityProperties.class)
@ComponentScan
public class IdentityConfiguration {

    @Bean
    IdentityDatabase identityDatabase(DataSource dataSource) {
        return new IdentityDatabase(dataSource);
    }

    @Bean
    @Fallback
    SecurityEvents securityEvents() {
        return SecurityEvents.toLog();
    }

    @Bean
    @Fallback
    Notices notices() {
        return Notices.toLog();
    }

    @Bean
    @Fallback
    PatientDirectory patientDirectory(IdentityDatabase database) {
        return new AccountPatientDirectory(database);
    }

    @Bean
    @Fallback
    Clock clock() {
        return Clock.systemUTC();
    }
}
