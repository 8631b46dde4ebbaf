package dev.portolan.server;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Set;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.identity.IdentityConfiguration;
import dev.portolan.identity.IdentitySchema;
import dev.portolan.identity.token.AccessTokens;
import dev.portolan.members.DevelopmentGrant;
import dev.portolan.members.TokenGrants;
import dev.portolan.rest.GrantResolver;
import dev.portolan.server.database.Databases;
import dev.portolan.store.Grant;

/** Who is calling, and what that allows: the authorization server, and grants of its tokens. */
@Configuration(proxyBeanMethods = false)
@Import(IdentityConfiguration.class)
class AccessConfiguration {

    @Bean
    IdentitySchema identitySchema(Databases databases) throws SQLException {
        try (var owner = databases.ownerPool()) {
            return IdentitySchema.migrate(owner, databases.role());
        }
    }

    @Bean
    TokenGrants tokenGrants(Definitions definitions, PackageTerminology terminology) {
        var search = definitions.search();
        // Whose records an app without a user reaches is for attribution to say; until it does, nobody's.
        return new TokenGrants(search.parser(terminology, SearchBounds.DEFAULT, Clock.systemUTC()), search.parameters().resourceTypes(),
                token -> new Grant.Members.Only(Set.of()));
    }

    /** A token is what it says. Without one, whoever is on this machine may do everything: the server listens nowhere else. */
    @Bean
    GrantResolver grants(Settings settings, AccessTokens tokens, TokenGrants grants) throws UnknownHostException {
        return new BearerGrants(tokens, grants, DevelopmentGrant.forServerAt(InetAddress.getByName(settings.bind())));
    }
}
