package dev.portolan.fhir.search;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StringNormalizationTest {

    @ParameterizedTest
    @CsvSource({
        "José, JOSE", "Nu\u0301ñez, nunez", "O'Malley-Ruiz, o'malley-ruiz", "van  der Berg, VAN DER BERG", "İstanbul, istanbul",
        "Straße, STRASSE", "Straße, strasse", "ΟΔΟΣ, οδος", "ΟΔΟΣ, οδοσ", "東京, 東京"
    })
    void caseAndAccentsAndRunsOfWhiteSpaceDoNotCount(String one, String other) {
        assertThat(StringNormalization.normalize(one)).isEqualTo(StringNormalization.normalize(other));
    }

    @ParameterizedTest
    @CsvSource({"van\u00a0der\u2003\u3000Berg, van der berg", "\ufeffAnn\u200bMarie, annmarie", "Zo\u00adsia\u200e, zosia"})
    void whiteSpaceOfAnyKindIsOneAndWhatNobodySeesIsNone(String one, String other) {
        assertThat(StringNormalization.normalize(one)).isEqualTo(other);
    }

    @ParameterizedTest
    @CsvSource({"St. Mary, St Mary", "100%, 100", "Ruiz, Ruis", "東京, 京都"})
    void punctuationAndLettersCount(String one, String other) {
        assertThat(StringNormalization.normalize(one)).isNotEqualTo(StringNormalization.normalize(other));
    }

    @ParameterizedTest
    @CsvSource({"Straße, strass", "ΟΔΟΣΣ, οδος", "Núñez, nu"})
    void whatStartsAWordStillStartsIt(String word, String start) {
        assertThat(StringNormalization.normalize(word)).startsWith(StringNormalization.normalize(start));
    }
}
