package dev.portolan.benchmarks.limit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.data.Members;
import dev.portolan.benchmarks.http.FhirClient;
import dev.portolan.benchmarks.servers.PostgresCluster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;

/** Stored bytes and nothing else: one row a resource, found by its id or by member, type and date. */
public final class PlainTable {

    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0};
    private static final int ROWS_A_COPY = 400;

    private PlainTable() {}

    public static void create(PostgresCluster database) throws SQLException {
        try (Connection connection = database.connect(); Statement statement = connection.createStatement()) {
            statement.execute("""
                    create table plain (
                      type text not null, id text not null, member text not null, category text not null, date text not null,
                      content bytea not null, primary key (id, type));
                    create index on plain (member, type, date);
                    """);
        }
    }

    /** Rows in PostgreSQL's binary COPY format, prepared before the clock runs; each element is one transaction's worth. */
    public static List<byte[]> prepare(List<ObjectNode> resources) throws IOException {
        List<byte[]> copies = new ArrayList<>();
        for (int from = 0; from < resources.size(); from += ROWS_A_COPY) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            out.write(SIGNATURE);
            out.writeInt(0);
            out.writeInt(0);
            for (ObjectNode resource : resources.subList(from, Math.min(resources.size(), from + ROWS_A_COPY))) {
                writeRow(out, resource);
            }
            out.writeShort(-1);
            copies.add(bytes.toByteArray());
        }
        return copies;
    }

    private static void writeRow(DataOutputStream out, ObjectNode resource) throws IOException {
        out.writeShort(6);
        writeField(out, resource.path("resourceType").asText());
        writeField(out, resource.path("id").asText());
        writeField(out, Members.of(resource));
        writeField(out, resource.path("category").path(0).path("coding").path(0).path("code").asText());
        writeField(out, Members.date(resource));
        byte[] content = content(resource);
        out.writeInt(content.length);
        out.write(content);
    }

    private static byte[] content(JsonNode resource) throws JsonProcessingException {
        return FhirClient.JSON.writeValueAsBytes(resource);
    }

    private static void writeField(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** Copies one prepared batch in a transaction of its own. */
    public static long copy(Connection connection, byte[] rows) throws SQLException, IOException {
        return connection.unwrap(PGConnection.class).getCopyAPI()
                .copyIn("copy plain from stdin (format binary)", new ByteArrayInputStream(rows));
    }

    /** Makes so many rows of each, and has them as settled as those of the other sides. */
    public static void multiply(PostgresCluster database, int times) throws SQLException {
        try (Connection connection = database.connect();
            PreparedStatement insert = connection.prepareStatement(
                "insert into plain select type, id || '-' || copy, member || '-' || copy, category, date, content from plain, generate_series(1, ?) copy")) {
            insert.setInt(1, times - 1);
            insert.executeUpdate();
        }
        database.settle();
    }
}
