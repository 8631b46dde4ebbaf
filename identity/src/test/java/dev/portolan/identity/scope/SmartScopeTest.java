package dev.portolan.identity.scope;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scope grammar: SMT-20, SMT-21, and the granular scopes of SMT-22 and SMT-23. */
class SmartScopeTest {

    private static Set<Interaction> allowed(String text) {
        return SmartScope.parse(text).map(s -> ((ResourceScope) s).interactions()).orElse(Set.of());
    }

    @Test
    void smt20_letters_in_order_say_what_may_be_done() {
        assertThat(allowed("patient/Observation.rs")).containsExactly(Interaction.READ, Interaction.SEARCH);
        assertThat(allowed("user/*.cruds")).containsExactly(Interaction.values());
        assertThat(allowed("system/Claim.c")).containsExactly(Interaction.CREATE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"patient/Observation.sr", "patient/Observation.dus", "patient/Observation.", "patient/Observation", "patient/Observation.rr",
        "patient/observation.rs", "Patient/Observation.rs", "patient/Observation.rsx", "patient/*.reads", "patient//.rs", "patient/Observation.read?category=x",
        "patient/Observation.rs?", "patient/Observation.rs?category", "patient/Observation.rs?=x", "patient/Observation.rs?category=%zz", "launch/",
        "launch/patient/x", "admin", "", "patient/*.*.*", "everyone/*.rs"})
    void smt20_what_is_out_of_order_or_unknown_is_no_scope(String text) {
        assertThat(SmartScope.parse(text)).isEmpty();
    }

    @Property(tries = 2000, seed = "42")
    void smt20_no_suffix_allows_more_than_its_letters(@ForAll("suffixes") String suffix) {
        Set<Character> letters = suffix.chars().mapToObj(c -> (char) c).collect(Collectors.toSet());
        for (Interaction interaction : allowed("patient/Observation." + suffix)) {
            assertThat(letters).contains(interaction.letter());
        }
        if (!suffix.matches("c?r?u?d?s?")) {
            assertThat(allowed("patient/Observation." + suffix)).isEmpty();
        }
    }

    @Provide
    Arbitrary<String> suffixes() {
        return Arbitraries.strings().withChars("crudsxa").ofMinLength(1).ofMaxLength(7)
                .filter(s -> !s.equals("read") && !s.equals("write"));
    }

    @Provide
    Arbitrary<ResourceScope> scopes() {
        Arbitrary<ResourceScope.Level> levels = Arbitraries.of(ResourceScope.Level.class);
        Arbitrary<String> types = Arbitraries.of("*", "Observation", "Condition", "Patient");
        Arbitrary<Set<Interaction>> interactions = Arbitraries.of(Interaction.class).set().ofMinSize(1).map(EnumSet::copyOf);
        Arbitrary<List<ResourceScope.Condition>> conditions = Arbitraries.of("category=a%7Cb", "category=c", "code=x|y", "status=final")
                .map(raw -> ((ResourceScope) SmartScope.parse("patient/Observation.r?" + raw).orElseThrow()).conditions().get(0))
                .set().ofMaxSize(2).map(List::copyOf);
        return Combinators.combine(levels, types, interactions, conditions).as((l, t, i, c) -> new ResourceScope(l, t, i, c, false));
    }

    @Property(tries = 2000, seed = "42")
    void a_scope_reads_back_as_it_was_written(@ForAll("scopes") ResourceScope scope) {
        assertThat(SmartScope.parse(scope.text())).contains(scope);
    }

    @Property(tries = 2000, seed = "42")
    void both_scopes_cover_what_they_have_in_common(@ForAll("scopes") ResourceScope a, @ForAll("scopes") ResourceScope b) {
        a.intersect(b).ifPresent(common -> {
            assertThat(a.covers(common)).isTrue();
            assertThat(b.covers(common)).isTrue();
        });
        if (a.covers(b)) {
            assertThat(a.intersect(b)).isPresent();
        }
    }

    @Property(tries = 1000, seed = "42")
    void narrowing_never_gives_more_than_either_side(@ForAll("scopes") ResourceScope asked, @ForAll("scopes") ResourceScope a, @ForAll("scopes") ResourceScope b) {
        SmartScopes allowed = new SmartScopes(List.of(a, b));
        for (SmartScope kept : new SmartScopes(List.of(asked)).within(allowed).values()) {
            assertThat(asked.covers(kept)).isTrue();
            assertThat(allowed.covers(kept)).isTrue();
        }
    }

    @Test
    void smt21_version_1_scopes_mean_what_they_meant_and_stay_as_they_were_written() {
        assertThat(allowed("patient/Observation.read")).containsExactly(Interaction.READ, Interaction.SEARCH);
        assertThat(allowed("patient/Observation.write")).containsExactly(Interaction.CREATE, Interaction.UPDATE, Interaction.DELETE);
        assertThat(allowed("patient/Observation.*")).containsExactly(Interaction.values());
        SmartScopes asked = SmartScopes.parse("patient/Observation.read patient/*.read user/Claim.*");
        assertThat(asked.within(SmartScopes.parse("patient/*.rs user/*.rs")).texts())
                .containsExactly("patient/Observation.read", "patient/*.read", "user/Claim.read");
    }

    @Test
    void smt23_the_granular_scopes_of_us_core_are_understood() {
        String codes = "http://terminology.hl7.org/CodeSystem/";
        List<String> granular = List.of(
                "patient/Condition.rs?category=" + codes + "condition-category|encounter-diagnosis",
                "patient/Condition.rs?category=" + codes + "condition-category|problem-list-item",
                "patient/Condition.rs?category=http://hl7.org/fhir/us/core/CodeSystem/condition-category|health-concern",
                "patient/Observation.rs?category=" + codes + "observation-category|laboratory",
                "patient/Observation.rs?category=" + codes + "observation-category|social-history",
                "patient/Observation.rs?category=" + codes + "observation-category|vital-signs",
                "user/Observation.rs?category=" + codes + "observation-category|survey",
                "user/Observation.rs?category=http://hl7.org/fhir/us/core/CodeSystem/us-core-category|sdoh");
        assertThat(SmartScopes.parse(granular).texts()).containsExactlyElementsOf(granular);
        ResourceScope laboratory = (ResourceScope) SmartScope.parse(granular.get(3)).orElseThrow();
        assertThat(laboratory.conditions()).singleElement().satisfies(c -> {
            assertThat(c.name()).isEqualTo("category");
            assertThat(c.value()).isEqualTo(codes + "observation-category|laboratory");
        });
    }

    @Test
    void smt22_a_granular_scope_covers_less_than_the_whole_type() {
        SmartScope whole = SmartScope.parse("patient/Observation.rs").orElseThrow();
        SmartScope part = SmartScope.parse("patient/Observation.rs?category=laboratory").orElseThrow();
        assertThat(whole.covers(part)).isTrue();
        assertThat(part.covers(whole)).isFalse();
        assertThat(SmartScopes.parse("patient/*.rs").within(SmartScopes.parse("patient/Observation.rs?category=laboratory")).texts())
                .containsExactly("patient/Observation.rs?category=laboratory");
    }

    @Test
    void unknown_scopes_are_dropped_and_repeated_ones_count_once() {
        assertThat(SmartScopes.parse("openid banana patient/*.rs openid launch/patient?role=subject").text())
                .isEqualTo("openid patient/*.rs launch/patient?role=subject");
    }
}
