package dev.portolan.intake.x12;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.intake.load.Earlier;
import dev.portolan.intake.mapping.LogicalId;
import dev.portolan.intake.mapping.MappedResource;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Which Coverage an HD is about: a member's coverage by a plan, whose present period has the plan's own key, and each period before it one with its start. */
final class CoverageKeys {

    private final Enrollment enrollment;
    private final String memberId;
    private final Earlier earlier;
    /** Of coverages that the record tells several periods of, the start of the last one. */
    private final Map<String, String> lastStarts = new HashMap<>();
    private final Map<List<Segment>, String> keys = new IdentityHashMap<>();

    CoverageKeys(Enrollment enrollment, String memberId, Earlier earlier) {
        this.enrollment = enrollment;
        this.memberId = memberId;
        this.earlier = earlier;
        enrollment.coverages().forEach(coverage -> lastStarts.merge(planKey(memberId, coverage), start(coverage), (one, other) -> one.compareTo(other) < 0 ? other : one));
    }

    /** The ids under which a record's coverages may be known. */
    static Set<String> expected(Enrollment enrollment, String memberId) {
        Set<String> ids = new TreeSet<>();
        enrollment.coverages().forEach(coverage -> ids.add(LogicalId.of(planKey(memberId, coverage))));
        return ids;
    }

    private static String planKey(String memberId, List<Segment> coverage) {
        Segment hd = coverage.get(0);
        return memberId + '-' + hd.at(3) + (hd.at(4).isEmpty() ? "" : '-' + planId(coverage));
    }

    /** REF CE, else HD04. */
    static String planId(List<Segment> coverage) {
        String contract = Enrollment.reference(own(coverage), "CE");
        return contract.isEmpty() ? coverage.get(0).at(4) : contract;
    }

    /** What a coverage says of itself (2300), without its providers and other payers. */
    static List<Segment> own(List<Segment> coverage) {
        return coverage.stream().takeWhile(segment -> !segment.is("LX") && !segment.is("COB")).toList();
    }

    String start(List<Segment> coverage) {
        String own = Enrollment.date(own(coverage), "348");
        return own.isEmpty() ? enrollment.eligibilityStart() : own;
    }

    String end(List<Segment> coverage) {
        String own = Enrollment.date(own(coverage), "349");
        return own.isEmpty() ? enrollment.eligibilityEnd() : own;
    }

    String key(List<Segment> coverage) {
        return keys.computeIfAbsent(coverage, this::find);
    }

    private String find(List<Segment> coverage) {
        String plan = planKey(memberId, coverage);
        String start = start(coverage);
        return start.isEmpty() || start.equals(lastStarts.get(plan)) && !isBeforeKnown(plan, start, end(coverage)) ? plan : plan + '-' + start;
    }

    /** Whether a record is about a period before the one that is known, which it would end: a correction of what is long over tells nothing of what came after. */
    private boolean isBeforeKnown(String plan, String start, String end) {
        Optional<ObjectNode> known = known(plan);
        String knownStart = known.map(coverage -> coverage.path("period").path("start").asText()).orElse("");
        return knownStart.compareTo(start) > 0 && (!end.isEmpty() && end.compareTo(knownStart) < 0 || known(plan + '-' + start).isPresent());
    }

    private Optional<ObjectNode> known(String key) {
        return earlier.resource("Coverage", LogicalId.of(key)).map(found -> Resources.tree(found.bytes())).filter(coverage -> !coverage.path("status").asText().equals("entered-in-error"));
    }

    /** The known period as a coverage of its own, if the record brings one that begins after it has ended: both were in force, each in its time. */
    Optional<MappedResource> ended(List<Segment> coverage, ObjectNode present) {
        String plan = planKey(memberId, coverage);
        ObjectNode before = known(plan).orElse(null);
        String start = present.path("period").path("start").asText();
        if (before == null || !key(coverage).equals(plan) || present.path("status").asText().equals("cancelled") || !isOver(before, start)) {
            return Optional.empty();
        }
        before.put("id", LogicalId.of(plan + '-' + before.path("period").path("start").asText())).put("status", "cancelled");
        if (before.path("meta") instanceof ObjectNode meta) {
            meta.remove(List.of("versionId", "lastUpdated"));
        }
        return Optional.of(Resources.of(before, false));
    }

    private static boolean isOver(ObjectNode before, String start) {
        String end = before.path("period").path("end").asText();
        return before.path("period").has("start") && !end.isEmpty() && end.compareTo(start) < 0;
    }
}
