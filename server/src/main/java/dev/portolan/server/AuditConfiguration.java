package dev.portolan.server;

import ca.uhn.fhir.context.FhirContext;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Set;

import jakarta.servlet.http.HttpServletRequest;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.security.authorization.AuthorizationEventPublisher;
import org.springframework.security.authorization.SpringAuthorizationEventPublisher;
import org.springframework.security.authorization.event.AuthorizationDeniedEvent;
import org.springframework.security.authentication.event.LogoutSuccessEvent;
import org.springframework.web.filter.RequestContextFilter;

import dev.portolan.audit.Anchors;
import dev.portolan.audit.AuditEvents;
import dev.portolan.audit.AuditTrail;
import dev.portolan.audit.GroupCommitTrail;
import dev.portolan.audit.Retention;
import dev.portolan.audit.TrailKeeper;
import dev.portolan.audit.TrailReader;
import dev.portolan.compliance.AuditEventProvider;
import dev.portolan.compliance.ComplianceConfiguration;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.members.merge.Merges;
import dev.portolan.server.database.Databases;
import dev.portolan.server.health.ComponentHealth;
import dev.portolan.server.health.ComponentHealth.Condition;
import dev.portolan.server.http.EventRequestFilter;
import dev.portolan.store.Grant;

/** Everything about the audit trail but the trail itself: what goes in beside FHIR's accesses, who keeps it, and who may look. */
@Configuration(proxyBeanMethods = false)
@Import(ComplianceConfiguration.class)
class AuditConfiguration {

    private static final Set<String> AUDITORS = Set.of("AUDITOR", "ADMIN");

    @Bean
    SecurityEvents identityTrail(AuditTrail trail) {
        return new IdentityTrail(trail);
    }

    @Bean
    Retention auditRetention(Databases databases, AuditTrail trail, Merges merges, Settings settings) {
        return new Retention(databases.pool(), trail, settings.audit().policy(), merges::everNames, Clock.systemUTC());
    }

    @Bean
    TrailKeeper trailKeeper(Databases databases, GroupCommitTrail trail, Retention retention, Foundation foundation, Settings settings) {
        Path folder = settings.audit().anchorsIn(foundation.directory());
        Anchors anchors = Anchors.in(folder, foundation.directory().resolve("audit-anchor.key"));
        return new TrailKeeper(trail.settled(databases.pool()), folder, anchors, retention, Clock.systemUTC());
    }

    @Bean
    ApplicationListener<ApplicationReadyEvent> trailKeeping(TrailKeeper keeper) {
        return ready -> keeper.start();
    }

    @Bean
    ComponentHealth.Source auditHealth(TrailKeeper keeper, GroupCommitTrail trail) {
        return () -> {
            TrailKeeper.State state = keeper.state();
            GroupCommitTrail.Refusal refusal = trail.refusal();
            if (refusal != null) {
                // Not down: it is known to take entries again only when somebody calls, which a node that was taken out of service would not see.
                return new ComponentHealth("Audit trail", Condition.DEGRADED, "Since " + refusal.since() + " it could write no entry when it was last asked to (" + refusal.why() + "); calls are answered 503 until it can.");
            }
            if (!state.faults().isEmpty()) {
                return new ComponentHealth("Audit trail", Condition.DEGRADED, "It is not whole: " + state.faults().size() + " faults were found at " + state.verified() + "; /staff/audit lists them.");
            }
            if (state.problem() != null) {
                return new ComponentHealth("Audit trail", Condition.DEGRADED, "The trail takes entries, but " + state.problem() + ".");
            }
            return new ComponentHealth("Audit trail", Condition.UP, (state.verified() == null ? "Its chains were not proved since the start" : "Its chains were proved at " + state.verified())
                    + (state.anchored() == null ? ", and no anchor was written yet." : ", and last anchored at " + state.anchored() + "."));
        };
    }

    @Bean
    AuditEventProvider auditEvents(TrailReader reader, Settings settings, Accounts accounts) {
        return new AuditEventProvider(reader, new AuditEvents(settings.origin()), FhirContext.forR4Cached(), grant -> seesTheTrail(grant, accounts));
    }

    /** The plan's own programs, and signed-in auditors: whoever else holds a scope that covers AuditEvent reaches some member's record, and not the log of everybody's. */
    private static boolean seesTheTrail(Grant grant, Accounts accounts) {
        if (grant.user() == null) {
            return grant.members() instanceof Grant.Members.Everyone;
        }
        boolean scope = grant.scopes().stream().anyMatch(each -> each.startsWith("user/AuditEvent.") || each.startsWith("user/*."));
        return scope && accounts.find(grant.user()).filter(account -> account.kind() == Account.Kind.STAFF).filter(account -> account.roles().stream().anyMatch(AUDITORS::contains)).isPresent();
    }

    /** Events of the identity room find the request that they happen in; FHIR's requests hand theirs over themselves. By its type it also takes the place of Spring's own filter, which would do so for each. */
    @Bean
    FilterRegistrationBean<RequestContextFilter> requestOfEvents() {
        var registration = new FilterRegistrationBean<RequestContextFilter>(new EventRequestFilter());
        registration.addUrlPatterns("/*");
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 2);
        return registration;
    }

    @Bean
    AuthorizationEventPublisher authorizationEvents(ApplicationEventPublisher publisher) {
        return new SpringAuthorizationEventPublisher(publisher);
    }

    /** Somebody who is signed in and may not come in (AUD-04). Nobody in particular is sent to sign in, which is an event of its own. */
    @Bean
    ApplicationListener<AuthorizationDeniedEvent<?>> deniedPages(SecurityEvents events) {
        return denied -> {
            if (denied.getAuthentication().get().getPrincipal() instanceof Account account) {
                String path = denied.getObject() instanceof HttpServletRequest request ? request.getRequestURI() : "";
                events.record(SecurityEvent.Type.AUTHORIZATION_REFUSED, false, null, account.id(), null, null, Map.of("reason", "role", "path", path));
            }
        };
    }

    @Bean
    ApplicationListener<LogoutSuccessEvent> signOuts(SecurityEvents events) {
        return out -> {
            if (out.getAuthentication().getPrincipal() instanceof Account account) {
                events.record(SecurityEvent.Type.SIGN_OUT, true, null, account.id(), account.patient(), null, Map.of());
            }
        };
    }
}
