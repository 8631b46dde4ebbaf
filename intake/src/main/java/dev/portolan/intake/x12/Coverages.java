package dev.portolan.intake.x12;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.intake.load.Earlier;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Under which of the member's coverages a claim falls. */
final class Coverages {

    private static final String DENTAL = "DENTAL";
    /** What covers one kind of care only (v3-ActCode): no claim of another kind falls under it while there is anything else. */
    private static final Set<String> LIMITED = Set.of(DENTAL, "VISPOL", "DRUGPOL", "MENTPOL", "LTC");

    private Coverages() {}

    /**
     * The logical id of this plan's coverage that is of the claim's kind and was in force on its day; the nearest there is if none was. Coverages with other payers (those with an order) are not asked.
     */
    static Optional<String> of(String patientId, Submission claim, Earlier earlier) {
        String reference = "Patient/" + patientId;
        String day = claim.date("434", false).isEmpty() ? claim.lines().stream().flatMap(line -> line.segments().stream()).filter(segment -> segment.is("DTP", "472")).map(Dates::from).findFirst().orElse(claim.date("472", false))
            : claim.date("434", false);
        String kind = claim.kind().equals("dental") ? DENTAL : "";
        List<JsonDocument> coverages = earlier.resources("Coverage", "beneficiary", reference, coverage -> EnrollmentMapper.names(coverage, "beneficiary", reference));
        return coverages.stream().map(JsonDocument::root).filter(coverage -> !isOtherPayers(coverage) && !text(coverage, "status").equals("entered-in-error"))
            .min(Comparator.comparing((JsonValue coverage) -> distance(coverage, kind)).thenComparing(coverage -> isInForce(coverage, day) ? 0 : 1)
                .thenComparing(coverage -> text(coverage, "status").equals("active") ? 0 : 1).thenComparing(coverage -> text(coverage.field("period"), "start"), Comparator.reverseOrder())
                .thenComparing(coverage -> text(coverage, "id")))
            .map(coverage -> text(coverage, "id"));
    }

    /** Whether it is a coverage with another payer (2320): those have an order, if the order is told, and nobody tells what the member is to their subscriber. */
    static boolean isOtherPayers(JsonValue coverage) {
        JsonValue relationship = coverage.field("relationship");
        JsonValue codings = relationship == null ? null : relationship.field("coding");
        return coverage.field("order") != null || codings != null && text(codings.firstChild(), "system").endsWith("/data-absent-reason");
    }

    /** The text of a field, or an empty string. */
    private static String text(@Nullable JsonValue of, String field) {
        String text = of == null ? null : of.fieldText(field);
        return text == null ? "" : text;
    }

    private static boolean isInForce(JsonValue coverage, String day) {
        String start = text(coverage.field("period"), "start");
        String end = text(coverage.field("period"), "end");
        return (start.isEmpty() || start.compareTo(day) <= 0) && (end.isEmpty() || day.compareTo(end) <= 0);
    }

    /** How far a coverage is from a kind of claims: it is of that kind, of none in particular, or of another. */
    private static int distance(JsonValue coverage, String kind) {
        JsonValue type = coverage.field("type");
        JsonValue codings = type == null ? null : type.field("coding");
        String code = codings == null ? "" : text(codings.firstChild(), "code");
        return code.equals(kind) && !kind.isEmpty() ? 0 : LIMITED.contains(code) ? 2 : 1;
    }
}
