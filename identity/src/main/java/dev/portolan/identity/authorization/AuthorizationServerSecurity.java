package dev.portolan.identity.authorization;

import dev.portolan.identity.IdentityProperties;
import dev.portolan.identity.account.Accounts;
import dev.portolan.identity.app.AppCredentials;
import java.util.List;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.oauth2.server.authorization.OAuth2AuthorizationServerConfigurer;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsent;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationConsentService;
import org.springframework.security.oauth2.server.authorization.authentication.ClientSecretAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.JwtClientAssertionAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationCodeRequestAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationConsentAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientCredentialsAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.web.authentication.JwtClientAssertionAuthenticationConverter;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2AuthorizationCodeRequestAuthenticationConverter;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2ClientCredentialsAuthenticationConverter;
import org.springframework.security.oauth2.server.authorization.web.authentication.X509ClientCertificateAuthenticationConverter;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.context.SecurityContextHolderFilter;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.MediaTypeRequestMatcher;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsConfigurationSource;

/** Wires SMART's rules into the protocol endpoints: /oauth2/authorize, token, introspect, revoke, jwks. */
@Configuration(proxyBeanMethods = false)
class AuthorizationServerSecurity {

    @Bean
    AuthorizationServerSettings authorizationServerSettings(IdentityProperties properties) {
        return AuthorizationServerSettings.builder().issuer(properties.issuer().toString()).build();
    }

    /** Consent is asked for each time and kept with the authorization that it is for; there is nothing else to remember. */
    @Bean
    OAuth2AuthorizationConsentService consentService() {
        return new OAuth2AuthorizationConsentService() {
            @Override
            public void save(OAuth2AuthorizationConsent consent) {
                throw new UnsupportedOperationException("consent is kept with its authorization");
            }

            @Override
            public void remove(OAuth2AuthorizationConsent consent) {
                throw new UnsupportedOperationException("consent is kept with its authorization");
            }

            @Override
            public OAuth2AuthorizationConsent findById(String clientId, String principal) {
                return null;
            }
        };
    }

    @Bean
    @Order(10)
    SecurityFilterChain protocolEndpoints(HttpSecurity http, AppRegisteredClients clients, StoredAuthorizations authorizations, SmartTokens tokens,
            AuthorizationRequestRules rules, ScopeNarrowing narrowing, ConsentDecision consent, Introspection introspection,
            TokenResponses responses, AuthorizationProblems problems, ClientAssertions assertions, AppCredentials credentials, Accounts accounts,
            @Qualifier("identityCors") CorsConfigurationSource cors) throws Exception {
        OAuth2AuthorizationServerConfigurer server = new OAuth2AuthorizationServerConfigurer();
        // A browser asks with OPTIONS before it calls; the library's matcher knows only the calls themselves.
        http.securityMatcher(new OrRequestMatcher(server.getEndpointsMatcher(),
                PathPatternRequestMatcher.withDefaults().matcher(HttpMethod.OPTIONS, "/oauth2/**")));
        http.with(server, configurer -> configurer
                .registeredClientRepository(clients).authorizationService(authorizations).tokenGenerator(tokens)
                .clientAuthentication(client -> client
                        .authenticationConverters(list -> {
                            list.removeIf(c -> c instanceof JwtClientAssertionAuthenticationConverter || c instanceof X509ClientCertificateAuthenticationConverter);
                            list.add(0, ClientAuthentication.assertions());
                            list.add(ClientAuthentication.publicApps(authorizations));
                        })
                        .authenticationProviders(list -> {
                            list.forEach(provider -> {
                                if (provider instanceof JwtClientAssertionAuthenticationProvider jwt) {
                                    jwt.setJwtDecoderFactory(assertions);
                                } else if (provider instanceof ClientSecretAuthenticationProvider secret) {
                                    secret.setPasswordEncoder(credentials);
                                }
                            });
                            list.add(0, ClientAuthentication.publicApps(clients));
                        })
                        .errorResponseHandler(responses::clientRefused))
                .authorizationEndpoint(endpoint -> endpoint
                        .consentPage("/consent")
                        .authorizationRequestConverters(list -> {
                            list.removeIf(OAuth2AuthorizationCodeRequestAuthenticationConverter.class::isInstance);
                            list.add(0, narrowing::authorizationRequest);
                        })
                        .authenticationProviders(list -> {
                            list.removeIf(OAuth2AuthorizationConsentAuthenticationProvider.class::isInstance);
                            list.add(consent);
                            list.forEach(provider -> {
                                if (provider instanceof OAuth2AuthorizationCodeRequestAuthenticationProvider code) {
                                    code.setAuthenticationValidator(rules);
                                    code.setAuthorizationConsentRequired(context -> true);
                                }
                            });
                        })
                        .errorResponseHandler(problems::refused))
                .tokenEndpoint(endpoint -> endpoint
                        .accessTokenRequestConverters(list -> {
                            list.removeIf(OAuth2ClientCredentialsAuthenticationConverter.class::isInstance);
                            list.add(narrowing::clientCredentials);
                        })
                        .authenticationProviders(list -> list.forEach(provider -> {
                            if (provider instanceof OAuth2ClientCredentialsAuthenticationProvider backend) {
                                backend.setAuthenticationValidator(context -> { }); // scopes were cut down when the request was read
                            }
                        }))
                        .accessTokenResponseHandler(responses::issued)
                        .errorResponseHandler(responses::refused))
                .tokenIntrospectionEndpoint(endpoint -> endpoint
                        .authenticationProvider(introspection)
                        .introspectionResponseHandler(introspection::respond)
                        .errorResponseHandler(responses::refused))
                .tokenRevocationEndpoint(endpoint -> endpoint.errorResponseHandler(responses::refused)));
        http.addFilterAfter(new CurrentAccount(accounts), SecurityContextHolderFilter.class);
        http.addFilterAfter(new PostedAuthorizationRequests(), CurrentAccount.class);
        return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                .cors(c -> c.configurationSource(cors))
                .exceptionHandling(handling -> handling.defaultAuthenticationEntryPointFor(new LoginUrlAuthenticationEntryPoint("/sign-in"),
                        new MediaTypeRequestMatcher(MediaType.TEXT_HTML, MediaType.ALL)))
                .build();
    }

    /** Browser apps call the token endpoint from wherever they live; no cookie goes with such a call (requirement 20, section 4). */
    @Bean
    CorsConfigurationSource identityCors() {
        CorsConfiguration any = new CorsConfiguration();
        any.setAllowedOrigins(List.of("*"));
        any.setAllowedMethods(List.of("GET", "POST", "PUT", "DELETE", "OPTIONS"));
        any.setAllowedHeaders(List.of("Authorization", "Content-Type", "Accept"));
        any.setMaxAge(3_600L);
        // Nothing but a person's browser goes to the authorization endpoint, and never from a script.
        any.setExposedHeaders(List.of("ETag", "WWW-Authenticate"));
        return request -> request.getRequestURI().equals("/brands")
                || request.getRequestURI().startsWith("/oauth2/") && !request.getRequestURI().endsWith("/authorize") ? any : null;
    }
}
