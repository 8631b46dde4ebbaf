package dev.portolan.provideraccess;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.members.attribution.MemberDirectory;
import dev.portolan.store.ResourceKey;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which member an insurance card is of, among many who share the day of birth and the name. */
class MemberMatchTest {

    /** More than a page of the search has. */
    private static final int NAMESAKES = 620;

    private static SearchedMembers members;
    private static MemberDirectory directory;

    @BeforeAll
    static void open() {
        members = new SearchedMembers();
        directory = members.directory;
        members.put(transaction -> {
            for (int i = 0; i < NAMESAKES; i++) {
                transaction.put(new ResourceKey("Patient", "n" + i), patient("n" + i, "N-" + i));
            }
            transaction.put(new ResourceKey("Patient", "right"), patient("right", "R-1"));
        });
    }

    @AfterAll
    static void close() {
        members.close();
    }

    private static JsonDocument patient(String id, String identifier) {
        return JsonDocument.parse("{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"identifier\":[{\"system\":\"https://plan.example/members\",\"value\":\"" + identifier + "\"}],"
            + "\"name\":[{\"family\":\"Nguyen\",\"given\":[\"Anh\"]}],\"birthDate\":\"1980-01-01\"}");
    }

    private static Optional<String> match(String number) {
        String asked = "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Nguyễn\",\"given\":[\"Anh\"]},{\"family\":\"Tran\"}],\"birthDate\":\"1980-01-01\"}";
        return directory.match(JsonDocument.parse(asked).root(), JsonDocument.parse("{\"resourceType\":\"Coverage\",\"subscriberId\":\"" + number + "\"}").root());
    }

    @Test
    void prv03_a_member_is_found_however_many_share_the_day_and_the_name() {
        assertThat(match("N-0")).contains("n0");
        assertThat(match("R-1")).contains("right");
        assertThat(match("R-2")).isEmpty();
    }

    @Test
    void prv03_two_members_with_the_number_are_nobody_however_far_apart_they_are_found() {
        members.put(transaction -> {
            for (String one : List.of("n1", "late")) {
                transaction.put(new ResourceKey("Patient", one), patient(one, "N-1"));
                transaction.put(new ResourceKey("Coverage", "c-" + one), JsonDocument.parse("{\"resourceType\":\"Coverage\",\"id\":\"c-" + one + "\",\"status\":\"active\",\"subscriberId\":\"S-1\",\"beneficiary\":{\"reference\":\"Patient/"
                    + one + "\"},\"payor\":[{\"display\":\"plan\"}]}"));
            }
        });
        assertThat(match("N-1")).isEmpty();
        assertThat(match("S-1")).isEmpty();
    }

    @Test
    void prv03_a_number_is_found_among_all_coverages_of_a_member() {
        members.put(transaction -> {
            for (int i = 0; i < 60; i++) {
                transaction.put(new ResourceKey("Coverage", "many" + i), JsonDocument.parse("{\"resourceType\":\"Coverage\",\"id\":\"many" + i + "\",\"status\":\"active\",\"subscriberId\":\"M-" + i
                    + "\",\"beneficiary\":{\"reference\":\"Patient/n2\"},\"payor\":[{\"display\":\"plan\"}]}"));
            }
        });
        assertThat(match("M-0")).contains("n2");
        assertThat(match("M-59")).contains("n2");
    }
}
