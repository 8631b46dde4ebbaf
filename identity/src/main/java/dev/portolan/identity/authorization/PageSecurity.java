package dev.portolan.identity.authorization;

import dev.portolan.identity.account.Access;
import dev.portolan.identity.account.Account;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.account.MenuEntry;
import dev.portolan.identity.account.PlanSignIn;
import dev.portolan.identity.account.ProtectedApi;
import dev.portolan.identity.account.ProtectedPages;
import dev.portolan.identity.account.SignIn;
import dev.portolan.identity.account.SignInDetails;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Objects;
import java.util.Set;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.context.SecurityContextHolderFilter;
import org.springframework.security.web.header.writers.ReferrerPolicyHeaderWriter.ReferrerPolicy;
import org.springframework.web.cors.CorsConfigurationSource;

/**
 * Pages and JSON APIs, of this room and of all others: who may come in, sessions, CSRF, headers. The filter stands before everything that
 * Spring's dispatcher serves, so that a controller whose paths no room declared cannot be reached.
 */
@Configuration(proxyBeanMethods = false)
class PageSecurity {
    private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

    @Bean
    ProtectedPages identityPagesForAnyone() {
        return ProtectedPages.of(Access.ANYONE, "/sign-in", "/login/**", "/oauth2/authorization/**", "/sign-out", "/identity/**", "/", "/developers",
                "/developers/join", "/developers/verify");
    }

    @Bean
    ProtectedPages identityPagesForPeople() {
        return ProtectedPages.of(Access.SIGNED_IN, "/consent", "/my-apps/**", "/second-factor");
    }

    @Bean
    ProtectedPages identityPagesForDevelopers() {
        return ProtectedPages.of(Access.DEVELOPER, "/developers/apps/**");
    }

    @Bean
    ProtectedPages identityPagesForStaff() {
        return ProtectedPages.of(Access.staff("ADMIN"), "/staff/apps/**");
    }

    @Bean
    ProtectedPages identityPagesForClinicians() {
        return ProtectedPages.of(ConsentDecision.CHOOSES_MEMBERS, "/staff/launch");
    }

    @Bean
    ProtectedApi identityApiForDevelopers() {
        return ProtectedApi.of(Access.SIGNED_IN, "/api/apps/**");
    }

    @Bean
    ProtectedApi identityApiForStaff() {
        return ProtectedApi.of(Access.staff("ADMIN"), "/api/staff/**");
    }

    @Bean
    @Order(100)
    MenuEntry myAppsMenuEntry() {
        return new MenuEntry("Apps with my data", "/my-apps", Access.MEMBER);
    }

    @Bean
    @Order(200)
    MenuEntry developersMenuEntry() {
        return new MenuEntry("For developers", "/developers", account -> account == null || Access.DEVELOPER.admits(account));
    }

    @Bean
    @Order(210)
    MenuEntry developerAppsMenuEntry() {
        return new MenuEntry("My apps", "/developers/apps", Access.DEVELOPER);
    }

    @Bean
    @Order(300)
    MenuEntry staffAppsMenuEntry() {
        return new MenuEntry("Apps", "/staff/apps", Access.staff("ADMIN"));
    }

    @Bean
    @Order(390)
    MenuEntry launchMenuEntry() {
        return new MenuEntry("Start an app", "/staff/launch", ConsentDecision.CHOOSES_MEMBERS);
    }

    @Bean
    @Order(900)
    MenuEntry secondFactorMenuEntry() {
        return new MenuEntry("Second factor", "/second-factor", account -> account != null && account.kind() == Account.Kind.STAFF);
    }

    /** Calls that bring a proof of their own, which their controllers check, or need none. */
    @Bean
    @Order(14)
    SecurityFilterChain identityOpenEndpoints(HttpSecurity http, @Qualifier("identityCors") CorsConfigurationSource cors) throws Exception {
        return http.securityMatcher("/oauth2/register", "/oauth2/register/*", "/oauth2/udap/register", "/launches", "/brands")
                .csrf(csrf -> csrf.disable()).cors(c -> c.configurationSource(cors))
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
                .build();
    }

    /** Each call says who it is, or comes from one of our pages with its session and its CSRF token. */
    @Bean
    @Order(15)
    SecurityFilterChain roomApis(HttpSecurity http, SignIn signIn, Accounts accounts, ObjectProvider<ProtectedApi> declared) throws Exception {
        PathAccess access = PathAccess.toApis(declared.stream());
        return http.securityMatcher(access)
                .addFilterAfter(new CurrentAccount(accounts), SecurityContextHolderFilter.class)
                .authenticationProvider(signIn)
                .httpBasic(basic -> basic.authenticationDetailsSource(SignInDetails::new).realmName("accounts"))
                .csrf(csrf -> csrf.requireCsrfProtectionMatcher(PageSecurity::couldBeForged))
                .requestCache(cache -> cache.disable())
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.NEVER))
                .authorizeHttpRequests(requests -> requests.anyRequest().access(access))
                .build();
    }

    /** A browser sends its session along with what another site makes it send; and a password that it once asked for, which it tells us. */
    private static boolean couldBeForged(HttpServletRequest request) {
        String authorization = request.getHeader("Authorization");
        boolean basic = authorization != null && authorization.regionMatches(true, 0, "Basic ", 0, 6);
        boolean elsewhere = "cross-site".equals(request.getHeader("Sec-Fetch-Site"));
        return !READING.contains(request.getMethod()) && (elsewhere || !basic && request.getSession(false) != null);
    }

    /** Pages for people: session, CSRF token, strict headers. */
    @Bean
    @Order(20)
    SecurityFilterChain roomPages(HttpSecurity http, SignIn signIn, PlanSignIn planSignIn, AuthorizationProblems problems, Accounts accounts,
                                  ObjectProvider<ProtectedPages> declared) throws Exception {
        PathAccess access = PathAccess.toPages(declared.stream());
        planSignIn.configure(http);
        return http.securityMatcher(access)
                .addFilterAfter(new CurrentAccount(accounts), SecurityContextHolderFilter.class)
                .authenticationProvider(signIn)
                .authorizeHttpRequests(requests -> requests.anyRequest().access(access))
                .formLogin(form -> form.loginPage("/sign-in").authenticationDetailsSource(SignInDetails::new)
                        .failureHandler((request, response, exception) -> response.sendRedirect(
                                exception instanceof SignIn.SecondFactorNeeded ? Objects.requireNonNullElse(request.getParameter("code"), "").isBlank() ? "/sign-in?code" : "/sign-in?code=wrong" : "/sign-in?failed")))
                .exceptionHandling(handling -> handling.accessDeniedHandler(problems::denied))
                .logout(out -> out.logoutUrl("/sign-out").logoutSuccessUrl("/sign-in?out"))
                .headers(headers -> headers
                        .contentSecurityPolicy(csp -> csp.policyDirectives(
                                "default-src 'none'; style-src 'self'; img-src 'self' https: data:; base-uri 'none'; frame-ancestors 'none'"))
                        .referrerPolicy(referrer -> referrer.policy(ReferrerPolicy.NO_REFERRER)))
                .build();
    }

    /** What no room declared is not there, whether a controller answers to it or not. */
    @Bean
    @Order(1_000)
    SecurityFilterChain undeclaredPaths(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.anyRequest().denyAll())
                .csrf(csrf -> csrf.disable()).requestCache(cache -> cache.disable())
                .logout(out -> out.disable()) // which would answer at /logout, to any link of another site
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .exceptionHandling(handling -> handling
                        .authenticationEntryPoint((request, response, exception) -> response.sendError(404))
                        .accessDeniedHandler((request, response, exception) -> response.sendError(404)))
                .build();
    }
}
