package dev.portolan.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.portolan.identity.app.AppLifecycle;
import dev.portolan.identity.app.AppRejected;
import dev.portolan.identity.app.Apps;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Two registrations under one client id that somebody chose, on two nodes at the same moment: the second may not take the first one's app over. */
class SameClientIdTest {

    private static final String CHOSEN = "plan-loader";
    /** Until the second is where it waits for the first; it is refused as well if it comes there later. */
    private static final int MOST_LOOKS = 1_000;

    @Test
    void reg07_of_two_who_register_under_one_client_id_the_second_is_refused() throws Exception {
        try (IdentityServer server = IdentityServer.start()) {
            AppLifecycle lifecycle = server.bean(AppLifecycle.class);
            String model = Personas.register(server, Personas.asks("First", "client_secret_basic", List.of("authorization_code"), null, null, null)).app().clientId();
            CompletableFuture<Throwable> second;
            try (Connection first = server.bean(DataSource.class).getConnection(); Statement statement = first.createStatement()) {
                first.setAutoCommit(false);
                statement.execute("insert into identity.app select (jsonb_populate_record(a, '{\"client_id\": \"" + CHOSEN + "\"}')).* from identity.app a where client_id = '" + model + "'");
                second = CompletableFuture.supplyAsync(() -> catchThrowable(() -> lifecycle.register(CHOSEN,
                        Personas.asks("Second", "client_secret_basic", List.of("authorization_code"), null, null, null), "grace", null, true)));
                awaitWaiting(server, second);
                first.commit();
                first.setAutoCommit(true);
            }
            assertThat(second.get(60, TimeUnit.SECONDS)).isInstanceOf(AppRejected.class).hasMessageContaining("already");
            assertThat(server.bean(Apps.class).find(CHOSEN)).hasValueSatisfying(app -> assertThat(app.name()).isEqualTo("First"));
        }
    }

    private static void awaitWaiting(IdentityServer server, CompletableFuture<Throwable> second) throws SQLException, InterruptedException {
        try (Connection connection = server.bean(DataSource.class).getConnection(); Statement statement = connection.createStatement()) {
            for (int look = 0; look < MOST_LOOKS && !second.isDone(); look++) {
                try (ResultSet row = statement.executeQuery("select count(*) from pg_locks where not granted and locktype = 'transactionid'")) {
                    row.next();
                    if (row.getLong(1) > 0) {
                        return;
                    }
                }
                Thread.sleep(10);
            }
        }
    }
}
