package dev.portolan.members;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.fhir.json.JsonDocument;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReportingUnitTest {

    private static final String COVERAGE = """
        {"resourceType":"Coverage","identifier":[{"system":"https://plan.example/members","value":"M1"},{"system":"https://plan.example/contracts","value":" H1234 "}],
         "payor":[{"reference":"https://plan.example/fhir/Organization/issuer-7"},{"identifier":{"value":"12345"},"reference":"Organization/x"},{"display":"somebody"}],
         "class":[{"type":{"coding":[{"code":"group"}]},"value":"G-1"},{"type":{"coding":[{"code":"other"},{"code":"plan"}]},"value":"H1234-001"},{"type":{"coding":[{"code":"plan"}]}},{"value":"of no type"}]}""";

    private static Set<String> in(String notation, String coverage) {
        return ReportingUnit.of(notation).in(JsonDocument.parse(coverage.getBytes(StandardCharsets.UTF_8)).root());
    }

    @Test
    void pac34_a_unit_is_found_where_the_plan_says_that_it_stands() {
        assertThat(in("class:plan", COVERAGE)).containsExactly("H1234-001");
        assertThat(in("class:group", COVERAGE)).containsExactly("G-1");
        assertThat(in("identifier:https://plan.example/contracts", COVERAGE)).containsExactly("H1234");
        assertThat(in("payor", COVERAGE)).containsExactly("12345", "issuer-7");
    }

    @Test
    void pac34_a_coverage_that_says_nothing_there_names_no_unit() {
        for (String notation : Set.of("class:plan", "identifier:https://plan.example/contracts", "payor")) {
            assertThat(in(notation, "{\"resourceType\":\"Coverage\"}")).as(notation).isEmpty();
        }
        assertThat(in("class:subplan", COVERAGE)).isEmpty();
        assertThat(in("identifier:https://plan.example", COVERAGE)).isEmpty();
    }

    @Test
    void pac34_a_place_that_is_none_is_refused_with_what_it_may_be() {
        for (String notation : new String[] {"", "plan", "class:", "class", "payor:x", "network:1"}) {
            assertThatThrownBy(() -> ReportingUnit.of(notation)).as(notation).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("class:TYPE");
        }
    }
}
