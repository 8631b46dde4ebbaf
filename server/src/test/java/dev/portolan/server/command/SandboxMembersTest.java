package dev.portolan.server.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxMembersTest {

    /** As after a start without Maven, whose message says: or ask for no members. */
    @Test
    void whoever_asks_for_no_members_after_a_load_that_could_not_begin_gets_none(@TempDir Path data) throws Exception {
        Path marker = Files.writeString(data.resolve("sandbox-members"), "loading 20");
        SandboxMembers members = members(marker);
        members.loadOnce(0, (what, done, total) -> { });
        members.loadPersonas((what, done, total) -> { });
        assertThat(members.personas()).isEmpty();
    }

    @Test
    void a_number_of_members_that_cannot_be_made_begins_no_load(@TempDir Path data) throws Exception {
        Path marker = Files.writeString(data.resolve("sandbox-members"), "loading 20");
        assertThatThrownBy(() -> members(marker).loadOnce(-5, (what, done, total) -> { })).hasMessageContaining("not -5");
        assertThat(marker).hasContent("loading 20");
    }

    private static SandboxMembers members(Path marker) {
        return new SandboxMembers(URI.create("http://127.0.0.1:1/system/fhir"), marker, marker.resolveSibling("cache"), "token", () -> {
            throw new AssertionError("nothing is to be asked of the server");
        });
    }
}
