package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A search ends when its time is over, and its connection serves the next. */
class SearchDeadlineTest {

    private static RecordFixture records;

    @BeforeAll
    static void open() {
        records = new RecordFixture(new SmallDefinitions());
    }

    @AfterAll
    static void close() {
        records.close();
    }

    private static SearchRun run(Connection connection, Duration allowed) throws SQLException {
        StoreContext context = records.context();
        return new SearchRun(context, connection, GrantPredicate.of(Grants.everything(), context, connection), new Deadline(allowed));
    }

    private static Sql sleeping(int millis) {
        return Sql.of("SELECT pg_sleep(").bind(millis).add(" / 1000.0)");
    }

    @Test
    void aStatementEndsWhenTheTimeIsOver() throws Exception {
        try (Connection connection = records.pool.getConnection()) {
            SearchRun run = run(connection, Duration.ofSeconds(1));
            long began = System.nanoTime();
            assertThatThrownBy(() -> run.query(sleeping(30_000), row -> {})).isInstanceOf(SearchTooCostlyException.class).hasMessageContaining("Narrow");
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
            List<Long> read = new ArrayList<>();
            run(connection, Duration.ofSeconds(30)).query(Sql.of("SELECT ").bind(7L), row -> read.add(row.getLong(1)));
            assertThat(read).as("the connection serves the next search").containsExactly(7L);
        }
    }

    @Test
    void noStatementBeginsAfterTheTimeIsOver() throws Exception {
        try (Connection connection = records.pool.getConnection()) {
            assertThatThrownBy(() -> run(connection, Duration.ZERO).query(Sql.of("SELECT 1 / 0"), row -> {})).isInstanceOf(SearchTooCostlyException.class);
        }
    }
}
