package dev.portolan.bulkdata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.store.Grants;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom a Group of the store holds. */
class GroupMembersTest {

    private static BulkServer server;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        server = new BulkServer(folder.resolve("exports"), new ExportSettings(3, 8, 2, 4, Duration.ofDays(1), Duration.ofSeconds(20)));
        server.put("{\"resourceType\":\"Practitioner\",\"id\":\"doc\"}");
        for (String member : List.of("plain", "absolute", "versioned", "left", "elsewhere", "once", "now")) {
            server.member(member, 1);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
        server.pool.close();
    }

    private static void group(String id, String... members) {
        server.put("{\"resourceType\":\"Group\",\"id\":\"" + id + "\",\"type\":\"person\",\"actual\":true,\"member\":[" + String.join(",", members) + "]}");
    }

    private static String member(String reference) {
        return "{\"entity\":{\"reference\":\"" + reference + "\"}}";
    }

    private static Set<String> export(String group) throws Exception {
        Set<String> ids = new TreeSet<>();
        for (String line : server.lines("plan", server.export("plan", "Group/" + group + "/$export?_type=Patient,Observation"), "output")) {
            JsonValue root = JsonDocument.parse(line.getBytes(StandardCharsets.UTF_8)).root();
            assertThat(ids.add(root.fieldText("resourceType") + "/" + root.fieldText("id"))).as(line).isTrue();
        }
        return ids;
    }

    @Test
    void blk01_members_are_found_by_each_form_of_a_reference_and_who_left_is_none() throws Exception {
        group("forms", member("Patient/plain"), member(server.base + "/Patient/absolute"), member("Patient/versioned/_history/1"), member("https://other.example/fhir/Patient/elsewhere"),
            "{\"entity\":{\"reference\":\"Patient/left\"},\"period\":{\"start\":\"2020-01-01\",\"end\":\"2021-12-31\"}}");
        assertThat(export("forms")).containsExactly("Observation/absolute-0", "Observation/plain-0", "Observation/versioned-0", "Patient/absolute", "Patient/plain", "Patient/versioned");
    }

    @Test
    void blk01_who_was_merged_is_exported_with_the_record_that_theirs_is_in() throws Exception {
        group("merged", member("Patient/once"));
        try (Connection connection = server.pool.getConnection()) {
            connection.setAutoCommit(false);
            server.database.merges(Grants.everything()).merge(connection, "now", "once");
            connection.commit();
        }
        assertThat(export("merged")).contains("Observation/once-0", "Observation/now-0", "Patient/now");
        HttpResponse<String> named = server.send("plan", "POST", "Group/merged/$export",
            "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"patient\",\"valueReference\":{\"reference\":\"Patient/now\"}}]}", "Prefer", "respond-async");
        assertThat(named.statusCode()).as(named.body()).isEqualTo(202);
    }
}
