package dev.portolan.identity.account;

import dev.portolan.identity.IdentityDatabase;
import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.key.Secrets;
import dev.portolan.identity.token.Revocations;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserRequest;
import org.springframework.security.oauth2.client.registration.ClientRegistrations;
import org.springframework.security.oauth2.client.registration.SupplierClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestCustomizers;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.core.oidc.user.DefaultOidcUser;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.stereotype.Component;

/**
 * Sign-in by the plan's own OpenID Connect provider. The provider says who it is; one claim of its identity token says which member that is.
 * Somebody whom the claim does not name is nobody here.
 */
@Component
public class PlanSignIn {
    private static final String REGISTRATION = "plan";

    private final IdentityDatabase database;
    private final Accounts accounts;
    private final Revocations revocations;
    private final SecurityEvents events;
    private final IdentityProperties.@Nullable Provider provider;
    private final String callback;
    private final HttpSessionSecurityContextRepository sessions = new HttpSessionSecurityContextRepository();
    private final Onwards onwards = new Onwards("/my-apps");

    PlanSignIn(IdentityDatabase database, Accounts accounts, Revocations revocations, SecurityEvents events, IdentityProperties properties) {
        this.database = database;
        this.accounts = accounts;
        this.revocations = revocations;
        this.events = events;
        this.provider = properties.provider();
        this.callback = properties.url("/login/oauth2/code/" + REGISTRATION);
    }

    /** Offers the provider on the sign-in page, if there is one. Its discovery is read at the first sign-in, not at start. */
    public void configure(HttpSecurity http) throws Exception {
        IdentityProperties.Provider plan = provider;
        if (plan == null) {
            return;
        }
        var registrations = new SupplierClientRegistrationRepository(() -> new InMemoryClientRegistrationRepository(
                ClientRegistrations.fromIssuerLocation(plan.issuer()).registrationId(REGISTRATION).clientId(plan.clientId())
                        .clientSecret(plan.clientSecret()).scope(plan.scopes())
                        // As clients know this server: what the request says behind a proxy is the proxy's way to it, and no provider knows that.
                        .redirectUri(callback).build()));
        var resolver = new DefaultOAuth2AuthorizationRequestResolver(registrations, "/oauth2/authorization");
        Consumer<OAuth2AuthorizationRequest.Builder> more = builder -> builder.additionalParameters(p -> p.putAll(plan.parameters()));
        resolver.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce().andThen(more));
        http.oauth2Login(login -> login.loginPage("/sign-in").clientRegistrationRepository(registrations)
                .authorizationEndpoint(endpoint -> endpoint.authorizationRequestResolver(resolver))
                .userInfoEndpoint(info -> info.oidcUserService(PlanSignIn::fromIdentityToken))
                .successHandler(this::signedIn).failureHandler((request, response, exception) -> {
                    events.record(SecurityEvent.Type.SIGN_IN, false, null, null, null, null, Map.of("reason", "refused by the plan's provider"));
                    response.sendRedirect("/sign-in?failed");
                }));
    }

    /** The identity token was verified; there is nothing to ask the provider for besides. */
    private static OidcUser fromIdentityToken(OidcUserRequest request) {
        return new DefaultOidcUser(Set.of(), request.getIdToken());
    }

    private void signedIn(HttpServletRequest request, HttpServletResponse response, Authentication authentication) throws IOException, ServletException {
        OidcUser user = (OidcUser) Objects.requireNonNull(authentication.getPrincipal());
        Optional<Account> account = member(user);
        if (account.isEmpty()) {
            SecurityContextHolder.clearContext();
            request.getSession().invalidate();
            events.record(SecurityEvent.Type.SIGN_IN, false, null, null, null, null, Map.of("reason", "the provider's claim names no member"));
            response.sendRedirect("/sign-in?failed");
            return;
        }
        SecurityContext context = SecurityContextHolder.createEmptyContext();
        Authentication person = SignIn.authentication(account.get(), new SignInDetails(request));
        context.setAuthentication(person);
        SecurityContextHolder.setContext(context);
        sessions.saveContext(context, request, response);
        events.record(SecurityEvent.Type.SIGN_IN, true, null, account.get().id(), account.get().patient(), null, Map.of("by", "plan's provider"));
        onwards.onAuthenticationSuccess(request, response, person);
    }

    /** The account of whom the provider vouches for, made at the first sign-in and kept to what the claim says at each. */
    private Optional<Account> member(OidcUser user) {
        String claim = user.getClaimAsString(Objects.requireNonNull(provider).memberClaim());
        String patient = claim == null ? "" : claim.contains("/") ? patientOf(claim) : claim;
        if (!patient.matches("[A-Za-z0-9.-]{1,64}")) {
            return Optional.empty();
        }
        String name = user.getFullName() == null ? "Member " + patient : user.getFullName();
        // The issuer is the provider's, as its token says and as Spring checked it against the configuration.
        String issuer = user.getIssuer().toString();
        database.inTransaction(() -> keep(user, issuer, name, patient));
        return accounts.findByExternal(issuer, user.getSubject());
    }

    /** An account that the claim gives to another record keeps nothing that was let in for the one before: an app with {@code user/} scopes would go on reading it. */
    private void keep(OidcUser user, String issuer, String name, String patient) {
        database.sql("""
                select id from identity.account a where external_issuer = ? and external_subject = ? and patient <> ?
                  and not exists (select 1 from identity.moved_patient m where m.merged = a.patient and m.survivor = ?) for update""")
                .params(issuer, user.getSubject(), patient, patient).query(String.class).optional()
                .ifPresent(account -> revocations.principal(account, account, "the plan's provider names another member"));
        String fhirUser = "Patient/" + patient;
        database.sql("""
                insert into identity.account (id, username, kind, display_name, patient, fhir_user, external_issuer, external_subject)
                values (?, ?, 'MEMBER', ?, ?, ?, ?, ?)
                on conflict (external_issuer, external_subject) do update set display_name = excluded.display_name, patient = excluded.patient,
                  fhir_user = excluded.fhir_user""")
                .params(Arrays.asList(Secrets.id(), "plan:" + Secrets.hashText(issuer + " " + user.getSubject()), name, patient, fhirUser, issuer,
                        user.getSubject())).update();
    }

    /** The id in a reference such as {@code https://plan.example/fhir/Patient/123}; nothing if it names something else than a patient. */
    private static String patientOf(String reference) {
        int at = reference.lastIndexOf("Patient/");
        return at < 0 ? "" : reference.substring(at + "Patient/".length());
    }
}
