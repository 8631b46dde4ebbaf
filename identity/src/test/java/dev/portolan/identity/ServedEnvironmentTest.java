package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.identity.app.App;
import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRequest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One variable that is left out must not make a sandbox of a production, nor a production of a sandbox. */
class ServedEnvironmentTest {
    private static final String PRODUCTION = "--portolan.identity.environment=PRODUCTION";

    @Test
    void attack_a_sandboxs_accounts_and_tokens_are_in_no_production() {
        String database = IdentityServer.newDatabase();
        IdentityServer.startOn(database).close();
        assertThatThrownBy(() -> IdentityServer.startOn(database, PRODUCTION)).hasStackTraceContaining("this database is a sandbox's");
        assertThatCode(() -> IdentityServer.startOn(database).close()).doesNotThrowAnyException();
    }

    @Test
    void attack_no_sandbox_is_made_over_a_productions_records() {
        String database = IdentityServer.newDatabase();
        IdentityServer.startOn(database, PRODUCTION).close();
        assertThatThrownBy(() -> IdentityServer.startOn(database)).hasStackTraceContaining("this database is a production's").hasStackTraceContaining("PORTOLAN_IDENTITY_ENVIRONMENT");
        assertThatCode(() -> IdentityServer.startOn(database, PRODUCTION).close()).doesNotThrowAnyException();
    }

    @Test
    void a_database_that_was_served_before_this_was_written_down_is_what_its_apps_are() {
        String database = IdentityServer.newDatabase();
        try (IdentityServer earlier = IdentityServer.startOn(database)) {
            earlier.bean(AppLifecycle.class).register("an-app", new AppRequest("An app", null, "none", List.of("authorization_code"), null, "patient/*.rs", List.of("https://app.example/done"), null, null, null,
                App.Metadata.EMPTY, Map.of()), "test", null, true);
            earlier.bean(IdentityDatabase.class).sql("delete from identity.environment").update();
        }
        assertThatThrownBy(() -> IdentityServer.startOn(database, PRODUCTION)).hasStackTraceContaining("this database is a sandbox's");
    }
}
