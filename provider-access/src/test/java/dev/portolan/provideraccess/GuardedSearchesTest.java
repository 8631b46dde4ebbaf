package dev.portolan.provideraccess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.Inclusion;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.rest.FhirException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What is taken out of claims is told by no search: not by what comes along with one, either. */
class GuardedSearchesTest {

    private static final FhirPackages R4 = FhirPackages.load(new PackageSources(null, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), List.of());
    private final GuardedSearches searches = new GuardedSearches(SearchDefinitions.compile(R4).parser(new PackageTerminology(R4), SearchBounds.DEFAULT, Clock.systemUTC()));

    private Set<String> followed(String type, String name, String value) {
        Set<String> followed = new TreeSet<>();
        for (Inclusion inclusion : searches.parse(List.of(type), List.of(new RawParameter(name, value)), Set.of(), true).inclusions()) {
            inclusion.by().stream().map(SearchParameter::code).forEach(code -> followed.add(inclusion.sourceType() + ":" + code));
        }
        return followed;
    }

    @Test
    void prv06_no_include_tells_who_was_paid() {
        for (String[] asked : new String[][] {{"ExplanationOfBenefit", "_include"}, {"ExplanationOfBenefit", "_include:iterate"}, {"Organization", "_revinclude"}, {"Patient", "_revinclude"}}) {
            assertThatThrownBy(() -> followed(asked[0], asked[1], "ExplanationOfBenefit:payee")).as("%s %s", asked[0], asked[1]).isInstanceOf(FhirException.class).hasMessageContaining("payee");
        }
        for (String[] asked : new String[][] {{"ExplanationOfBenefit", "_include", "*"}, {"ExplanationOfBenefit", "_include", "ExplanationOfBenefit:*"}, {"Patient", "_revinclude", "*"}, {"Patient", "_revinclude", "ExplanationOfBenefit:*"}}) {
            assertThat(followed(asked[0], asked[1], asked[2])).as("%s %s %s", (Object[]) asked).contains("ExplanationOfBenefit:patient").doesNotContain("ExplanationOfBenefit:payee");
        }
        assertThat(followed("Patient", "_revinclude", "*")).contains("Observation:subject");
    }

    @Test
    void every_reference_of_a_type_that_has_none_is_none() {
        assertThat(followed("Binary", "_include", "Binary:*")).isEmpty();
        assertThat(followed("Patient", "_revinclude", "Binary:*")).isEmpty();
    }
}
