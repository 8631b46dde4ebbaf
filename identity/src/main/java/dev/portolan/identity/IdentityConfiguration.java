package dev.portolan.identity;

import dev.portolan.identity.account.AccountPatientDirectory;
import dev.portolan.identity.account.Guardianship;
import dev.portolan.identity.account.PatientDirectory;
import dev.portolan.identity.event.Notices;
import dev.portolan.identity.event.SecurityEvents;
import jakarta.servlet.SessionTrackingMode;
import java.time.Clock;
import java.util.Set;
import javax.sql.DataSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.http.converter.autoconfigure.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.thymeleaf.autoconfigure.ThymeleafAutoConfiguration;
import org.springframework.boot.web.servlet.DelegatingFilterProxyRegistrationBean;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.core.Ordered;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;

/**
 * What the server imports. It needs a {@link DataSource} and an {@link IdentitySchema}, and takes {@link SecurityEvents}, {@link Notices},
 * {@link PatientDirectory}, {@link Guardianship} and {@link Clock} if there are such beans. Spring Security stands before pages and JSON APIs only, this room's and
 * other rooms' ({@code ProtectedPages}, {@code ProtectedApi}): a FHIR request never passes through it.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(IdentityProperties.class)
@EnableWebSecurity
@ImportAutoConfiguration({DispatcherServletAutoConfiguration.class, WebMvcAutoConfiguration.class, HttpMessageConvertersAutoConfiguration.class,
        JacksonAutoConfiguration.class, ThymeleafAutoConfiguration.class})
@ComponentScan
public class IdentityConfiguration {
    @Bean
    IdentityDatabase identityDatabase(DataSource dataSource, IdentitySchema migrated) {
        return new IdentityDatabase(dataSource);
    }

    /** It stands before everything that Spring's dispatcher serves, and before nothing else. */
    @Bean
    DelegatingFilterProxyRegistrationBean identitySecurityFilter() {
        var registration = new DelegatingFilterProxyRegistrationBean("springSecurityFilterChain");
        registration.addServletNames(DispatcherServletAutoConfiguration.DEFAULT_DISPATCHER_SERVLET_BEAN_NAME);
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 100);
        return registration;
    }

    /** The chain is a filter bean, which the container would otherwise take for every path. */
    @Bean
    FilterRegistrationBean<jakarta.servlet.Filter> identitySecurityBeforeTheDispatcherOnly(
            @org.springframework.beans.factory.annotation.Qualifier("springSecurityFilterChain") jakarta.servlet.Filter chain) {
        var registration = new FilterRegistrationBean<>(chain);
        registration.setEnabled(false);
        return registration;
    }

    /** A session is a cookie that no script reads and no other site's form sends along. */
    @Bean
    ServletContextInitializer identitySessionCookie(IdentityProperties properties) {
        return context -> {
            context.setSessionTrackingModes(Set.of(SessionTrackingMode.COOKIE));
            context.getSessionCookieConfig().setName("portolan_session");
            context.getSessionCookieConfig().setHttpOnly(true);
            context.getSessionCookieConfig().setSecure("https".equals(properties.issuer().getScheme()));
            context.getSessionCookieConfig().setAttribute("SameSite", "Lax");
        };
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

    /** Said once at the start of a production: nobody would miss a message that was never sent. */
    @Bean
    ApplicationListener<ApplicationReadyEvent> identityNoticesAtStart(Notices notices, IdentityProperties properties) {
        return ready -> {
            if (properties.environment() == IdentityProperties.Environment.PRODUCTION && !notices.reach()) {
                LoggerFactory.getLogger(Notices.class).warn("no mail is connected: messages to developers (links that confirm their address, decisions about their apps, reminders) and to people whose second factor was reset"
                        + " reach nobody and stand in this log alone; docs/operating.md says what to do");
            }
        };
    }

    @Bean
    @Fallback
    PatientDirectory patientDirectory(IdentityDatabase database) {
        return new AccountPatientDirectory(database);
    }

    @Bean
    @Fallback
    Guardianship guardianship() {
        return (relation, patient) -> true;
    }

    @Bean
    @Fallback
    Clock clock() {
        return Clock.systemUTC();
    }
}
