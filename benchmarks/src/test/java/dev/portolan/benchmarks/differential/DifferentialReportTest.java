package dev.portolan.benchmarks.differential;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.http.FhirClient;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The comparison has to notice: each of these would otherwise hide a defect. */
class DifferentialReportTest {

    private static final SearchQuestion QUESTION = SearchQuestion.of("token", "Observation", "code", "x");
    private static final SampleData NO_DATA = new SampleData(List.of());

    @Test
    void noticesAMissingMatch() {
        assertThat(differences(QUESTION, found("Observation/1"), found("Observation/1", "Observation/2"))).isOne();
    }

    @Test
    void noticesAMatchTooMany() {
        assertThat(differences(QUESTION, found("Observation/1", "Observation/2"), found("Observation/1"))).isOne();
    }

    @Test
    void noticesAnotherOrderOnlyWhereAnOrderIsAsked() {
        assertThat(differences(QUESTION, found("Observation/1", "Observation/2"), found("Observation/2", "Observation/1"))).isZero();
        assertThat(differences(QUESTION.inOrder(), found("Observation/1", "Observation/2"), found("Observation/2", "Observation/1"))).isOne();
    }

    @Test
    void noticesThatOnlyOneServerRefuses() {
        assertThat(differences(QUESTION, new SearchAnswer(400, List.of(), Set.of(), "", ""), found())).isOne();
    }

    @Test
    void noticesAMatchThatTwoPagesRepeat() {
        SearchAnswer repeated = new SearchAnswer(200, List.of("Observation/1", "Observation/1"), Set.of(), "", "a match is there twice");
        assertThat(differences(QUESTION, repeated, found("Observation/1"))).isOne();
    }

    @Test
    void noticesAnInclusionThatIsLeftOut() {
        SearchAnswer with = new SearchAnswer(200, List.of("Observation/1"), Set.of("Patient/1"), "", "");
        assertThat(differences(QUESTION, found("Observation/1"), with)).isOne();
    }

    @Test
    void acceptsAKnownDifferenceOnlyWhileOurAnswerIsTheRightOne() throws IOException {
        SampleData data = new SampleData(List.of(
                observation("1", "\"effectivePeriod\":{\"start\":\"2020-03-01T10:00:00Z\"}"),
                observation("2", "\"effectiveDateTime\":\"2021\""),
                observation("3", "\"effectiveDateTime\":\"2019\"")));
        DifferentialReport report = new DifferentialReport(new AcceptedDifferences(data, new PlainSearch(data, ParameterDefinition.baseDefinitions())));
        SearchQuestion until = SearchQuestion.of("date:le", "Observation", "date", "le2020-03-01");

        report.add(until, found("Observation/3"), found("Observation/1", "Observation/3"));
        assertThat(report.unexplained()).as("a stretch that only reaches the bound").isEmpty();
        report.add(until, found("Observation/1", "Observation/3"), found("Observation/3"));
        assertThat(report.unexplained()).as("the wrong answer is ours").hasSize(1);
        report.add(until, found("Observation/3"), found("Observation/1", "Observation/2", "Observation/3"));
        assertThat(report.unexplained()).as("one more resource differs, which no sentence is about").hasSize(2);
        report.add(until, found(), found("Observation/1"));
        assertThat(report.unexplained()).as("both leave one out").hasSize(3);
    }

    @Test
    void excusesPagesThatThePeerLeavesOutOnlyIfItsOnePageIsOurAnswer() {
        SearchAnswer ours = found("Observation/1", "Observation/2");
        assertThat(afterAskingAgain(ours, ours, found("Observation/1", "Observation/2"))).as("all on one page").isZero();
        assertThat(afterAskingAgain(ours, ours, found("Observation/1"))).as("the page lacks it too").isOne();
        assertThat(afterAskingAgain(ours, found("Observation/1"), found("Observation/1"))).as("ours is another than before").isOne();
    }

    private static int afterAskingAgain(SearchAnswer ours, SearchAnswer oursAgain, SearchAnswer peersOnePage) {
        DifferentialReport report = new DifferentialReport(new AcceptedDifferences(NO_DATA, new PlainSearch(NO_DATA, Map.of())));
        report.add(QUESTION, ours, found("Observation/1"));
        report.askAgain(question -> oursAgain, question -> {
            assertThat(question.url()).endsWith("_count=1000");
            return peersOnePage;
        });
        return report.unexplained().size();
    }

    @Test
    void readsTheSpecificationPlainly() throws IOException {
        SampleData data = new SampleData(List.of(
                observation("1", "\"subject\":{\"reference\":\"Patient/a\"},\"valueQuantity\":{\"value\":5.35,\"unit\":\"mg\"}"),
                observation("2", "\"subject\":{\"reference\":\"http://elsewhere/Patient/a\"},\"valueQuantity\":{\"value\":5.45,\"code\":\"mg\"}"),
                resource("{\"resourceType\":\"Patient\",\"id\":\"a\",\"name\":[{\"family\":\"Núñez\"}]}")));
        PlainSearch plain = new PlainSearch(data, ParameterDefinition.baseDefinitions());
        assertThat(plain.matches(SearchQuestion.of("", "Observation", "value-quantity", "5.4||mg"))).containsExactly("Observation/1");
        assertThat(plain.matches(SearchQuestion.of("", "Observation", "value-quantity", "ne5.4||mg"))).containsExactly("Observation/2");
        assertThat(plain.matches(SearchQuestion.of("", "Observation", "subject", "a"))).containsExactly("Observation/1");
        assertThat(plain.matches(SearchQuestion.of("", "Observation", "subject:Patient.name", "NUN"))).containsExactly("Observation/1");
        assertThat(plain.matches(SearchQuestion.of("", "Observation", "date:missing", "true"))).containsExactly("Observation/1", "Observation/2");
        assertThat(plain.matches(SearchQuestion.of("", "Patient", "_has:Observation:subject:value-quantity", "lt5.4"))).containsExactly("Patient/a");
        assertThat(plain.matches(SearchQuestion.of("", "Observation", "code:not", "x")).size()).isEqualTo(2);
    }

    private static ObjectNode observation(String id, String fields) throws IOException {
        return resource("{\"resourceType\":\"Observation\",\"id\":\"" + id + "\",\"status\":\"final\"," + fields + "}");
    }

    private static ObjectNode resource(String json) throws IOException {
        return (ObjectNode) FhirClient.JSON.readTree(json);
    }

    private static SearchAnswer found(String... matches) {
        return new SearchAnswer(200, List.of(matches), Set.of(), "", "");
    }

    private static int differences(SearchQuestion question, SearchAnswer ours, SearchAnswer peers) {
        DifferentialReport report = new DifferentialReport(new AcceptedDifferences(NO_DATA, new PlainSearch(NO_DATA, Map.of())));
        report.add(question, ours, peers);
        return report.unexplained().size();
    }
}
