package dev.portolan.intake.x12;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.intake.mapping.LogicalId;
import dev.portolan.intake.mapping.MappedResource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The coverages that a member's record names (HD), by the ids of what is made of them, and what the record does with them. */
final class NamedCoverages {

    private final Enrollment enrollment;
    private final CoverageKeys keys;
    private final Map<String, List<Segment>> byId = new LinkedHashMap<>();

    NamedCoverages(Enrollment enrollment, CoverageKeys keys) {
        this.enrollment = enrollment;
        this.keys = keys;
        enrollment.coverages().forEach(coverage -> byId.put(LogicalId.of(keys.key(coverage)), coverage));
    }

    /** The coverage that ends, and of which neither the record nor what is known says when: to leave it open would keep the member insured. */
    Optional<Segment> withoutEnd(Map<String, MappedResource> resources) {
        return byId.entrySet().stream().filter(one -> enrollment.maintenance().equals("024") || one.getValue().get(0).at(1).equals("024")).filter(one -> {
            MappedResource made = resources.get("Coverage/" + one.getKey());
            ObjectNode coverage = made == null ? null : Resources.tree(made.json());
            return coverage != null && !coverage.path("period").has("end") && coverage.path("status").asText().equals("active");
        }).map(one -> one.getValue().get(0)).findFirst();
    }

    /** Adds periods that are known and over, where the record brings the next one of the same plan in their place. */
    void keepEnded(Map<String, MappedResource> resources) {
        byId.forEach((id, coverage) -> {
            MappedResource made = resources.get("Coverage/" + id);
            if (made != null) {
                keys.ended(coverage, Resources.tree(made.json())).ifPresent(ended -> resources.putIfAbsent("Coverage/" + ended.id(), ended));
            }
        });
    }

    /**
     * A coverage after a change. Whether it is in force follows from the period that comes of the change and what was there. One that begins (HD01 021) or begins again (025) has no end from before.
     *
     * @param tellsEnd whether the change does
     */
    MappedResource changed(MappedResource coverage, boolean tellsEnd) {
        ObjectNode tree = Resources.tree(coverage.json());
        Segment hd = byId.containsKey(coverage.id()) ? byId.get(coverage.id()).get(0) : null;
        boolean begins = hd != null && (hd.at(1).equals("021") || hd.at(1).equals("025"));
        if (begins && !tellsEnd && tree.path("period") instanceof ObjectNode period) {
            period.remove("end");
        }
        String start = tree.path("period").path("start").asText();
        String end = tree.path("period").path("end").asText();
        if (tree.path("status").asText().equals("active") && !end.isEmpty() && (end.compareTo(enrollment.madeOn()) <= 0 || end.compareTo(start) < 0)) {
            tree.put("status", "cancelled");
        }
        return Resources.of(tree, coverage.onlyIfAbsent());
    }
}
