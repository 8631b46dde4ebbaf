package dev.portolan.members;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecordPatientDirectoryTest {

    @Test
    void aWordOfAccentsAloneIsNoWord() {
        assertThat(RecordPatientDirectory.words("Ann \u0301  Núñez -")).containsExactly("Ann", "Núñez", "-");
        assertThat(RecordPatientDirectory.words("\u0301 \u0308")).isEmpty();
    }
}
