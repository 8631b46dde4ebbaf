package dev.portolan.provideraccess;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import org.junit.jupiter.api.Test;

/** PRV-12: what stands on a letter. */
class NoticeLettersTest {

    private static String name(String... names) {
        return NoticeLetters.name(JsonDocument.parse("{\"resourceType\":\"Patient\",\"name\":[" + String.join(",", names) + "]}").root());
    }

    @Test
    void prv12_a_letter_bears_the_name_that_the_member_goes_by() {
        String masked = "{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/data-absent-reason\",\"valueCode\":\"masked\"}]}";
        String official = "{\"use\":\"official\",\"family\":\"Delgado\",\"given\":[\"Rosa\"]}";
        String maiden = "{\"use\":\"maiden\",\"family\":\"Ruiz\",\"given\":[\"Rosa\"]}";
        assertThat(name(masked, official)).isEqualTo("Rosa Delgado");
        assertThat(name(maiden, official)).isEqualTo("Rosa Delgado");
        assertThat(name(maiden)).isEqualTo("Rosa Ruiz");
        assertThat(name(masked)).isEmpty();
        assertThat(NoticeLetters.name(null)).isEmpty();
    }

    @Test
    void prv11_a_file_that_a_spreadsheet_wrote_is_read() {
        assertThat(Roster.network("\uFEFFnpi,starts,ends\n1234567893,2020-01-01,\n")).singleElement().extracting(it -> it.npi()).isEqualTo("1234567893");
    }
}
