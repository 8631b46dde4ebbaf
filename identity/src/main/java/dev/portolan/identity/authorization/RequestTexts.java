package dev.portolan.identity.authorization;

import dev.portolan.identity.NulCharacter;
import java.util.Map;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.web.firewall.RequestRejectedHandler;
import org.springframework.security.web.firewall.StrictHttpFirewall;

/** What no request may hold, in whatever parameter, that comes to the protocol endpoints, the pages and the JSON APIs of all rooms. */
@Configuration(proxyBeanMethods = false)
class RequestTexts {

    @Bean
    StrictHttpFirewall requestFirewall() {
        StrictHttpFirewall firewall = new StrictHttpFirewall();
        firewall.setAllowedParameterValues(value -> !NulCharacter.isIn(value));
        return firewall;
    }

    /** In the form that the endpoint has: RFC 6749, section 5.2, for apps; else the container's, a page for people and an OperationOutcome for programs. */
    @Bean
    RequestRejectedHandler rejectedRequests() {
        return (request, response, rejected) -> {
            String path = request.getRequestURI();
            if (path.startsWith("/oauth2/") && !path.startsWith("/oauth2/authoriz")) {
                TokenResponses.write(response, 400, Map.of("error", OAuth2ErrorCodes.INVALID_REQUEST, "error_description", "The request holds what no request may hold: U+0000, or an address that is not in its simplest form."));
            } else {
                response.sendError(400);
            }
        };
    }
}
