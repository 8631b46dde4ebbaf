package dev.portolan.identity;

import org.springframework.stereotype.Component;

/**
 * A database is a sandbox's or a production's for good. One variable that is left out would otherwise make accounts, and a token for everything, over members' records; or let a sandbox's accounts, apps and tokens
 * into a production.
 */
@Component
final class ServedEnvironment {

    ServedEnvironment(IdentityDatabase database, IdentityProperties properties) {
        IdentityProperties.Environment asked = properties.environment();
        // A database that was served before this was written down is what its apps are: a sandbox has its own from the first start on.
        database.sql("""
                insert into identity.environment (name)
                select coalesce((select 'SANDBOX' from identity.app where environment = 'SANDBOX' limit 1), (select 'PRODUCTION' from identity.app limit 1), ?) on conflict do nothing""")
                .param(asked.name()).update();
        String served = database.sql("select name from identity.environment").query(String.class).single();
        if (!served.equals(asked.name())) {
            throw new IllegalStateException(asked == IdentityProperties.Environment.SANDBOX
                    ? "this database is a production's, where a sandbox would make accounts and a token for everything: set PORTOLAN_IDENTITY_ENVIRONMENT=PRODUCTION, or name another database (--data, PORTOLAN_DB_URL)"
                    : "this database is a sandbox's, whose accounts, apps and tokens must not be in a production: name another database (--data, PORTOLAN_DB_URL)");
        }
    }
}
