package dev.portolan.members;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.search.SearchBounds;
import dev.portolan.fhir.search.SearchDefinitions;
import dev.portolan.fhir.search.SearchQueryParser;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.identity.scope.SmartScopes;
import dev.portolan.identity.token.AccessToken;
import dev.portolan.members.consent.Exit;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** SMT-20, SMT-21, SMT-22, SMT-34: what a token's scopes come to in the store. */
class TokenGrantsTest {

    private static TokenGrants grants;

    @BeforeAll
    static void definitions() {
        FhirPackages base = FhirPackages.load(new PackageSources(null, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), List.of());
        SearchDefinitions definitions = SearchDefinitions.compile(base);
        SearchQueryParser parser = definitions.parser(new PackageTerminology(base), SearchBounds.DEFAULT, Clock.systemUTC());
        grants = new TokenGrants(parser, definitions.parameters().resourceTypes(), (token, api) -> new TokenGrants.Reach(new Grant.Members.Only(Set.of("attributed")), Purpose.TREATMENT));
    }

    @Test
    void aPatientScopeReachesThePatientInContextOnly_SMT22() {
        Grant grant = grant("patient/Observation.rs", "p1");
        assertThat(grant.members()).isEqualTo(new Grant.Members.Only(Set.of("p1")));
        assertThat(grant.allows("Observation", Interaction.READ)).isTrue();
        assertThat(grant.allows("Observation", Interaction.SEARCH)).isTrue();
        assertThat(grant.allows("Observation", Interaction.CREATE)).isFalse();
        assertThat(grant.allows("Condition", Interaction.READ)).isFalse();
    }

    @Test
    void withoutAPatientInContextAPatientScopeReachesNobody() {
        assertThat(grant("patient/*.rs", null).members()).isEqualTo(new Grant.Members.Only(Set.of()));
    }

    @Test
    void version1ScopesMeanTheirLetters_SMT21() {
        Grant grant = grant("patient/*.read", "p1");
        assertThat(grant.allows("Claim", Interaction.SEARCH)).isTrue();
        assertThat(grant.allows("Claim", Interaction.UPDATE)).isFalse();
    }

    @Test
    void granularScopesBecomeConditions_SMT22() {
        Grant grant = grant("patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory patient/Observation.rs?category=vital-signs", "p1");
        assertThat(grant.rule("Observation").extent(Interaction.READ).anyOf()).hasSize(2);
        assertThat(grant.rule("Observation").interactions()).containsExactlyInAnyOrder(Interaction.READ, Interaction.SEARCH);
    }

    @Test
    void aGranularScopeWhoseConditionIsNotKnownGrantsNothing_SMT22() {
        assertThat(grant("patient/Observation.rs?nonsense=1", "p1").rule("Observation")).isNull();
        assertThat(grant("patient/Observation.rs?category=", "p1").rule("Observation")).isNull();
    }

    @Test
    void smt22_each_interaction_has_the_conditions_of_the_scopes_that_allow_it() {
        Grant.Rule rule = grant("patient/Observation.rs?category=laboratory patient/Observation.c", "p1").rule("Observation");
        assertThat(rule.extent(Interaction.CREATE).isWhole()).isTrue();
        assertThat(rule.extent(Interaction.SEARCH).anyOf()).hasSize(1).allMatch(all -> all.size() == 1);
        Grant.Rule both = grant("patient/Observation.rs?category=laboratory patient/Observation.r", "p1").rule("Observation");
        assertThat(both.extent(Interaction.READ).isWhole()).isTrue();
        assertThat(both.extent(Interaction.SEARCH).isWhole()).isFalse();
        assertThat(both.extent(Interaction.UPDATE)).isNull();
    }

    @Test
    void aScopeWithoutConditionsWidensOneWith() {
        assertThat(grant("patient/Observation.rs?category=laboratory patient/*.rs", "p1").rule("Observation").extent(Interaction.SEARCH).isWhole()).isTrue();
    }

    @Test
    void scopesThatDifferInConditionsAndLettersGiveWhatBothGive_SMT20() {
        Grant grant = grant("patient/Observation.r?category=laboratory patient/Observation.s?category=vital-signs", "p1");
        assertThat(grant.rule("Observation").extent(Interaction.READ)).isNotEqualTo(grant.rule("Observation").extent(Interaction.SEARCH));
        assertThat(grant.rule("Observation").extent(Interaction.READ).isWhole()).isFalse();
    }

    @Test
    void anAppOfItsOwnReachesWhomItMay() {
        AccessToken token = token("system/Patient.rs patient/Observation.rs", null, null, null);
        Grant grant = grants.of(token, Exit.Api.PATIENT_ACCESS);
        assertThat(grant.members()).isEqualTo(new Grant.Members.Only(Set.of("attributed")));
        assertThat(grant.purpose()).isEqualTo(Purpose.TREATMENT);
        assertThat(grant.rule("Observation")).isNull();
    }

    @Test
    void aUserNeverHoldsSystemScopes() {
        assertThat(grants.of(token("system/*.rs", "user", "Patient/p1", "p1"), Exit.Api.PATIENT_ACCESS).rules()).isEmpty();
    }

    @Test
    void userScopesReachTheMembersOwnRecord() {
        assertThat(grants.of(token("user/Patient.rs", "user", "Patient/p9", null), Exit.Api.PATIENT_ACCESS).members()).isEqualTo(new Grant.Members.Only(Set.of("p9")));
        assertThat(grants.of(token("user/Patient.rs", "user", "Practitioner/d1", null), Exit.Api.PATIENT_ACCESS).members()).isEqualTo(new Grant.Members.Only(Set.of()));
    }

    @Test
    void smt27_fhirUser_allows_to_read_who_signed_in_and_no_more() {
        Grant grant = grants.of(token("openid fhirUser launch/patient patient/Observation.rs", "user", "Patient/p1", "p1"), Exit.Api.PATIENT_ACCESS);
        assertThat(grant.rule("Patient").interactions()).containsExactly(Interaction.READ);
        assertThat(grant.rule("Patient").extent(Interaction.READ).anyOf()).hasSize(1).allMatch(all -> all.size() == 1).asString().contains("p1");
        assertThat(grant.rules()).containsOnlyKeys("Patient", "Observation");
        Grant alone = grants.of(token("openid fhirUser", "user", "Patient/p1", null), Exit.Api.PATIENT_ACCESS);
        assertThat(alone.rules()).containsOnlyKeys("Patient");
        assertThat(alone.members()).isEqualTo(new Grant.Members.Only(Set.of("p1")));
    }

    @Test
    void smt27_pac32_a_representative_is_a_related_person_of_the_members_record_and_is_read_there() {
        Grant grant = grants.of(token("openid fhirUser launch/patient patient/Observation.rs", "user", "RelatedPerson/mother", "child"), Exit.Api.PATIENT_ACCESS);
        assertThat(grant.rules()).containsOnlyKeys("RelatedPerson", "Observation");
        assertThat(grant.rule("RelatedPerson").interactions()).containsExactly(Interaction.READ);
        assertThat(grant.rule("RelatedPerson").extent(Interaction.READ).anyOf()).hasSize(1).allMatch(all -> all.size() == 1).asString().contains("mother");
        assertThat(grant.members()).isEqualTo(new Grant.Members.Only(Set.of("child")));
    }

    @Test
    void smt27_fhirUser_brings_no_record_into_reach_and_takes_nothing_from_other_scopes() {
        assertThat(grants.of(token("fhirUser patient/Condition.rs", "user", "Patient/mother", "child"), Exit.Api.PATIENT_ACCESS).members()).isEqualTo(new Grant.Members.Only(Set.of("child")));
        assertThat(grants.of(token("fhirUser patient/*.rs", "user", "Patient/p1", "p1"), Exit.Api.PATIENT_ACCESS).rule("Patient").extent(Interaction.SEARCH).isWhole()).isTrue();
        Grant staff = grants.of(token("fhirUser patient/Goal.rs", "staff", "Practitioner/d1", "p1"), Exit.Api.PATIENT_ACCESS);
        assertThat(staff.rules()).containsOnlyKeys("Practitioner", "Goal");
        assertThat(grants.of(token("openid patient/Media.rs", "user", "Patient/p1", "p1"), Exit.Api.PATIENT_ACCESS).rule("Patient")).isNull();
        assertThat(grants.of(token("fhirUser system/Media.rs", null, null, null), Exit.Api.PATIENT_ACCESS).rules()).containsOnlyKeys("Media");
    }

    private static Grant grant(String scopes, @Nullable String patient) {
        return grants.of(token(scopes, "user", "Patient/other", patient), Exit.Api.PATIENT_ACCESS);
    }

    private static AccessToken token(String scopes, @Nullable String user, @Nullable String fhirUser, @Nullable String patient) {
        return new AccessToken("token", "app", "App", user, fhirUser, patient, SmartScopes.parse(scopes), null, Instant.EPOCH, Instant.MAX, "consent", null);
    }
}
