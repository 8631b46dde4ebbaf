package dev.portolan.provideraccess;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.members.attribution.MemberDirectory;
import dev.portolan.store.ResourceKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A roster names members by identifiers of the plan's: who is meant, in lists longer than one search takes, and who is not. */
class RosterByIdentifierTest {

    /** More than two searches take. */
    private static final int MEMBERS = 1_700;
    private static final String SYSTEM = "https://plan.example/members";

    private static SearchedMembers searched;
    private static MemberDirectory directory;

    @BeforeAll
    static void open() {
        searched = new SearchedMembers();
        directory = searched.directory;
    }

    @AfterAll
    static void close() {
        searched.close();
    }

    private static void patients(String prefix, int number, String identifier) {
        searched.put(transaction -> {
            for (int i = 0; i < number; i++) {
                String id = prefix + i;
                transaction.put(new ResourceKey("Patient", id), JsonDocument.parse("{\"resourceType\":\"Patient\",\"id\":\"" + id + "\",\"identifier\":[{\"system\":\"" + SYSTEM + "\",\"value\":\"" + identifier.replace("#", "" + i) + "\"}]}"));
            }
        });
    }

    private static Roster.Read roster(List<String> members) {
        StringBuilder csv = new StringBuilder("group,name,npi,member\n");
        members.forEach(member -> csv.append("clinic,Main Street Clinic,1234567893,").append(member).append('\n'));
        return Roster.read(csv.toString(), directory, Instant.parse("2027-01-01T00:00:00Z"));
    }

    @Test
    void prv01_a_roster_with_more_identifiers_than_one_search_takes_names_all_its_members() {
        patients("long", MEMBERS, "L-#");
        List<String> members = new ArrayList<>(IntStream.range(0, MEMBERS).mapToObj(i -> (i % 2 == 0 ? SYSTEM + "|" : "") + "L-" + i).toList());
        members.add(850, "L-" + MEMBERS);
        Roster.Read read = roster(members);
        assertThat(read.unknown()).as("the line of the one that nobody has, after the header and 850 lines").containsExactly(852L);
        assertThat(read.lists()).singleElement().satisfies(list -> assertThat(list.members()).extracting(member -> member.patient())
            .containsExactlyInAnyOrderElementsOf(IntStream.range(0, MEMBERS).mapToObj(i -> "long" + i).toList()));
    }

    @Test
    void prv01_an_identifier_of_two_members_is_nobodys_however_many_share_another_one_of_the_roster() {
        patients("first", 1, "TWICE");
        patients("shared", 30, "000-00-0000");
        patients("second", 1, "TWICE");
        patients("one", 1, "ONCE");
        Roster.Read read = roster(List.of("TWICE", "000-00-0000", "ONCE"));
        assertThat(read.unknown()).as("lines of identifiers that more than one has").containsExactly(2L, 3L);
        assertThat(read.lists()).singleElement().satisfies(list -> assertThat(list.members()).extracting(member -> member.patient()).containsExactly("one0"));
    }
}
