package dev.portolan.benchmarks.differential;

import static org.assertj.core.api.Assertions.assertThat;

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

    private static SearchAnswer found(String... matches) {
        return new SearchAnswer(200, List.of(matches), Set.of(), "", "");
    }

    private static int differences(SearchQuestion question, SearchAnswer ours, SearchAnswer peers) {
        DifferentialReport report = new DifferentialReport(new AcceptedDifferences(NO_DATA, new PlainSearch(NO_DATA, Map.of())));
        report.add(question, ours, peers);
        return report.unexplained().size();
    }
}
