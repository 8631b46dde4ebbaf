package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A node that stands still in the midst of a write: the database ends its transaction, others go on, and when it wakes up it tells its caller to try again. */
class StoodStillTest {

    private static final ResourceKey KEY = new ResourceKey("Patient", "ann");

    private static JsonDocument named(String family) {
        return JsonDocument.parse("{\"resourceType\":\"Patient\",\"id\":\"ann\",\"name\":[{\"family\":\"" + family + "\"}]}");
    }

    @Test
    void who_waits_for_it_goes_on_and_its_own_write_is_a_matter_of_time() throws Exception {
        try (HikariDataSource pool = TestDatabase.migrated(); RecordDatabase database = new SampleDefinitions().open(pool, StoreSettings.DEFAULT)) {
            RecordView all = database.records().open(Grants.everything());
            all.write(transaction -> transaction.put(KEY, named("Lee")));
            Connection still = pool.getConnection();
            still.setAutoCommit(false);
            Throwable failure = catchThrowable(() -> {
                database.write(still, Grants.everything(), transaction -> transaction.put(KEY, named("Still")), (transaction, written) -> {
                    soonGivenUp(still);
                    return all.write(other -> {
                        other.lock(List.of(KEY));
                        return other.put(KEY, named("Other"));
                    });
                });
                still.commit();
            });
            assertThat(failure).isNotNull();
            assertThat(DatabaseOutage.is(failure)).as("%s", failure).isTrue();
            assertThat(all.read(KEY)).isInstanceOfSatisfying(ReadResult.Found.class, found -> assertThat(new String(found.resource().content().json(), StandardCharsets.UTF_8)).contains("Other"));
            close(still);
        }
    }

    private static void soonGivenUp(Connection connection) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL idle_in_transaction_session_timeout = 100");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The pool has given it up already. */
    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException gone) {
            assertThat(DatabaseOutage.is(gone)).isTrue();
        }
    }
}
