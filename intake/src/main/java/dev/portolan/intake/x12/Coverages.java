package dev.portolan.intake.x12;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.intake.load.Earlier;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Under which of the member's coverages a claim falls. */
final class Coverages {

    private Coverages() {}

    /**
     * The logical id of this plan's coverage that is of the claim's kind and was in force on its day; the nearest there is if none was. Coverages with other payers (those with an order) are not asked.
     */
    static Optional<String> of(String patientId, Submission claim, Earlier earlier) {
        String reference = "Patient/" + patientId;
        String day = claim.date("434", false).isEmpty() ? claim.lines().stream().flatMap(line -> line.segments().stream()).filter(segment -> segment.is("DTP", "472")).map(Dates::from).findFirst().orElse(claim.date("472", false))
            : claim.date("434", false);
        boolean dental = claim.kind().equals("dental");
        List<JsonDocument> coverages = earlier.resources("Coverage", "beneficiary", reference, coverage -> EnrollmentMapper.names(coverage, "beneficiary", reference));
        return coverages.stream().map(coverage -> Resources.tree(coverage.bytes())).filter(coverage -> !coverage.has("order") && !coverage.path("status").asText().equals("entered-in-error"))
            .min(Comparator.comparing((ObjectNode coverage) -> isInForce(coverage, day) ? 0 : 1).thenComparing(coverage -> isDental(coverage) == dental ? 0 : 1)
                .thenComparing(coverage -> coverage.path("status").asText().equals("active") ? 0 : 1).thenComparing(coverage -> coverage.path("period").path("start").asText(), Comparator.reverseOrder())
                .thenComparing(coverage -> coverage.path("id").asText()))
            .map(coverage -> coverage.path("id").asText());
    }

    private static boolean isInForce(ObjectNode coverage, String day) {
        String start = coverage.path("period").path("start").asText();
        String end = coverage.path("period").path("end").asText();
        return (start.isEmpty() || start.compareTo(day) <= 0) && (end.isEmpty() || day.compareTo(end) <= 0);
    }

    private static boolean isDental(ObjectNode coverage) {
        return coverage.path("type").path("coding").path(0).path("code").asText().equals("DENTAL");
    }
}
