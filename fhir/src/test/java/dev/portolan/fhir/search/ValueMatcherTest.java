package dev.portolan.fhir.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.portolan.fhir.json.JsonDocument;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.api.Test;

/** The rules of R4 search, section 3.1.1.4, each with what it takes and what it leaves. RST-22, RST-23, RST-24. */
class ValueMatcherTest {

    private static final String PATIENT = """
        {"resourceType":"Patient","id":"p1","active":true,"gender":"female","birthDate":"1980-05-17",
         "identifier":[{"system":"http://plan.example/ids","value":"A,1|x","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MB"}],"text":"Member number"}},
                       {"value":"bare"}],
         "name":[{"family":"Müller-Lüdenscheidt","given":["Ana María","B."]}],
         "telecom":[{"system":"phone","value":"555-1234"}],
         "address":[{"line":["1 Main St"],"city":"Bristol","postalCode":"02809"}],
         "maritalStatus":{"text":"Married in  Vegas"},
         "managingOrganization":{"reference":"Organization/o1"}}""";

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "gender=female~true", "gender=http://hl7.org/fhir/administrative-gender|female~true", "gender=|female~false", "gender=male,female~true", "gender=Female~false",
        "gender:not=male~true", "gender:not=female~false", "gender:not=male,female~false", "gender=http://hl7.org/fhir/administrative-gender|~true",
        "active=true~true", "active=false~false", "active=|true~true", "deceased=false~true", "deceased=true~false",
        "identifier=http://plan.example/ids|A\\,1\\|x~true", "identifier=A\\,1\\|x~true", "identifier=A,1~false", "identifier=|bare~true", "identifier=http://plan.example/ids|bare~false",
        "identifier=http://plan.example/ids|~true", "identifier=http://other.example/ids|~false",
        "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MB|A\\,1\\|x~true", "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|A\\,1\\|x~false",
        "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MB|bare~false", "identifier:text=member~true", "identifier:text=number~false",
        "phone=555-1234~true", "telecom=phone|555-1234~true", "telecom=email|555-1234~false",
        "language:missing=true~true", "language:missing=false~false", "gender:missing=false~true", "gender:missing=true~false"})
    void tokens(String query, boolean expected) {
        assertThat(Searches.matches(PATIENT, query)).as(query).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "family=müller~true", "family=MULLER~true", "family=Ludenscheidt~false", "family:contains=ludenscheidt~true", "family:exact=Müller-Lüdenscheidt~true", "family:exact=Müller~false",
        "family:exact=müller-lüdenscheidt~false", "given=ana~true", "given=ana maria~true", "given=maria~false", "name=b.~true", "name=xyz,ana~true", "address=bristol~true",
        "address-postalcode=028~true", "address=main~false", "address:contains=MAIN~true", "family:missing=true~false"})
    void strings(String query, boolean expected) {
        assertThat(Searches.matches(PATIENT, query)).as(query).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "birthdate=1980-05-17~true", "birthdate=1980-05~true", "birthdate=1980~true", "birthdate=1980-05-18~false", "birthdate=1980-05-17T10:00:00Z~false", "birthdate=ne1980-05~false",
        "birthdate=ne1981~true", "birthdate=gt1980-05-16~true", "birthdate=gt1980-05-17~false", "birthdate=ge1980-05-17~true", "birthdate=ge1980-05-18~false", "birthdate=lt1980-05-18~true",
        "birthdate=lt1980-05-17~false", "birthdate=le1980-05-17~true", "birthdate=sa1980-05-16~true", "birthdate=sa1980-05-17~false", "birthdate=eb1980-05-18~true",
        "birthdate=eb1980-05-17~false", "birthdate=gt1980~false", "birthdate=ge1980~true", "birthdate=ap1982~true", "birthdate=ap1999~false", "birthdate=1979,1980~true"})
    void dates(String query, boolean expected) {
        assertThat(Searches.matches(PATIENT, query)).as(query).isEqualTo(expected);
    }

    /** R4 search, section 3.1.1.4.7: ranges of the value against ranges of what is asked. */
    @ParameterizedTest
    @CsvSource({
        "date=2020-01-10, false", "date=2020, true", "date=2020-01, true", "date=gt2020-01-15, true", "date=gt2020-01-20, false", "date=ge2020-01-15, true", "date=lt2020-01-15, true",
        "date=lt2020-01-10, false", "date=sa2020-01-09, true", "date=sa2020-01-10, false", "date=eb2020-01-21, true", "date=eb2020-01-20, false", "date=ap2020-01-15, true"})
    void periods(String query, boolean expected) {
        String encounter = """
            {"resourceType":"Encounter","period":{"start":"2020-01-10","end":"2020-01-20"}}""";
        assertThat(Searches.matches(encounter, query)).as(query).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"date=ge2030, true", "date=gt2019, true", "date=2020, false", "date=eb2030, false", "date=lt2020-06, true", "date=lt2019, false"})
    void anOpenPeriodHasNoEnd(String query, boolean expected) {
        assertThat(Searches.matches("{\"resourceType\":\"Encounter\",\"period\":{\"start\":\"2020-01-10\"}}", query)).as(query).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "date=2020-01-10T08:00:00-05:00~true", "date=2020-01-10T13:00:00Z~true", "date=2020-01-10T08:00:00 13:00~false", "date=2020-01-10T14:00:00 01:00~true",
        "date=ge2020-01-10T13:00:00Z~true", "date=gt2020-01-10T13:00:00Z~false", "date=2020-01-10T13:00Z~true", "date=2020-01-10~true"})
    void timeZonesCount(String query, boolean expected) {
        assertThat(Searches.matches("{\"resourceType\":\"Observation\",\"effectiveDateTime\":\"2020-01-10T13:00:00Z\"}", query)).as(query).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "subject=p1~true", "subject=Patient/p1~true", "subject:Patient=p1~true", "subject=Group/p1~false", "patient=p1~true", "patient=p2~false",
        "subject=https://plan.example/patient-access/fhir/Patient/p1~true", "subject=https://other.example/fhir/Patient/p1~false",
        "encounter=e1~true", "encounter=https://plan.example/patient-access/fhir/Encounter/e1~true", "performer=d1~false", "performer=https://other.example/fhir/Practitioner/d1~true",
        "performer:identifier=http://hl7.org/fhir/sid/us-npi|123~true", "performer:identifier=123~true", "performer:identifier=|123~false", "device:missing=true~true"})
    void references(String query, boolean expected) {
        String observation = """
            {"resourceType":"Observation","subject":{"reference":"Patient/p1"},
             "encounter":{"reference":"https://plan.example/patient-access/fhir/Encounter/e1"},
             "performer":[{"reference":"https://other.example/fhir/Practitioner/d1"},{"identifier":{"system":"http://hl7.org/fhir/sid/us-npi","value":"123"}}]}""";
        assertThat(Searches.matches(observation, query)).as(query).isEqualTo(expected);
    }

    /** A canonical is a URL wherever it leads: one below our own base is compared as it stands. */
    @ParameterizedTest
    @CsvSource({
        "questionnaire=https://plan.example/patient-access/fhir/Questionnaire/q, true", "questionnaire:Questionnaire=https://plan.example/patient-access/fhir/Questionnaire/q, true",
        "questionnaire=https://plan.example/patient-access/fhir/Questionnaire/q|2, true", "questionnaire=https://plan.example/patient-access/fhir/Questionnaire/q|3, false",
        "questionnaire=https://plan.example/patient-access/fhir/Questionnaire/other, false", "questionnaire=https://other.example/fhir/Questionnaire/q, false"})
    void canonicalsBelowOurOwnBase(String query, boolean expected) {
        String response = "{\"resourceType\":\"QuestionnaireResponse\",\"questionnaire\":\"https://plan.example/patient-access/fhir/Questionnaire/q|2\"}";
        assertThat(Searches.matches(response, query)).as(query).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"1, 1, true", "1, 2, false", "1, , false", ", 1, true", ", , true"})
    void aDefinitionIsNamedByItsVersionOrByNone(String named, String own, boolean expected) {
        String url = "http://plan.example/Questionnaire/q";
        Criterion asked = new Criterion.Parameter(Searches.BASE.parameters().find("QuestionnaireResponse", "questionnaire").orElseThrow(), Modifier.NONE, List.of(new CriterionValue.Definition(url, own)));
        String response = "{\"resourceType\":\"QuestionnaireResponse\",\"questionnaire\":\"" + url + (named == null ? "" : "|" + named) + "\"}";
        assertThat(Searches.BASE.matcher(Set.of()).matches(JsonDocument.parse(response), asked)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "questionnaire=http://plan.example/Questionnaire/q~true", "questionnaire=http://plan.example/Questionnaire/q|2.0~true", "questionnaire=http://plan.example/Questionnaire/q|1.0~false"})
    void canonicals(String query, boolean expected) {
        String response = "{\"resourceType\":\"QuestionnaireResponse\",\"questionnaire\":\"http://plan.example/Questionnaire/q|2.0\"}";
        assertThat(Searches.matches(response, query)).as(query).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "probability=0.8, true", "probability=0.80, true", "probability=0.85, false", "probability=0.75, false", "probability=gt0.79, true", "probability=gt0.8, false", "probability=ge0.8, true",
        "probability=lt0.8, false", "probability=le0.8, true", "probability=ne0.8, false", "probability=ap0.75, true", "probability=ap0.7, false", "probability=sa0.7, true", "probability=eb0.9, true",
        "probability=8e-1, true"})
    void numbers(String query, boolean expected) {
        String risk = "{\"resourceType\":\"RiskAssessment\",\"prediction\":[{\"probabilityDecimal\":0.80}]}";
        assertThat(Searches.matches(risk, query)).as(query).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "value-quantity=5.4~true", "value-quantity=5.40~true", "value-quantity=5.5~false", "value-quantity=5.4|http://unitsofmeasure.org|mg~true", "value-quantity=5.4||mg~true",
        "value-quantity=5.4||milligram~true", "value-quantity=5.4|http://unitsofmeasure.org|g~false", "value-quantity=5.4|http://other.example|mg~false",
        "value-quantity=gt5|http://unitsofmeasure.org|mg~true", "value-quantity=lt5.4~false", "value-quantity=le5.4~true",
        "code-value-quantity=http://loinc.org|1-1$5.4~true", "code-value-quantity=1-1$gt6~false", "code-value-quantity=2-2$5.4~false", "code-value-quantity=2-2$5.4,1-1$5.4~true"})
    void quantities(String query, boolean expected) {
        String observation = """
            {"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"1-1"}]},
             "valueQuantity":{"value":5.4,"unit":"milligram","system":"http://unitsofmeasure.org","code":"mg"}}""";
        assertThat(Searches.matches(observation, query)).as(query).isEqualTo(expected);
    }

    /** Both parts of a composite hold of the same element. */
    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "component-code-value-quantity=8480-6$120~true", "component-code-value-quantity=8480-6$80~false", "component-code-value-quantity=8462-4$80~true",
        "combo-code-value-quantity=8480-6$lt100~false", "combo-code-value-quantity=85354-9$80~false"})
    void composites(String query, boolean expected) {
        String pressure = """
            {"resourceType":"Observation","code":{"coding":[{"code":"85354-9"}]},"component":[
             {"code":{"coding":[{"code":"8480-6"}]},"valueQuantity":{"value":120}},{"code":{"coding":[{"code":"8462-4"}]},"valueQuantity":{"value":80}}]}""";
        assertThat(Searches.matches(pressure, query)).as(query).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "url=http://plan.example/fhir/ValueSet/a~true", "url=http://plan.example/fhir~false", "url:below=http://plan.example/fhir~true", "url:below=http://plan.example/fh~false",
        "url:above=http://plan.example/fhir/ValueSet/a/b~true", "url:above=http://plan.example/fhir~false"})
    void uris(String query, boolean expected) {
        assertThat(Searches.matches("{\"resourceType\":\"ValueSet\",\"url\":\"http://plan.example/fhir/ValueSet/a\"}", query)).as(query).isEqualTo(expected);
    }

    /** Providence is 41.82, -71.41; Boston is 66 km away. */
    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {"near=42.36|-71.06|70|km~true", "near=42.36|-71.06|60|km~false", "near=42.36|-71.06|42|[mi_us]~true", "near=42.36|-71.06~false"})
    void places(String query, boolean expected) {
        assertThat(Searches.matches("{\"resourceType\":\"Location\",\"position\":{\"latitude\":41.82,\"longitude\":-71.41}}", query)).as(query).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "code:text=head~true", "code:text=ache~false", "code=1~true", "code:in=http://nowhere.example/vs~refused", "_text=fever~true", "_text=headache~false", "_content=headache~true",
        "_content=headache fever~true", "_content=headache cough~false"})
    void texts(String query, String expected) {
        String condition = """
            {"resourceType":"Condition","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">High <b>Fever</b></div>"},
             "code":{"coding":[{"code":"1","display":"Other"}],"text":"Headache"}}""";
        if (expected.equals("refused")) {
            assertThatThrownBy(() -> Searches.matches(condition, query)).isInstanceOf(InvalidSearchException.class);
        } else {
            assertThat(Searches.matches(condition, query)).as(query).isEqualTo(Boolean.parseBoolean(expected));
        }
    }

    @Test
    void valueSetsStandForTheirCodes() {
        assertThat(Searches.matches(PATIENT, "gender:in=http://hl7.org/fhir/ValueSet/administrative-gender")).isTrue();
        assertThat(Searches.matches(PATIENT, "gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender")).isFalse();
        assertThat(Searches.matches("{\"resourceType\":\"Patient\"}", "gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender")).isTrue();
    }

    @Test
    void whatNeedsOtherResourcesIsRefused() {
        Criterion chain = Searches.criterion("Observation", "subject:Patient.name=x");
        assertThatThrownBy(() -> Searches.BASE.matcher().matches(JsonDocument.parse(PATIENT), chain)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Searches.BASE.matcher().matches(JsonDocument.parse(PATIENT), new Criterion.InList(List.of("l")))).isInstanceOf(IllegalArgumentException.class);
    }

    /** What may begin a tag is looked at once, and not to the end of the text from each. */
    @Test
    void aTextOfNothingButOpeningBracketsIsReadInOneWalk() {
        String json = "{\"resourceType\":\"Condition\",\"note\":[{\"text\":\"" + "<".repeat(1_000_000) + "b>word</b>\"}]}";
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            assertThat(Searches.matches(json, "_content=word")).isTrue();
            assertThat(Searches.matches(json, "_content=b")).isFalse();
        });
    }

    /** Each variant is one with every code of the chromosome: their values are shared, or a hundred kilobytes make gigabytes. */
    @Test
    void whatACompositeTakesFromTheRootIsTakenOnce() {
        int many = 20_000;
        String resource = "{\"resourceType\":\"MolecularSequence\",\"coordinateSystem\":0,\"referenceSeq\":{\"chromosome\":{\"coding\":["
            + IntStream.range(0, many).mapToObj(i -> "{\"code\":\"" + i + "\"}").collect(Collectors.joining(",")) + "]}},\"variant\":["
            + IntStream.range(0, many).mapToObj(i -> "{\"start\":" + i + ",\"end\":" + i + "}").collect(Collectors.joining(",")) + "]}";
        List<SearchValue> values = assertTimeoutPreemptively(Duration.ofSeconds(30), () -> Searches.values(Searches.BASE, resource, "chromosome-variant-coordinate"));
        assertThat(values).hasSize(many);
        assertThat(((SearchValue.Composite) values.get(many - 1)).components()).first().asInstanceOf(InstanceOfAssertFactories.LIST).hasSize(many);
    }

    /** R4 search, section 3.1.1.4.10: "If the underlying datatype is string then the search is not case sensitive". Codes are compared as they are. */
    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
        "lot-number=LOT-9a~true", "lot-number=Lot-9A~true", "lot-number=lot-9a~true", "lot-number=Lot~false", "lot-number:not=LOT-9a~false", "lot-number=x,lot-9A~true", "status=ACTIVE~false", "status=active~true",
        "code=rx~false", "code=Rx~true"})
    void tokensOfTextsInAnyCase(String query, boolean expected) {
        String medication = """
            {"resourceType":"Medication","status":"active","code":{"coding":[{"system":"http://example.org/drugs","code":"Rx"}]},"batch":{"lotNumber":"Lot-9A"}}""";
        assertThat(Searches.matches(medication, query)).as(query).isEqualTo(expected);
    }

    /** "[parameter]=[system]|: any element where the value of [system] matches", one without a code among them. */
    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {"identifier=urn:a|~true", "identifier=urn:b|~true", "identifier=urn:c|~false"})
    void aSystemByItself(String query, boolean expected) {
        assertThat(Searches.matches("{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:a\"},{\"system\":\"urn:b\",\"value\":\"1\"}]}", query)).as(query).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"probability=gt0.8, true", "probability=gt2, false", "probability=lt1.5, true", "probability=ne5, true", "probability=1.5, false", "probability=2, false", "probability=2e0, false", "probability:missing=false, true"})
    void aNumberMayBeARange(String query, boolean expected) {
        String assessment = "{\"resourceType\":\"RiskAssessment\",\"prediction\":[{\"probabilityRange\":{\"low\":{\"value\":1},\"high\":{\"value\":2}}}]}";
        assertThat(Searches.matches(assessment, query)).as(query).isEqualTo(expected);
    }
}
