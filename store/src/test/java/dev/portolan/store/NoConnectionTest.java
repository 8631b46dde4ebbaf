package dev.portolan.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.zaxxer.hikari.HikariDataSource;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.ParameterType;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** All connections are in use for longer than anybody waits: that is an outage, to come again after, and no fault of the server's. */
class NoConnectionTest {

    private static final String HOUSEKEEPING = "com.zaxxer.hikari.housekeeping.periodMs";
    private static final int CONNECTIONS = 3;
    private static final ResourceKey SMALL = new ResourceKey("Observation", "small");
    private static final ResourceKey LARGE = new ResourceKey("Observation", "large");

    @Test
    void isAnOutageForWhateverIsAsked() throws Exception {
        try (HikariDataSource pool = pool();
            RecordDatabase database = new SampleDefinitions("busy").add("Observation", "patient", ParameterType.REFERENCE, "subject").open(pool, new StoreSettings(Set.of(), Duration.ofSeconds(60), false))) {
            RecordView all = database.records().open(Grants.everything());
            put(all, SMALL, "x");
            put(all, LARGE, new Random(3).ints(100_000, 33, 127).filter(each -> each != '"' && each != '\\').collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString());
            StoredResource large = ((ReadResult.Found) all.read(LARGE)).resource();
            List<Connection> held = new ArrayList<>();
            try {
                for (int i = 0; i < CONNECTIONS; i++) {
                    held.add(pool.getConnection());
                }
                pool.setConnectionTimeout(300);
                Thread.sleep(500); // until it has heard of that; who comes before waits for longer, and is told the same
                assertThat(List.of(catchThrowable(() -> all.read(SMALL)), catchThrowable(() -> all.readVersion(SMALL, 1)), catchThrowable(() -> put(all, SMALL, "y")), catchThrowable(() -> large.content().json())))
                    .allSatisfy(failure -> assertThat(DatabaseOutage.is(failure)).as(String.valueOf(failure)).isTrue());
            } finally {
                for (Connection each : held) {
                    each.close();
                }
            }
            pool.setConnectionTimeout(30_000);
            assertThat(large.content().json().length).isGreaterThan(90_000);
        }
    }

    /** One that hears soon that nobody is to wait for long any more: it looks at its settings as often as it keeps house, which is each half minute otherwise. */
    private static HikariDataSource pool() {
        System.setProperty(HOUSEKEEPING, "100");
        try {
            return TestDatabase.migrated(CONNECTIONS);
        } finally {
            System.clearProperty(HOUSEKEEPING);
        }
    }

    private static void put(RecordView all, ResourceKey key, String text) {
        all.write(transaction -> transaction.put(key, JsonDocument.parse("{\"resourceType\":\"Observation\",\"id\":\"" + key.id() + "\",\"valueString\":\"" + text + "\"}")));
    }
}
