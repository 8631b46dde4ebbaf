package dev.portolan.identity.authorization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.identity.scope.SmartScopes;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class AuthorizedAppsTest {

    private static final String LABORATORY = "?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory";

    private static List<String> sees(String scopes) {
        return new AuthorizedApps.Authorized("app", "App", "Makers", "rosa", "Rosa", "rosa-1", "Rosa", SmartScopes.parse(scopes), Instant.EPOCH, null, null, false).sees();
    }

    @Test
    void smt25_anAppThatSeesSomeCategoriesIsNotSaidToSeeAllOfThem() {
        assertThat(sees("patient/Patient.rs patient/Observation.rs" + LABORATORY)).containsExactly("Personal details", "Test results and measurements (some of it)");
        assertThat(sees("patient/Observation.rs" + LABORATORY + " patient/DiagnosticReport.rs")).as("all reports, some results").containsExactly("Test results and measurements (some of it)");
        assertThat(sees("patient/Observation.rs" + LABORATORY + " patient/Observation.rs")).containsExactly("Test results and measurements");
        assertThat(sees("patient/Observation.rs" + LABORATORY + " patient/*.rs")).hasSize(DataKind.values().length).noneMatch(kind -> kind.endsWith("(some of it)"));
    }
}
