package dev.portolan.fhir.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QueryParserTest {

    @Test
    void aChainGoesThroughEveryTypeThatKnowsTheRest() {
        Criterion.Chain chain = (Criterion.Chain) Searches.criterion("Observation", "subject.family=x");
        assertThat(chain.targets()).extracting(Criterion.Target::type).containsExactly("Patient");
        Criterion.Chain typed = (Criterion.Chain) Searches.criterion("Observation", "subject:Patient.general-practitioner:Practitioner.name=x");
        assertThat(typed.targets()).singleElement().satisfies(target -> assertThat(target.criterion()).isInstanceOf(Criterion.Chain.class));
    }

    @Test
    void idsAndTimesOfUpdateHaveCriteriaOfTheirOwnAtEveryHop() {
        assertThat(Searches.criterion("Patient", "_id=a,b")).isEqualTo(new Criterion.Ids(Set.of("a", "b")));
        Criterion.Has has = (Criterion.Has) Searches.criterion("Patient", "_has:Observation:patient:_has:Provenance:target:_lastUpdated=gt2020");
        assertThat(has.sourceType()).isEqualTo("Observation");
        assertThat(((Criterion.Has) has.criterion()).criterion()).isInstanceOf(Criterion.LastUpdated.class);
        assertThat(((Criterion.Chain) Searches.criterion("Observation", "patient._id=a")).targets().get(0).criterion()).isEqualTo(new Criterion.Ids(Set.of("a")));
    }

    @Test
    void theAppliedParametersKeepTheCallersOrderAndTheUnknownAreNamed() {
        SearchQuery query = Searches.lenient("Patient", "name=a&nonsense=1&_sort=-birthdate,_id&birthdate=ge1980&_filter=x&gender=");
        assertThat(query.applied()).extracting(RawParameter::name).containsExactly("name", "_sort", "birthdate");
        assertThat(query.ignored()).extracting(ignored -> ignored.parameter().name()).containsExactly("nonsense", "_filter", "gender");
        assertThat(query.sort()).extracting(key -> key.parameter().code() + key.descending()).containsExactly("birthdatetrue", "_idfalse");
    }

    @Test
    void aSortWithAnUnknownKeyOrdersByNoneOfItsKeys() {
        for (String sort : List.of("birthdate,nonsense", "-birthdate,_id,-nonsense", "nonsense,birthdate", "birthdate,_text")) {
            SearchQuery query = Searches.lenient("Patient", "name=a&_sort=" + sort);
            assertThat(query.sort()).as(sort).isEmpty();
            assertThat(query.applied()).extracting(RawParameter::name).containsExactly("name");
            assertThat(query.ignored()).extracting(ignored -> ignored.parameter().name()).containsExactly("_sort");
            assertThatThrownBy(() -> Searches.strict("Patient", "_sort=" + sort)).as(sort).isInstanceOf(InvalidSearchException.class);
        }
        assertThat(Searches.PARSER.parse(List.of("Patient", "Observation"), Searches.raw("_sort=_id,name"), Set.of(), false).sort()).isEmpty();
    }

    /** RST-36. */
    @Test
    void strictHandlingRefusesWhatIsUnknown() {
        assertThatThrownBy(() -> Searches.strict("Patient", "nonsense=1")).isInstanceOf(InvalidSearchException.class).hasMessageContaining("nonsense");
        assertThatThrownBy(() -> Searches.strict("Patient", "_query=x")).isInstanceOf(InvalidSearchException.class);
    }

    @Test
    void theTypesThatAreSearchedAreNamedRightlyOrNotAtAll() {
        assertThat(Searches.strict("Patient", "_type=Patient").types()).containsExactly("Patient");
        assertThat(Searches.strict("Patient", "_type=Observation,Patient").types()).containsExactly("Patient");
        assertThatThrownBy(() -> Searches.lenient("Patient", "_type=Observation")).isInstanceOf(InvalidSearchException.class);
        assertThatThrownBy(() -> Searches.PARSER.parse(List.of("Patient"), Searches.raw("_type=Patient&_type=Observation"), Set.of(), false)).isInstanceOf(InvalidSearchException.class);
    }

    @Test
    void inclusionsAreRead() {
        SearchQuery query = Searches.strict("MedicationRequest", "_include=MedicationRequest:medication:Medication&_include:iterate=Medication:manufacturer&_revinclude=Provenance:target");
        assertThat(query.inclusions()).extracting(Inclusion::reverse).containsExactly(false, false, true);
        assertThat(query.inclusions()).extracting(Inclusion::iterate).containsExactly(false, true, false);
        assertThat(query.inclusions().get(0).targetType()).isEqualTo("Medication");
        assertThat(Searches.strict("Observation", "_include=*").inclusions()).singleElement()
            .satisfies(all -> assertThat(all.by()).extracting(SearchParameter::code).contains("subject", "encounter", "performer"));
        assertThat(Searches.strict("Observation", "_include=Observation:*&_include:recurse=Observation:has-member").inclusions()).hasSize(2);
    }

    @Test
    void theShapeOfTheAnswerIsRead() {
        SearchQuery query = Searches.strict("Patient", "_count=99999999999999&_total=accurate&_summary=count&_elements=name,birthDate");
        assertThat(query.count()).isEqualTo(OptionalInt.of(Integer.MAX_VALUE));
        assertThat(query.total()).isEqualTo(SearchQuery.Total.ACCURATE);
        assertThat(query.summary()).isEqualTo(SearchQuery.Summary.COUNT);
        assertThat(query.elements()).containsExactlyInAnyOrder("name", "birthDate");
    }

    @Test
    void aSearchOfSeveralTypesKnowsWhatEveryResourceHas() {
        List<RawParameter> raw = Searches.raw("_id=a&_tag=x&name=y");
        for (List<String> types : List.of(List.of("Patient", "Observation"), List.<String>of())) {
            SearchQuery query = Searches.PARSER.parse(types, raw, Set.of(), false);
            assertThat(query.criteria()).hasSize(2);
            assertThat(query.ignored()).extracting(ignored -> ignored.parameter().name()).containsExactly("name");
        }
    }

    /** RST-29: each says what to change, and names the parameter. */
    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "Patient~birthdate=2020-13", "Patient~birthdate=2020-02-30", "Patient~birthdate=xx2020", "Patient~birthdate=yesterday", "Patient~birthdate=2020-01-01T25:00:00Z", "Patient~birthdate=20-1-1",
        "Patient~birthdate=2020-01-01T10", "Patient~birthdate:exact=2020", "Patient~gender:contains=f", "Patient~gender:fuzzy=f", "Patient~gender:missing=maybe", "Patient~name:not=x", "Patient~_id:not=x",
        "Patient~_id:missing=true", "Patient~_lastUpdated:missing=true", "Patient~_lastUpdated=soon", "Patient~_count=-1", "Patient~_count=ten", "Patient~_count=1&_count=2", "Patient~_total=exact",
        "Patient~_summary=short", "Patient~_elements=a b", "Patient~_list=$current-problems", "Observation~subject=Dragon/1", "Observation~subject=a/b/c", "Observation~subject:Medication=1",
        "Observation~subject:Patient=Group/1", "Observation~code:of-type=a|b", "Observation~code:below=1", "Observation~value-quantity=five", "Observation~value-quantity=5|mg", "Observation~code-value-quantity=a",
        "Observation~subject:Dragon.name=x", "Observation~code.name=x", "Observation~_include=Observation", "Observation~_include=Dragon:x", "Observation~_include=Observation:code",
        "Observation~_revinclude=Provenance:target:Dragon", "Observation~_include:often=Observation:subject", "Patient~_has:Observation=x", "Patient~_has:Dragon:patient:code=x",
        "Patient~_has:Observation:code:code=x", "Patient~_has:Observation:specimen:code=x", "Patient~link.link.link.link.link.name=x", "Location~near=here", "Location~near=91|0", "Location~near=1|1|1|furlong", "Location~near=1|1|1e400|km",
        "RiskAssessment~probability=1e9999999", "RiskAssessment~probability=gt", "Patient~name=a,,b"})
    void malformedSearchesAreRefusedWithASentence(String type, String query) {
        assertThatThrownBy(() -> Searches.strict(type, query)).as(query).isInstanceOfSatisfying(InvalidSearchException.class, refused -> {
            assertThat(refused.getMessage()).hasSizeGreaterThan(15);
            assertThat(refused.parameter()).isNotBlank();
        });
    }

    /** Every text begins with nothing: such a value would ask for all that have one, and an update or a delete by it would mean all of them. */
    @ParameterizedTest
    @ValueSource(strings = {"name= ", "name=\t \n", "family=\u0301", "family:contains= ", "family:contains=\u0301\u0308", "name=a, ", "general-practitioner:Practitioner.name= ", "_has:Observation:patient:code:text= ",
        "_has:Observation:patient:code:text=\u0301"})
    void aTextOfSpacesOrAccentsAloneIsRefused(String query) {
        for (boolean strict : new boolean[] {true, false}) {
            assertThatThrownBy(() -> Searches.PARSER.parse(List.of("Patient"), Searches.raw(query), Set.of(), strict)).as(query).isInstanceOfSatisfying(InvalidSearchException.class,
                refused -> assertThat(refused.notSupported()).isFalse());
        }
    }

    @Test
    void anExactTextMayBeSpacesAndAnyOtherMayHoldThem() {
        assertThat(((Criterion.Parameter) Searches.criterion("Patient", "family:exact= ")).anyOf()).containsExactly(new CriterionValue.Text(" "));
        assertThat(((Criterion.Parameter) Searches.criterion("Patient", "family= a")).anyOf()).containsExactly(new CriterionValue.Text(" a"));
        assertThat(((Criterion.Parameter) Searches.criterion("Patient", "family=-")).anyOf()).containsExactly(new CriterionValue.Text("-"));
    }

    /** A reference to any type, followed without naming types, would branch into millions of chains. */
    @Test
    void aChainThatBranchesWithoutEndIsRefusedAndGoesOnceItsTypesAreNamed() {
        assertThatThrownBy(() -> Searches.strict("EvidenceVariable", "derived-from.derived-from.derived-from.derived-from._id=x"))
            .isInstanceOf(InvalidSearchException.class).hasMessageContaining("name them");
        Criterion.Chain typed = (Criterion.Chain) Searches.criterion("EvidenceVariable", "derived-from:Library.derived-from:Measure.derived-from:Library._id=x");
        assertThat(typed.targets()).hasSize(1);
        assertThat(((Criterion.Chain) Searches.criterion("Provenance", "target._id=x")).targets()).hasSizeGreaterThan(140);
    }

    @Test
    void boundsHold() {
        String many = "a" + ",a".repeat(SearchBounds.DEFAULT.values());
        assertThatThrownBy(() -> Searches.strict("Patient", "name=" + many)).isInstanceOf(InvalidSearchException.class);
        assertThatThrownBy(() -> Searches.strict("Patient", "_list=" + many)).isInstanceOf(InvalidSearchException.class);
        assertThatThrownBy(() -> Searches.strict("Patient", "name=a" + "&name=a".repeat(SearchBounds.DEFAULT.criteria()))).isInstanceOf(InvalidSearchException.class);
        assertThatThrownBy(() -> Searches.strict("Patient", "_include=Patient:link" + "&_include=Patient:link".repeat(SearchBounds.DEFAULT.inclusions())))
            .isInstanceOf(InvalidSearchException.class);
        assertThatThrownBy(() -> Searches.strict("Patient", "name=" + "a".repeat(SearchBounds.DEFAULT.valueLength() + 1))).isInstanceOf(InvalidSearchException.class);
    }

    /** A form has a thousand parameters: each of them would be followed by itself. */
    @Test
    void whatIsIncludedTwiceIsFollowedOnce() {
        for (String name : List.of("_include", "_include:iterate", "_revinclude", "_revinclude:iterate")) {
            List<Inclusion> once = Searches.strict("Patient", name + "=*").inclusions();
            assertThat(Searches.strict("Patient", name + "=*" + ("&" + name + "=*").repeat(999)).inclusions()).as(name).isNotEmpty().isEqualTo(once);
        }
        assertThat(Searches.strict("Patient", "_include:iterate=*&_include:recurse=*").inclusions()).isEqualTo(Searches.strict("Patient", "_include:iterate=*").inclusions());
        assertThat(Searches.strict("Patient", "_revinclude=*&_include=Patient:link").inclusions()).hasSameSizeAs(Searches.strict("Patient", "_include=Patient:link&_revinclude=*").inclusions());
    }

    /** Each type that a chain goes through takes the values as its own: some kilobytes would be gigabytes. */
    @Test
    void theValuesOfAllTypesThatChainsGoThroughAreBoundedTogether() {
        String values = "=a" + ",a".repeat(SearchBounds.DEFAULT.values() - 1);
        assertThat(Searches.strict("Observation", "identifier" + values + ("&identifier" + values).repeat(SearchBounds.DEFAULT.criteria() - 1)).criteria()).hasSize(SearchBounds.DEFAULT.criteria());
        assertThat(Searches.strict("Provenance", "target.identifier" + values).criteria()).hasSize(1);
        for (String query : List.of("target.identifier" + values + ("&target.identifier" + values).repeat(9), "target.subject.identifier" + values)) {
            for (boolean strict : new boolean[] {true, false}) {
                assertThatThrownBy(() -> Searches.PARSER.parse(List.of("Provenance"), Searches.raw(query), Set.of(), strict)).isInstanceOfSatisfying(InvalidSearchException.class,
                    refused -> assertThat(refused).hasMessageContaining("types"));
            }
        }
    }

    /** Sixteen megabytes of names, as a form may hold, took half of the memory. */
    @Test
    void theElementsThatAreAskedForAreBounded() {
        String names = IntStream.range(0, SearchBounds.DEFAULT.values()).mapToObj(i -> "e" + Integer.toString(i, 26).chars().mapToObj(c -> String.valueOf((char) (c <= '9' ? c - '0' + 'q' : c))).collect(Collectors.joining())).collect(Collectors.joining(","));
        assertThat(Searches.strict("Patient", "_elements=" + names + "&_elements=" + names).elements()).hasSize(SearchBounds.DEFAULT.values());
        assertThatThrownBy(() -> Searches.strict("Patient", "_elements=" + names + "&_elements=name")).isInstanceOf(InvalidSearchException.class).hasMessageContaining("_elements");
    }

    /** R4 search, section 3.1.1.4.6, with its own examples. */
    @ParameterizedTest
    @CsvSource({"100, 99.5, 100.5", "100.00, 99.995, 100.005", "1e2, 95, 105", "-5, -5.5, -4.5", "5.4e-3, 0.00535, 0.00545", "ap10, 9, 11"})
    void aNumberCoversWhatItsDigitsSay(String text, String low, String high) {
        CriterionValue.Number number = NumberText.parse("x", text);
        assertThat(number.low()).isEqualByComparingTo(low);
        assertThat(number.high()).isEqualByComparingTo(high);
    }
}
