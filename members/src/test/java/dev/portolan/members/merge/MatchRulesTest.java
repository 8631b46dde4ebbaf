package dev.portolan.members.merge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.members.merge.MatchRules.Grade;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@code -Dportolan.seed=N}, {@code -Dportolan.tries=N}. */
class MatchRulesTest {

    private static final String SYSTEM = "https://plan.example/member";

    private static PersonFacts person(String id, String rest) {
        return PersonFacts.of(JsonDocument.parse("{\"resourceType\":\"Patient\",\"id\":\"" + id + "\"" + rest + "}").root());
    }

    private static String facts(String family, String given, String born, String gender, String more) {
        return ",\"name\":[{\"family\":\"" + family + "\",\"given\":[\"" + given + "\"]}],\"birthDate\":\"" + born + "\",\"gender\":\"" + gender + "\"" + more;
    }

    private static final String PHONE = ",\"telecom\":[{\"system\":\"phone\",\"value\":\"+1 (555) 010-4477\"}]";
    private static final String NUMBER = ",\"identifier\":[{\"system\":\"" + SYSTEM + "\",\"value\":\"M1\"}]";

    private static Grade grade(String one, String other) {
        PersonFacts first = person("a", one);
        PersonFacts second = person("b", other);
        MatchRules.Verdict verdict = MatchRules.judge(first, second);
        assertThat(MatchRules.judge(second, first)).as("whoever is asked first").isEqualTo(verdict);
        if (verdict != null) {
            assertThat(first.keys()).as("what may be one is found by a common key").containsAnyElementsOf(second.keys());
        }
        return verdict == null ? null : verdict.grade();
    }

    @Test
    void edi11_identifiers_count_first_and_names_are_compared_without_accents_and_signs() {
        assertThat(grade(facts("Núñez-Vega", "Rosa", "1980-02-03", "female", NUMBER), facts("Nunez Vega", "ROSA", "1980-02-03", "female", NUMBER))).isEqualTo(Grade.STRONG);
        assertThat(grade(facts("Vega", "Rosa", "1980-02-03", "female", NUMBER), facts("Lin", "Rosa", "1980-02-03", "female", NUMBER))).as("married since").isEqualTo(Grade.STRONG);
        assertThat(grade(facts("Vega", "Rosa", "1980-02-03", "female", PHONE), facts("Vega", "Rosa", "1980-02-03", "female", PHONE.replace("+1 (555) 010-4477", "555.010.4477")))).isEqualTo(Grade.STRONG);
        assertThat(grade(facts("Vega", "Rosa", "1980-02-03", "female", ""), facts("Vega", "Rosa", "1980-02-03", "female", ""))).isEqualTo(Grade.POSSIBLE);
        assertThat(grade(facts("Vega", "Rosa", "1980-02-03", "female", PHONE), facts("Lin", "Rosa", "1980-02-03", "female", PHONE))).isEqualTo(Grade.POSSIBLE);
        assertThat(grade(facts("Vega", "Rosa", "1980-02-03", "female", PHONE), facts("Vega", "Rosa", "1980-03-02", "female", PHONE))).as("day and month swapped").isEqualTo(Grade.POSSIBLE);
        assertThat(grade(facts("Vega", "Rosa", "1980-02-03", "female", NUMBER), facts("Vega", "Rosa", "1980-02-08", "female", NUMBER))).as("one digit").isEqualTo(Grade.POSSIBLE);
    }

    @Test
    void edi11_contradictions_are_two_people() {
        String ssn = ",\"identifier\":[{\"system\":\"http://hl7.org/fhir/sid/us-ssn\",\"value\":\"123-45-6789\"}]";
        assertThat(grade(facts("Vega", "Rosa", "1980-02-03", "female", ssn), facts("Vega", "Rosa", "1980-02-03", "female", ssn.replace("6789", "6780")))).as("other digits").isNull();
        assertThat(grade(facts("Vega", "Rosa", "1980-02-03", "female", ssn), facts("Vega", "Rosa", "1980-02-03", "female", ssn.replace("123-45-", "")))).as("the last four agree").isEqualTo(Grade.STRONG);
        assertThat(grade(facts("Vega", "Alex", "1980-02-03", "female", NUMBER), facts("Vega", "Alex", "1980-02-03", "male", NUMBER))).as("another gender").isNull();
        assertThat(grade(facts("Vega", "Mia", "2015-02-03", "female", NUMBER + PHONE), facts("Vega", "Zoe", "2015-02-03", "female", NUMBER + PHONE))).as("twins under the subscriber's number").isNull();
        assertThat(grade(facts("Vega", "Ben", "1955-02-03", "male", NUMBER + PHONE), facts("Vega", "Ben", "1985-07-21", "male", NUMBER + PHONE))).as("father and son of one name and number").isNull();
        assertThat(grade(facts("Vega", "Rosa", "1980-02-03", "female", ""), facts("Lin", "Rosa", "1980-02-03", "female", ""))).as("born on one day").isNull();
    }

    @Test
    void edi11_for_any_two_people_the_answer_is_the_same_both_ways_and_has_a_common_key_and_never_contradicts() {
        long seed = Long.getLong("portolan.seed", 7);
        Random random = new Random(seed);
        String[] names = {"Vega", "Véga", "Lin", "O'Hara", "OHara", ""};
        String[] born = {"1980-02-03", "1980-03-02", "1980-02-04", "1955-11-30", "1980", ""};
        for (int i = 0; i < Integer.getInteger("portolan.tries", 20_000); i++) {
            String[] text = new String[2];
            for (int one = 0; one < 2; one++) {
                text[one] = facts(names[random.nextInt(names.length)], names[random.nextInt(names.length)], born[random.nextInt(born.length)], random.nextBoolean() ? "female" : "male",
                    (random.nextBoolean() ? PHONE : "") + (random.nextBoolean() ? ",\"identifier\":[{\"system\":\"" + SYSTEM + "\",\"value\":\"M" + random.nextInt(2) + "\"}]" : ""));
            }
            Grade grade = grade(text[0], text[1]);
            PersonFacts one = person("a", text[0]);
            PersonFacts other = person("b", text[1]);
            Set<String> given = new HashSet<>(one.given());
            given.retainAll(other.given());
            String shown = "seed " + seed + ": " + List.of(text[0], text[1]);
            if (grade != null) {
                assertThat(given).as(shown).isNotEmpty();
                assertThat(one.gender()).as(shown).isEqualTo(other.gender());
            }
            if (grade == Grade.STRONG) {
                assertThat(one.born()).as(shown).isNotNull().isEqualTo(other.born());
                assertThat(Collections.disjoint(one.identifiers(), other.identifiers()) && Collections.disjoint(one.phones(), other.phones())).as(shown).isFalse();
            }
        }
    }
}
