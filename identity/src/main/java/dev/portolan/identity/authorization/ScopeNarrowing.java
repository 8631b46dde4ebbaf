package dev.portolan.identity.authorization;

import dev.portolan.identity.app.App;
import dev.portolan.identity.app.Apps;
import dev.portolan.identity.scope.ResourceScope;
import dev.portolan.identity.scope.SmartScope;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.udap.NamedSubjects;
import dev.portolan.identity.udap.UdapClients;
import dev.portolan.identity.udap.UdapRefused;
import jakarta.servlet.http.HttpServletRequest;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientCredentialsAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2AuthorizationCodeRequestAuthenticationConverter;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2ClientCredentialsAuthenticationConverter;
import org.springframework.stereotype.Component;

/**
 * Cuts the scopes of a request down to what this server knows and the app registered, as soon as the request is read. Unknown scopes are
 * dropped (RFC 6749, 3.3); what remains is what the member is asked about.
 */
@Component
final class ScopeNarrowing {
    /** Every type of R4 for a member and for the user. Each scope is work at every request of its token, and each that is asked for is multiplied by those that were registered with conditions: ten thousand filled the memory. */
    static final int MOST_SCOPES = 400;
    /** A condition on whatever type becomes one on each. */
    private static final int ALL_TYPES = 50;

    private final Apps apps;
    private final UdapClients communities;
    private final ObjectProvider<NamedSubjects> subjects;
    private final OAuth2AuthorizationCodeRequestAuthenticationConverter codeRequests = new OAuth2AuthorizationCodeRequestAuthenticationConverter();
    private final OAuth2ClientCredentialsAuthenticationConverter clientCredentials = new OAuth2ClientCredentialsAuthenticationConverter();

    ScopeNarrowing(Apps apps, UdapClients communities, ObjectProvider<NamedSubjects> subjects) {
        this.apps = apps;
        this.communities = communities;
        this.subjects = subjects;
    }

    @Nullable Authentication authorizationRequest(HttpServletRequest request) {
        if (!(codeRequests.convert(request) instanceof OAuth2AuthorizationCodeRequestAuthenticationToken read)) {
            return null;
        }
        Optional<App> known = apps.find(read.getClientId());
        if (known.isPresent() && !known.get().redirectUris().contains(String.valueOf(read.getRedirectUri()))) {
            // Before the library, which tells an app that may have no codes so at whatever address it named, or at the first of none.
            throw new OAuth2AuthorizationCodeRequestAuthenticationException(AuthorizationRequestRules.UNREGISTERED, null);
        }
        Set<String> scopes = known
                .map(app -> within(request.getParameter("scope"), app, false).texts()).orElse(Set.of());
        OAuth2AuthorizationCodeRequestAuthenticationToken narrowed = new OAuth2AuthorizationCodeRequestAuthenticationToken(
                read.getAuthorizationUri(), read.getClientId(), (Authentication) read.getPrincipal(), read.getRedirectUri(), read.getState(),
                new LinkedHashSet<>(scopes), read.getAdditionalParameters());
        narrowed.setDetails(read.getDetails());
        return narrowed;
    }

    @Nullable Authentication clientCredentials(HttpServletRequest request) {
        if (!(clientCredentials.convert(request) instanceof OAuth2ClientCredentialsAuthenticationToken read)
                || !(read.getPrincipal() instanceof OAuth2ClientAuthenticationToken client) || client.getRegisteredClient() == null) {
            return null;
        }
        communities.find(client.getRegisteredClient().getClientId()).ifPresent(member -> requireContext(request, member));
        SmartScopes scopes = apps.find(client.getRegisteredClient().getClientId())
                .map(app -> within(request.getParameter("scope"), app, true)).orElse(SmartScopes.parse(""));
        if (scopes.isEmpty()) {
            // SMART Backend Services, 2.2: scope is required, and only system scopes make sense without a user.
            throw new OAuth2AuthenticationException(new OAuth2Error(OAuth2ErrorCodes.INVALID_SCOPE,
                    "scope is required, and must hold system scopes that this app registered, " + MOST_SCOPES + " at most.", null));
        }
        return new OAuth2ClientCredentialsAuthenticationToken(client, new LinkedHashSet<>(scopes.texts()), Map.of());
    }

    /** UDAP Security 2.0, section 5.2: who asks for an organization says so, each time. The assertion was verified when the app proved who it is. */
    private void requireContext(HttpServletRequest request, UdapClients.Member member) {
        if (!"1".equals(request.getParameter("udap"))) {
            throw new OAuth2AuthenticationException(new OAuth2Error(OAuth2ErrorCodes.INVALID_REQUEST, "udap must be 1.", null));
        }
        try {
            UdapClients.Context context = communities.context(request.getParameter("client_assertion"), member);
            request.setAttribute(UdapClients.Context.class.getName(), context);
            subjects.orderedStream().map(each -> each.refusal(member.clientId(), context)).flatMap(Optional::stream).findFirst().ifPresent(refusal -> {
                throw refused(refusal);
            });
        } catch (UdapRefused e) {
            throw refused(String.valueOf(e.getMessage()));
        }
    }

    private static OAuth2AuthenticationException refused(String why) {
        return new OAuth2AuthenticationException(new OAuth2Error(OAuth2ErrorCodes.INVALID_GRANT, why + ".", null));
    }

    private static SmartScopes within(@Nullable String asked, App app, boolean system) {
        SmartScopes known = SmartScopes.parse(asked == null ? "" : asked);
        List<SmartScope> kept = weigh(known.values()) > MOST_SCOPES ? List.of() : known.within(app.scopes()).values().stream().filter(scope -> system == isSystem(scope)).toList();
        return new SmartScopes(weigh(kept) > MOST_SCOPES ? List.of() : kept);
    }

    private static int weigh(List<SmartScope> scopes) {
        return scopes.stream().mapToInt(scope -> scope instanceof ResourceScope resource && resource.resourceType().equals("*") && !resource.conditions().isEmpty() ? ALL_TYPES : 1).sum();
    }

    private static boolean isSystem(SmartScope scope) {
        return scope instanceof ResourceScope resource && resource.level() == ResourceScope.Level.SYSTEM;
    }
}
