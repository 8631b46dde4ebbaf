package dev.portolan.intake.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MappingTest {

    private static final String CLAIM = """
        mapping: claim
        version: "1"
        codes:
          kind: {system: "urn:kind", values: {RX: pharmacy}}
        resources:
          - resourceType: ExplanationOfBenefit
            id: "{Claim id | required | id}"
            type: {coding: ["{Kind | coding kind}"]}
            item:
              - $each: row
                sequence: "{#}"
                quantity: {value: "{Units | decimal}"}
                adjudication:
                  - $for: [[submitted, Charge], [copay, Copay]]
                    $as: [category, column]
                    $needs: amount
                    category: {text: "{$category}"}
                    amount: "{@$column | money}"
            diagnosis:
              - $each: {distinct: ["{Diagnosis}"], where: "{Diagnosis} != none"}
                sequence: "{#}"
                diagnosisCodeableConcept: {text: "{Diagnosis}"}
                $needs: diagnosisCodeableConcept
        """;

    @Test
    void theRowsOfARecordBecomeOneResource() {
        Mapping.Outcome outcome = MappingReader.read(CLAIM).map(record("Claim id,Kind,Units,Charge,Copay,Diagnosis", "c1,RX,1.50,10.00,,a", "c1,RX,x,20,5,none", "c1,RX,2,,,a"));
        JsonValue claim = JsonDocument.parse(outcome.resources().get(0).json()).root();
        assertThat(claim.field("type").toJson()).isEqualTo("{\"coding\":[{\"system\":\"urn:kind\",\"code\":\"pharmacy\"}]}");
        assertThat(claim.field("item").size()).isEqualTo(3);
        assertThat(claim.field("item").firstChild().toJson()).isEqualTo(
            "{\"sequence\":1,\"quantity\":{\"value\":1.50},\"adjudication\":[{\"category\":{\"text\":\"submitted\"},\"amount\":{\"value\":10.00,\"currency\":\"USD\"}}]}");
        assertThat(claim.field("diagnosis").size()).isEqualTo(1);
        assertThat(outcome.problems()).extracting(Problem::code).containsExactly("bad-number");
        assertThat(outcome.problems().get(0).line()).isEqualTo(3);
    }

    @Test
    void rowsAreSummedLineByLineAndNothingIsSummedThatIsNoNumber() {
        Mapping mapping = MappingReader.read(CLAIM.replace("diagnosis:", "total: [{category: {text: billed}, amount: \"{Charge | sum Line | money}\"}, {category: {text: rows}, amount: \"{Charge | sum | money}\"}]\n    diagnosis:"));
        Mapping.Outcome outcome = mapping.map(record("Claim id,Line,Charge,Diagnosis", "c1,1,10.10,a", "c1,1,10.10,b", "c1,2,$20,", "c1,3,,"));
        assertThat(JsonDocument.parse(outcome.resources().get(0).json()).root().field("total").toJson())
            .contains("{\"category\":{\"text\":\"billed\"},\"amount\":{\"value\":30.10,", "{\"category\":{\"text\":\"rows\"},\"amount\":{\"value\":40.20,");
        Mapping.Outcome unread = mapping.map(record("Claim id,Line,Charge", "c1,1,10.10", "c1,2,ten"));
        assertThat(JsonDocument.parse(unread.resources().get(0).json()).root().field("total")).as("a sum without one of its parts").isNull();
        assertThat(unread.problems()).extracting(Problem::code, Problem::column, Problem::line).contains(tuple("bad-number", "Charge", 3L));
        assertThat(unread.problems()).extracting(Problem::message).as("a column that a name tells is named").containsOnly("the column 'Charge' holds no number");
    }

    @Test
    void aDayOfAFormOfThePlansIsReadAsItStandsOrNotAtAll() {
        String mapping = "mapping: day\nversion: \"1\"\nresources:\n  - {resourceType: Basic, id: \"{Id | id}\", created: \"{Day | date FORM}\"}\n";
        for (List<String> read : List.of(List.of("MM/dd/yyyy", "02/28/1971", "1971-02-28"), List.of("M/d/yyyy", "2/3/1971", "1971-02-03"), List.of("yyyyMMdd", "20240229", "2024-02-29"), List.of("dd-MMM-yyyy HH:mm", "07-Jul-1990 23:59", "1990-07-07"))) {
            Mapping.Outcome outcome = MappingReader.read(mapping.replace("FORM", read.get(0))).map(record("Id,Day", "a," + read.get(1)));
            assertThat(JsonDocument.parse(outcome.resources().get(0).json()).root().fieldText("created")).as(read.get(0)).isEqualTo(read.get(2));
        }
        for (List<String> none : List.of(List.of("MM/dd/yyyy", "02/30/1971"), List.of("MM/dd/yyyy", "2/3/1971"), List.of("yyyyMMdd", "20230229"))) {
            Mapping.Outcome outcome = MappingReader.read(mapping.replace("FORM", none.get(0))).map(record("Id,Day", "a," + none.get(1)));
            assertThat(new String(outcome.resources().get(0).json(), StandardCharsets.UTF_8)).as(none.get(1)).doesNotContain("created");
            assertThat(outcome.problems()).extracting(Problem::code).containsExactly("bad-date");
        }
        for (String form : List.of("MM/dd/yy", "MM/yyyy", "MQ%x", "yyyy-MM-dd {", "HH:mm")) {
            assertThatThrownBy(() -> MappingReader.read(mapping.replace("FORM", form))).as(form).isInstanceOf(MappingException.class);
        }
    }

    @Test
    void aRecordWithoutItsKeyIsRejectedAndNothingIsMade() {
        Mapping.Outcome outcome = MappingReader.read(CLAIM).map(record("Claim id,Kind", ",RX"));
        assertThat(outcome.rejected()).isTrue();
        assertThat(outcome.resources()).isEmpty();
    }

    @Test
    void anUnknownCodeIsKeptUnderASystemOfItsOwnAndReported() {
        Mapping.Outcome outcome = MappingReader.read(CLAIM).map(record("Claim id,Kind", "c1,ZZ"));
        assertThat(new String(outcome.resources().get(0).json(), StandardCharsets.UTF_8)).contains("{\"system\":\"urn:portolan:local:kind\",\"code\":\"ZZ\"}");
        assertThat(outcome.problems()).extracting(Problem::code).containsExactly("unmapped-code");
    }

    private static final String CODED = """
        mapping: claim
        version: "1"
        codes:
          system: {values: {ICD10: "urn:icd", SNOMED: "urn:sct"}}
        resources:
          - resourceType: ExplanationOfBenefit
            id: "{Claim id | id}"
            $coded:
              diagnosis.diagnosisCodeableConcept: ["urn:icd", "urn:absent|masked"]
              item.modifier?: ["urn:modifiers"]
            meta: {profile: ["urn:profile"]}
            diagnosis:
              - $each: row
                $needs: diagnosisCodeableConcept
                diagnosisCodeableConcept:
                  coding:
                    - {system: "{System | code system}", code: "{Diagnosis}"}
                    - {$when: "{Diagnosis} = hidden", system: "urn:absent", code: masked}
            item:
              - $each: row
                sequence: "{#}"
                modifier: [{coding: [{system: "{Modifiers}", code: "{Modifier}"}]}]
        """;

    private static String profileOf(Mapping.Outcome outcome) {
        JsonValue meta = JsonDocument.parse(outcome.resources().get(0).json()).root().field("meta");
        return meta == null ? "" : meta.toJson();
    }

    @Test
    void aResourceClaimsAProfileIfEachOfItsCodesIsOfASystemThatTheProfileAsksFor() {
        Mapping mapping = MappingReader.read(CODED);
        String header = "Claim id,System,Diagnosis,Modifiers,Modifier";
        Mapping.Outcome met = mapping.map(record(header, "c1,ICD10,I10,,", "c1,SNOMED,hidden,urn:modifiers,X"));
        assertThat(profileOf(met)).isEqualTo("{\"profile\":[\"urn:profile\"]}");
        assertThat(met.problems()).isEmpty();
        for (String second : List.of("c1,SNOMED,38341003,,", "c1,ICD10,I10,urn:others,X")) {
            Mapping.Outcome unmet = mapping.map(record(header, "c1,ICD10,I10,,", second));
            assertThat(profileOf(unmet)).as(second).isEmpty();
            assertThat(unmet.rejected()).as("it is written all the same").isFalse();
            assertThat(unmet.problems()).as(second).extracting(Problem::code, Problem::line).containsExactly(tuple("profile-left-out", 2L));
        }
        Mapping.Outcome without = mapping.map(record(header, "c1,,,,"));
        assertThat(profileOf(without)).as("no diagnosis where one has to be").isEmpty();
        assertThat(without.problems().get(0).message()).contains("diagnosis.diagnosisCodeableConcept");
    }

    @Test
    void codesThatAProfileAsksForAreAListOfSystems() {
        assertThatThrownBy(() -> MappingReader.read(CODED.replace("[\"urn:modifiers\"]", "urn:modifiers"))).isInstanceOf(MappingException.class).hasMessageContaining("resources[0].$coded.item.modifier?");
    }

    @Test
    void aNumberThatWouldFillTheMemoryWhenItIsWrittenOutIsReportedAndLeftOut() {
        Mapping.Outcome outcome = MappingReader.read(CLAIM).map(record("Claim id,Kind,Units,Charge", "c1,RX,1e999999999,-1e-999999999"));
        assertThat(new String(outcome.resources().get(0).json(), StandardCharsets.UTF_8)).doesNotContain("quantity", "amount");
        assertThat(outcome.problems()).extracting(Problem::code).containsExactly("bad-number", "bad-number");
    }

    @Test
    void textsOfEveryKindAreWrittenAsJsonAndDaysThatAreNoneAreReported() {
        String mapping = """
            mapping: text
            version: "1"
            resources:
              - resourceType: Basic
                id: "{Id | required | id}"
                meta: {tag: [{code: 'a"b'}]}
                created: "{Day | date}"
                text: "{Text}"
            """;
        String odd = "\u007f tab\there \"quoted\" back\\slash \u0001 é \ud83d\ude00";
        References feed = new References() {
            @Override
            public java.util.Optional<String> stored(String type, String id, String path) {
                return java.util.Optional.empty();
            }

            @Override
            public Target translate(String map, String code) {
                return null;
            }

            @Override
            public String feed() {
                return "urn:portolan:feed:x";
            }
        };
        Mapping.Outcome outcome = MappingReader.read(mapping).map(record("Id,Day,Text", "no id!,2026-02-28," + odd), feed);
        assertThat(new String(outcome.resources().get(0).json(), StandardCharsets.UTF_8)).startsWith("{\"resourceType\":\"Basic\",\"id\":\"h-")
            .contains("\"meta\":{\"source\":\"urn:portolan:feed:x\",\"tag\":[{\"code\":\"a\\\"b\"}]},\"created\":\"2026-02-28\",");
        assertThat(outcome.resources().get(0).document().root().fieldText("text")).isEqualTo(odd);
        for (String day : List.of("2026-02-29", "2026-00-01", "2026-13-01", "2026-04-31", "2026-04-00", "2026-4-011")) {
            assertThat(MappingReader.read(mapping).map(record("Id,Day,Text", "a," + day + ",b"), feed).problems()).as(day).extracting(Problem::code).containsExactly("bad-date");
        }
        assertThat(MappingReader.read(mapping).map(record("Id,Day,Text", "a,2024-02-29,b"), feed).problems()).isEmpty();
    }

    /** YAML of a few hundred bytes, and words that are no numbers: told as a mistake of the mapping, and no end of the server. */
    @Test
    void aMappingThatWouldGrowWithoutEndOrHasWrongWordsIsRefused() {
        String begin = "mapping: x\nversion: \"1\"\n";
        String laughs = begin + "resources:\n  - resourceType: Basic\n    id: a\n    l0: &l0 {a: \"{A}\", b: \"{A}\", c: \"{A}\", d: \"{A}\", e: \"{A}\", f: \"{A}\", g: \"{A}\", h: \"{A}\"}\n"
            + IntStream.range(0, 8).mapToObj(i -> "    l%1$d: &l%1$d {a: *l%2$d, b: *l%2$d, c: *l%2$d, d: *l%2$d, e: *l%2$d, f: *l%2$d, g: *l%2$d, h: *l%2$d}\n".formatted(i + 1, i)).collect(Collectors.joining());
        for (String yaml : List.of(laughs, begin + "fragments: {a: {$use: a}}\nresources: [{$use: a, resourceType: Basic, id: x}]\n", begin + "resources: &r [{resourceType: Basic, id: x, contained: *r}]\n",
            begin + "resources: [{resourceType: Basic, id: \"{A | word x}\"}]\n", begin + "resources: [{resourceType: Basic, id: \"{A | word 0}\"}]\n", begin + "resources: [{resourceType: Basic, id: \"{A | take -1}\"}]\n",
            begin + "resources: [{resourceType: Basic, id: \"{A | take}\"}]\n")) {
            assertThatThrownBy(() -> MappingReader.read(yaml)).as(yaml).isInstanceOf(MappingException.class);
        }
        assertThat(MappingReader.read(begin + "input: {group-by: 7}\ncodes: {c: {system: 5, values: {a: b}}}\nresources: [{resourceType: Basic, id: \"{A | code c}\"}]\n").groupBy()).contains("7");
    }

    @Test
    void aTimeThatNoDayHasIsADayOnly() {
        String mapping = "mapping: time\nversion: \"1\"\nresources:\n  - {resourceType: Basic, id: \"{Id | id}\", created: \"{Time | datetime}\"}\n";
        for (List<String> read : List.of(List.of("2024-01-31T10:00", "2024-01-31T10:00:00Z"), List.of("2024-01-31T10:00:05.25-05:00", "2024-01-31T10:00:05.25-05:00"), List.of("2024-01-31T10:00:05.5", "2024-01-31T10:00:05.5Z"),
            List.of("2024-01-31T25:61", "2024-01-31"), List.of("2024-01-31T10:00:00+25:00", "2024-01-31"))) {
            assertThat(JsonDocument.parse(MappingReader.read(mapping).map(record("Id,Time", "a," + read.get(0))).resources().get(0).json()).root().fieldText("created")).isEqualTo(read.get(1));
        }
    }

    @Test
    void aWrongMappingSaysWhereAndWhat() {
        assertThatThrownBy(() -> MappingReader.read(CLAIM.replace("coding kind", "coding kinds"))).isInstanceOf(MappingException.class).hasMessageContaining("resources[0].type.coding[0]").hasMessageContaining("kinds");
        assertThatThrownBy(() -> MappingReader.read(CLAIM.replace("$needs: amount", "$needs: price"))).isInstanceOf(MappingException.class).hasMessageContaining("price");
        assertThatThrownBy(() -> MappingReader.read("a: [")).isInstanceOf(MappingException.class);
    }

    @Test
    void aCpcdsMemberBecomesAPatient() throws IOException {
        Mapping.Outcome outcome = MappingReader.read(resource("cpcds/members.yaml")).map(record(
            "Member id,Date of birth,Date of death,Home_County,Home_State,Home_Country,Home_Zip code,Race code,Ethnicity,Gender code,Birth sex,Name",
            "m-1,1923-12-18,,Norfolk County,MA,US,02038,white,nonhispanic,F,F,Ana Maria Diaz"));
        JsonValue patient = JsonDocument.parse(outcome.resources().get(0).json()).root();
        assertThat(outcome.problems()).isEmpty();
        assertThat(patient.fieldText("id")).isEqualTo("m-1");
        assertThat(patient.fieldText("gender")).isEqualTo("female");
        assertThat(patient.field("name").firstChild().toJson()).isEqualTo("{\"family\":\"Diaz\",\"given\":[\"Ana Maria\"]}");
        assertThat(patient.field("extension").size()).isEqualTo(3);
        assertThat(patient.field("deceasedDateTime")).isNull();
    }

    @Test
    void everyCpcdsMappingCompiles() throws IOException {
        for (String name : List.of("members", "coverages", "organizations", "practitioners")) {
            assertThat(MappingReader.read(resource("cpcds/" + name + ".yaml")).name()).isEqualTo("cpcds-" + name);
        }
    }

    private static String resource(String name) throws IOException {
        return new String(MappingTest.class.getResourceAsStream("/mappings/" + name).readAllBytes(), StandardCharsets.UTF_8);
    }

    private static SourceRecord record(String header, String... lines) {
        Columns columns = new Columns(Arrays.asList(header.split(",")));
        SourceRow[] rows = new SourceRow[lines.length];
        for (int i = 0; i < lines.length; i++) {
            rows[i] = new SourceRow(columns, lines[i].split(",", -1), i + 2);
        }
        return new SourceRecord(List.of(rows));
    }
}
