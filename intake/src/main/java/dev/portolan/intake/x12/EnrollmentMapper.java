package dev.portolan.intake.x12;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.intake.load.Earlier;
import dev.portolan.intake.mapping.LogicalId;
import dev.portolan.intake.mapping.MappedResource;
import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.mapping.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Members of an 834 as resources: what the mapping makes of them, over what is there if the file brings a change. */
final class EnrollmentMapper {

    private final Mapping mapping;
    private final Members members;
    private final Headers headers = new Headers();

    EnrollmentMapper(Mapping mapping, Members members) {
        this.mapping = mapping;
        this.members = members;
    }

    Mapping.Outcome map(X12Record record, Earlier earlier) {
        Enrollment enrollment = new Enrollment(record);
        String memberId = enrollment.memberId();
        if (memberId.isEmpty()) {
            return rejected(enrollment, "no-key", "REF", "the member has no number: REF 23, NM109 with ZZ, REF 17, for a subscriber REF 0F; a dependent without one needs REF 0F, birth date and name");
        }
        if (enrollment.payerId().isEmpty() && !enrollment.coverages().isEmpty()) {
            return rejected(enrollment, "missing-value", "N1 IN", "the header names no payer (N1 IN)");
        }
        JsonDocument known = earlier.resource("Patient", LogicalId.of(memberId)).orElse(null);
        if (known != null && Members.isSomebodyElse(known, enrollment.person())) {
            return rejected(enrollment, "other-person", "REF", "the member's number is that of somebody with another birth date and another given name: REF 23 and REF 17 have to be a member's own");
        }
        String subscriberId = enrollment.isSubscriber() ? memberId : members.subscriber(enrollment.subscriberNumber(), earlier);
        CoverageKeys keys = new CoverageKeys(enrollment, memberId, earlier);
        Mapping.Outcome made = mapping.map(enrollment.rows(memberId, subscriberId, keys).record(enrollment.line(), headers), earlier);
        if (made.rejected()) {
            return made;
        }
        List<Problem> problems = new ArrayList<>(made.problems());
        Map<String, MappedResource> resources = new LinkedHashMap<>();
        NamedCoverages named = new NamedCoverages(enrollment, keys);
        made.resources().forEach(resource -> resources.put(resource.type() + '/' + resource.id(), enrollment.isPartial() ? overPresent(resource, enrollment, named, earlier) : resource));
        named.keepEnded(resources);
        named.withoutEnd(resources).ifPresent(coverage -> problems.add(new Problem(true, "missing-value", "DTP", coverage.number(), "a termination needs its date (DTP 349 of the coverage or DTP 357 of the member)")));
        if (enrollment.maintenance().equals("024")) {
            terminate(enrollment, memberId, resources, earlier, problems);
        }
        MappedResource patient = java.util.Objects.requireNonNull(resources.get("Patient/" + LogicalId.of(memberId)));
        String missing = missing(patient);
        if (missing != null) {
            return rejected(enrollment, "missing-value", missing, "the member has no " + missing + ", and is not known from before");
        }
        return problems.stream().anyMatch(Problem::reject) ? new Mapping.Outcome(List.of(), problems) : new Mapping.Outcome(List.copyOf(resources.values()), problems);
    }

    private static Mapping.Outcome rejected(Enrollment enrollment, String code, String field, String message) {
        return new Mapping.Outcome(List.of(), List.of(new Problem(true, code, field, enrollment.line(), message)));
    }

    /** A change of a coverage that does not tell its group (REF 1L) leaves the coverage in the one where it is. */
    private static MappedResource overPresent(MappedResource resource, Enrollment enrollment, NamedCoverages named, Earlier earlier) {
        JsonDocument present = resource.onlyIfAbsent() ? null : earlier.resource(resource.type(), resource.id()).orElse(null);
        if (present == null) {
            return resource;
        }
        ObjectNode change = Resources.tree(resource.json());
        if (!enrollment.tellsGroup()) {
            change.remove("class");
        }
        MappedResource changed = Resources.changed(present, Resources.of(change, false));
        return resource.type().equals("Coverage") ? named.changed(changed, change.path("period").has("end")) : changed;
    }

    private static @org.jspecify.annotations.Nullable String missing(MappedResource patient) {
        ObjectNode tree = Resources.tree(patient.json());
        return !tree.has("name") ? "name (NM1 IL)" : !tree.has("birthDate") ? "birth date (DMG02)" : !tree.has("gender") ? "gender (DMG03)" : null;
    }

    /** A termination that names no coverage ends all that the member has; a subscriber's ends those of the dependents with it. */
    private static void terminate(Enrollment enrollment, String memberId, Map<String, MappedResource> resources, Earlier earlier, List<Problem> problems) {
        if (enrollment.coverages().stream().anyMatch(coverage -> !coverage.isEmpty())) {
            return;
        }
        String end = enrollment.eligibilityEnd();
        if (end.isEmpty()) {
            problems.add(new Problem(true, "missing-value", "DTP", enrollment.line(), "a termination needs its date (DTP 357)"));
            return;
        }
        String patient = "Patient/" + LogicalId.of(memberId);
        List<JsonDocument> ending = new ArrayList<>(earlier.resources("Coverage", "beneficiary", patient, coverage -> names(coverage, "beneficiary", patient)));
        if (enrollment.isSubscriber()) {
            ending.addAll(earlier.resources("Coverage", "subscriber", patient, coverage -> names(coverage, "subscriber", patient) && !names(coverage, "beneficiary", patient)));
        }
        for (JsonDocument coverage : ending) {
            ObjectNode tree = Resources.tree(coverage.bytes());
            if (!Coverages.isOtherPayers(coverage.root()) && !"entered-in-error".equals(tree.path("status").asText())) {
                end(tree, end, enrollment.madeOn());
                resources.put("Coverage/" + tree.path("id").asText(), Resources.of(tree, false));
            }
        }
    }

    private static void end(ObjectNode coverage, String end, String madeOn) {
        ObjectNode period = coverage.path("period") instanceof ObjectNode there ? there : coverage.putObject("period");
        String start = period.path("start").asText();
        String earlierEnd = period.path("end").asText();
        if (!earlierEnd.isEmpty() && earlierEnd.compareTo(end) <= 0) {
            return; // it ended before
        }
        boolean never = !start.isEmpty() && end.compareTo(start) < 0;
        if (never) {
            period.remove("end");
        } else {
            period.put("end", end);
        }
        if (never || end.compareTo(madeOn) <= 0) {
            coverage.put("status", "cancelled");
        }
    }

    static boolean names(JsonDocument resource, String field, String reference) {
        JsonValue named = resource.root().field(field);
        return named != null && reference.equals(named.fieldText("reference"));
    }
}
