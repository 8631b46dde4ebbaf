package dev.portolan.benchmarks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.data.BenchmarkData;
import dev.portolan.benchmarks.data.Members;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The calls that are measured, made from the data so that each has an answer. */
final class Workloads {

    private static final int READS = 2_000;
    /** Both servers give up to so many resources on one page, so that every answer is whole. */
    private static final int LARGEST_RECORD = 900;

    private final BenchmarkData data;

    Workloads(BenchmarkData data) {
        this.data = data;
    }

    List<Workload> all() {
        return List.of(reads(), claims(), observations(), conditions(), everything());
    }

    private Workload reads() {
        List<ObjectNode> resources = new ArrayList<>(data.memberResources());
        Collections.shuffle(resources, new Random(42));
        List<ObjectNode> some = resources.subList(0, Math.min(READS, resources.size()));
        return new Workload("read", 32,
                some.stream().map(r -> type(r) + "/" + r.path("id").asText()).toList(),
                some.stream().map(r -> "read?" + r.path("id").asText() + "&" + type(r)).toList());
    }

    private Workload claims() {
        List<String> members = membersWith("ExplanationOfBenefit");
        return new Workload("search-eob", 8,
                members.stream().map(m -> "ExplanationOfBenefit?patient=Patient/" + m + "&_count=50").toList(),
                members.stream().map(m -> "eob?" + m).toList());
    }

    private Workload conditions() {
        List<String> members = membersWith("Condition");
        return new Workload("search-condition", 8,
                members.stream().map(m -> "Condition?patient=Patient/" + m + "&_count=50").toList(),
                members.stream().map(m -> "condition?" + m).toList());
    }

    /** A category from the second half of what each member has of it. */
    private Workload observations() {
        List<String> fhir = new ArrayList<>();
        List<String> limit = new ArrayList<>();
        data.byMember().forEach((member, resources) -> {
            for (String category : List.of("laboratory", "vital-signs")) {
                List<String> dates = resources.stream()
                        .filter(r -> type(r).equals("Observation")
                                && r.path("category").path(0).path("coding").path(0).path("code").asText().equals(category))
                        .map(Members::date)
                        .sorted()
                        .toList();
                if (!dates.isEmpty()) {
                    String from = dates.get(dates.size() / 2).substring(0, 10);
                    fhir.add("Observation?patient=Patient/" + member + "&category=" + category + "&date=ge" + from + "&_count=50");
                    limit.add("observation?" + member + "&" + from + "&" + category);
                }
            }
        });
        return new Workload("search-observation", 8, fhir, limit);
    }

    private Workload everything() {
        List<String> members = data.byMember().entrySet().stream()
                .filter(entry -> entry.getValue().size() <= LARGEST_RECORD)
                .map(Map.Entry::getKey)
                .toList();
        return new Workload("everything", 4,
                members.stream().map(m -> "Patient/" + m + "/$everything?_count=1000").toList(),
                members.stream().map(m -> "everything?" + m).toList());
    }

    private List<String> membersWith(String type) {
        return data.byMember().entrySet().stream()
                .filter(entry -> entry.getValue().stream().anyMatch(r -> type(r).equals(type)))
                .map(Map.Entry::getKey)
                .toList();
    }

    private static String type(ObjectNode resource) {
        return resource.path("resourceType").asText();
    }
}
