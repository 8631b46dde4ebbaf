package dev.portolan.benchmarks.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresClusterTest {

    @TempDir
    private Path folder;

    @Test
    void aClusterIsReachedThroughItsSocket() throws Exception {
        try (PostgresCluster cluster = PostgresCluster.start(folder.resolve("one").resolve("database"))) {
            assertThat(address(cluster)).isNull();
        }
    }

    @Test
    void aClusterIsReachedByItsPortWhereTheFoldersNameIsTooLongForASocket() throws Exception {
        try (PostgresCluster cluster = PostgresCluster.start(folder.resolve("a-folder-with-a-long-name".repeat(4)).resolve("database"))) {
            assertThat(address(cluster)).isEqualTo("127.0.0.1");
        }
    }

    private static String address(PostgresCluster cluster) throws SQLException {
        try (Connection connection = cluster.connect(); Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery("SELECT host(inet_client_addr())")) {
            row.next();
            return row.getString(1);
        }
    }
}
