package dev.portolan.server;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.Optional;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;

import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.identity.IdentityConfiguration;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.IdentitySchema;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.discovery.SmartConfiguration;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.token.AccessTokens;
import dev.portolan.identity.token.SandboxTokens;
import dev.portolan.members.DevelopmentGrant;
import dev.portolan.members.TokenGrants;
import dev.portolan.members.attribution.Attributions;
import dev.portolan.members.consent.ConsentedGrants;
import dev.portolan.members.consent.Exit;
import dev.portolan.sandbox.Sandbox;
import dev.portolan.sandbox.SandboxAccess;
import dev.portolan.server.feeds.LocalOperator;
import dev.portolan.server.health.ComponentHealth;
import dev.portolan.server.health.ComponentHealth.Condition;
import dev.portolan.server.limits.AddressLimitFilter;
import dev.portolan.server.staff.StaffServlet;
import dev.portolan.store.Grant;
import dev.portolan.store.Purpose;

/** Who is calling, and what that allows: the authorization server, and grants of its tokens. */
@Configuration(proxyBeanMethods = false)
@Import(IdentityConfiguration.class)
class AccessConfiguration {

    @Bean
    IdentitySchema identitySchema(Foundation foundation) {
        return foundation.schemas();
    }

    @Bean
    TokenGrants tokenGrants(Settings settings, Definitions definitions, PackageTerminology terminology, ObjectProvider<Attributions> attributions) {
        var search = definitions.search();
        // A provider's patients are reached by the provider's own door alone, where what is not theirs to see is taken out; the plan's own programs have no patients there.
        TokenGrants.SystemMembers reach = (token, api) -> api == Exit.Api.PROVIDER_ACCESS
                ? new TokenGrants.Reach(new Grant.Members.Panel(attributions.getObject().panelOf(token.clientId())), Purpose.TREATMENT)
                : settings.operatorApps().contains(token.clientId()) ? TokenGrants.Reach.OPERATOR : TokenGrants.Reach.NOBODY;
        return new TokenGrants(search.parser(terminology, SearchBounds.DEFAULT, Clock.systemUTC()), search.parameters().resourceTypes(), reach);
    }

    /** A token is what it says. Without one there is nothing to be had, unless the server was opened to its own machine by hand. */
    @Bean
    BearerGrants grants(Settings settings, AccessTokens tokens, TokenGrants grants, ConsentedGrants consented, SmartConfiguration smart) throws UnknownHostException {
        Grant withoutToken = settings.open() ? DevelopmentGrant.forServerAt(InetAddress.getByName(settings.bind())) : null;
        return new BearerGrants(Exit.Api.PATIENT_ACCESS, tokens, grants, consented, withoutToken, smart.oauthUris());
    }

    /** Within the request that its events find, and before whoever looks at passwords and tokens. */
    @Bean
    FilterRegistrationBean<AddressLimitFilter> addressLimits(Settings settings, SecurityEvents events) {
        var registration = new FilterRegistrationBean<>(new AddressLimitFilter(settings.limits(), events));
        registration.addUrlPatterns("/*");
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 3);
        return registration;
    }

    /** For the command line on this machine: a production server begins without anybody who could let somebody in. */
    @Bean
    ServletRegistrationBean<StaffServlet> staffServlet(Accounts accounts, LocalOperator operator) {
        var registration = new ServletRegistrationBean<>(new StaffServlet(accounts, operator), "/system/staff");
        registration.setName("staff");
        return registration;
    }

    @Bean
    ComponentHealth.Source accessHealth(Settings settings) {
        ComponentHealth health = settings.open()
                ? new ComponentHealth("Access", Condition.DEGRADED, "OPEN: a caller without a token may read and change everything (--open). For development on this machine only; no real members' data.")
                : new ComponentHealth("Access", Condition.UP, "Every FHIR request needs an access token.");
        return () -> health;
    }

    /** Nothing of a production server: there, whoever wants in signs in. */
    @Bean
    Sandbox sandbox(Settings settings, IdentityProperties identity, Accounts accounts, Apps apps, AppLifecycle lifecycle, SandboxTokens tokens) {
        return new Sandbox(identity.environment() == IdentityProperties.Environment.SANDBOX
                ? Optional.of(new SandboxAccess(settings.data().resolve("sandbox-access.json"), accounts, apps, lifecycle, tokens)) : Optional.empty());
    }
}
