package dev.portolan.identity.authorization;

import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.PatientDirectory;
import dev.portolan.identity.account.SignInDetails;
import dev.portolan.identity.event.SecurityEvent;
import dev.portolan.identity.event.SecurityEvents;
import dev.portolan.identity.key.Secrets;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.identity.scope.SmartScopes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationConsentAuthenticationToken;
import org.springframework.stereotype.Component;

/**
 * Turns what a person decided on the consent page into an authorization code. The page's {@code state} is random, used once and bound to
 * the person who is signed in: a decision that another site sends in somebody's name has none.
 */
@Component
final class ConsentDecision implements AuthenticationProvider {
    private static final Set<String> WHO_SIGNED_IN = Set.of("fhirUser", "profile");
    private static final Duration CODE_LIFE = Duration.ofSeconds(60);
    /** Staff who may show any member's data to an app, as they do in their work. */
    static final Access CHOOSES_MEMBERS = Access.staff("ADMIN", "CLINICIAN");
    static final Set<Integer> DAYS = Set.of(1, 30, 90, 365);

    private final StoredAuthorizations authorizations;
    private final Launches launches;
    private final Accounts accounts;
    private final PatientDirectory patients;
    private final SecurityEvents events;
    private final Clock clock;

    ConsentDecision(StoredAuthorizations authorizations, Launches launches, Accounts accounts, PatientDirectory patients, SecurityEvents events,
                    Clock clock) {
        this.authorizations = authorizations;
        this.launches = launches;
        this.accounts = accounts;
        this.patients = patients;
        this.events = events;
        this.clock = clock;
    }

    @Override
    public boolean supports(Class<?> type) {
        return OAuth2AuthorizationConsentAuthenticationToken.class.isAssignableFrom(type);
    }

    @Override
    public Authentication authenticate(Authentication authentication) {
        OAuth2AuthorizationConsentAuthenticationToken decision = (OAuth2AuthorizationConsentAuthenticationToken) authentication;
        Optional<OAuth2Authorization> pending = pending(decision.getState(), (Authentication) decision.getPrincipal())
                .filter(p -> p.getRegisteredClientId().equals(decision.getClientId()));
        if (pending.isEmpty()) {
            throw refuse(OAuth2ErrorCodes.INVALID_REQUEST, "This page was answered already, is too old, or belongs to somebody else. Start again from the app.",
                    decision, null);
        }
        OAuth2Authorization authorization = pending.get();
        OAuth2AuthorizationRequest request = Objects.requireNonNull(authorization.getAttribute(OAuth2AuthorizationRequest.class.getName()));
        Account account = (Account) ((Authentication) decision.getPrincipal()).getPrincipal();
        if (!"allow".equals(decision.getAdditionalParameters().get("decision"))) {
            throw declined(decision, authorization, request, account);
        }
        return grant(decision, authorization, request, account);
    }

    /** The request that waits for this person's decision. */
    Optional<OAuth2Authorization> pending(@Nullable String state, @Nullable Authentication person) {
        if (state == null || person == null || !person.isAuthenticated() || !(person.getPrincipal() instanceof Account account)) {
            return Optional.empty();
        }
        return Optional.ofNullable(authorizations.findByToken(state, new OAuth2TokenType("state")))
                .filter(a -> a.getPrincipalName().equals(account.id()));
    }

    private OAuth2AuthorizationCodeRequestAuthenticationException declined(OAuth2AuthorizationConsentAuthenticationToken decision,
            OAuth2Authorization authorization, OAuth2AuthorizationRequest request, Account account) {
        authorizations.remove(authorization);
        events.record(SecurityEvent.Type.CONSENT_DECLINED, true, request.getClientId(), account.id(), account.patient(), authorization.getId(), Map.of());
        return refuse(OAuth2ErrorCodes.ACCESS_DENIED, "The person declined.", decision, request);
    }

    private Authentication grant(OAuth2AuthorizationConsentAuthenticationToken decision, OAuth2Authorization authorization,
                                 OAuth2AuthorizationRequest request, Account account) {
        SmartScopes requested = SmartScopes.parse(request.getScopes());
        SmartScopes chosen = choice(decision).applyTo(requested);
        if (!ConsentChoice.asksForData(chosen) && ConsentChoice.asksForData(requested)) {
            authorizations.remove(authorization);
            throw refuse(OAuth2ErrorCodes.ACCESS_DENIED, "The person chose to share no data.", decision, request);
        }
        SmartContext context = context(decision, request, chosen, account);
        // Whom no resource stands for there is nothing to tell of: the scope is not granted, rather than granted without a claim.
        SmartScopes granted = context.fhirUser() == null ? chosen.without(WHO_SIGNED_IN) : chosen;
        Instant now = clock.instant();
        OAuth2AuthorizationCode code = new OAuth2AuthorizationCode(Secrets.random(), now, now.plus(CODE_LIFE));
        authorizations.save(OAuth2Authorization.from(authorization).authorizedScopes(new LinkedHashSet<>(granted.texts())).token(code)
                .attributes(attributes -> {
                    attributes.remove("state");
                    attributes.put(StoredAuthorizations.CONTEXT, context);
                }).build());
        events.record(SecurityEvent.Type.CONSENT_GRANTED, true, request.getClientId(), account.id(), context.patient(), authorization.getId(),
                Map.of("requested", requested.text(), "granted", granted.text(), "withheld", String.join(" ", context.withhold())));
        return new OAuth2AuthorizationCodeRequestAuthenticationToken(request.getAuthorizationUri(), request.getClientId(),
                (Authentication) decision.getPrincipal(), code, request.getRedirectUri(), request.getState(), granted.texts());
    }

    private static ConsentChoice choice(OAuth2AuthorizationConsentAuthenticationToken decision) {
        EnumSet<DataKind> kinds = EnumSet.noneOf(DataKind.class);
        List<String> names = texts(decision, "kind");
        Arrays.stream(DataKind.values()).filter(kind -> names.contains(kind.name())).forEach(kinds::add);
        EnumSet<DataPart> parts = EnumSet.noneOf(DataPart.class);
        List<String> ticked = texts(decision, "part");
        Arrays.stream(DataPart.values()).filter(part -> ticked.contains(part.name())).forEach(parts::add);
        return new ConsentChoice(kinds, parts, decision.getAdditionalParameters().get("offline") != null);
    }

    private SmartContext context(OAuth2AuthorizationConsentAuthenticationToken decision, OAuth2AuthorizationRequest request, SmartScopes granted,
                                 Account account) {
        SmartContext launched = SmartContext.EMPTY;
        if (request.getAdditionalParameters().get("launch") instanceof String launch) {
            launched = launches.use(launch, request.getClientId()).orElseThrow(() ->
                    refuse(OAuth2ErrorCodes.INVALID_REQUEST, "This launch was used already; start the app from the EHR again.", decision, request));
        }
        String wanted = launched.patient() != null ? launched.patient() : text(decision, "patient");
        Optional<Accounts.Represented> own = accounts.patientsOf(account).stream().filter(p -> p.patient().equals(wanted)).findFirst();
        boolean staff = CHOOSES_MEMBERS.admits(account);
        if (granted.needPatient() && (wanted == null || own.isEmpty() && !(staff && patients.find(wanted).isPresent()))
                || launched.patient() != null && own.isEmpty() && !staff) {
            throw refuse(OAuth2ErrorCodes.ACCESS_DENIED, "No member whose data this person may share was chosen.", decision, request);
        }
        // A representative is a RelatedPerson of the member's record: the person's own Patient stands outside of what this token reaches, and the app could not read it.
        String fhirUser = own.isPresent() ? own.get().fhirUser() : account.fhirUser();
        Long signedIn = ((Authentication) decision.getPrincipal()).getDetails() instanceof SignInDetails details ? details.at().getEpochSecond() : null;
        return launched.with(granted.needPatient() || launched.patient() != null ? wanted : null, fhirUser, signedIn, until(decision, granted),
                SensitiveCategory.named(texts(decision, "withhold")).stream().map(SensitiveCategory::name).toList());
    }

    /** Until when the member agrees; without offline access it ends with the tokens. */
    private @Nullable Instant until(OAuth2AuthorizationConsentAuthenticationToken decision, SmartScopes granted) {
        String days = text(decision, "days");
        boolean known = days != null && days.matches("\\d{1,3}") && DAYS.contains(Integer.parseInt(days));
        return granted.has("offline_access") && known ? clock.instant().plus(Duration.ofDays(Integer.parseInt(days))) : null;
    }

    private static List<String> texts(OAuth2AuthorizationConsentAuthenticationToken decision, String name) {
        Object given = decision.getAdditionalParameters().get(name);
        return given instanceof String[] several ? List.of(several) : given == null ? List.of() : List.of(given.toString());
    }

    private static @Nullable String text(OAuth2AuthorizationConsentAuthenticationToken decision, String name) {
        return decision.getAdditionalParameters().get(name) instanceof String value && !value.isBlank() ? value : null;
    }

    private static OAuth2AuthorizationCodeRequestAuthenticationException refuse(String code, String description,
            OAuth2AuthorizationConsentAuthenticationToken decision, @Nullable OAuth2AuthorizationRequest request) {
        return new OAuth2AuthorizationCodeRequestAuthenticationException(new OAuth2Error(code, description, null),
                new OAuth2AuthorizationCodeRequestAuthenticationToken(decision.getAuthorizationUri(), decision.getClientId(),
                        (Authentication) decision.getPrincipal(), request == null ? null : request.getRedirectUri(),
                        request == null ? null : request.getState(), request == null ? Set.of() : request.getScopes(), Map.of()));
    }
}
