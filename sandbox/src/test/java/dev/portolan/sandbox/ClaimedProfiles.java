package dev.portolan.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageSources;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.fhir.validation.ProfileValidator;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Resources by the profile that they claim, and what the validator says of some of each. */
final class ClaimedProfiles {

    private final Map<String, Claimed> byProfile = new TreeMap<>();
    private final Map<String, Integer> withoutProfile = new TreeMap<>();

    /** The first, second, fourth, eighth ... that claim a profile are kept: a population has tens of thousands of some. */
    private static final class Claimed {
        private int count;
        private final List<String> some = new ArrayList<>();
    }

    void add(ObjectNode resource) {
        String type = resource.path("resourceType").asText();
        if (resource.at("/meta/profile").isMissingNode()) {
            withoutProfile.merge(type, 1, Integer::sum);
        }
        for (JsonNode profile : resource.at("/meta/profile")) {
            Claimed claimed = byProfile.computeIfAbsent(type + " " + profile.asText().replaceAll(".*/", ""), any -> new Claimed());
            claimed.count++;
            if (Integer.bitCount(claimed.count) == 1) {
                // As the server will stamp it: CARIN Blue Button asks for the time.
                ((ObjectNode) resource.path("meta")).put("lastUpdated", "2026-01-01T00:00:00.000Z");
                claimed.some.add(resource.toString());
            }
        }
    }

    int claiming(String profile) {
        return byProfile.entrySet().stream().filter(each -> each.getKey().contains(profile)).mapToInt(each -> each.getValue().count).sum();
    }

    int withoutProfile(String type) {
        return withoutProfile.getOrDefault(type, 0);
    }

    /**
     * Validates some of each profile, the last of those that were kept first.
     *
     * @return what is wrong with those that are, by profile; the figures are printed
     */
    Map<String, Set<String>> wrong(Path packages, int ofEach) {
        FhirPackages guides = FhirPackages.load(new PackageSources(packages, null, null, Duration.ofSeconds(1), Path.of("..", "target", "fhir-package-cache")), GuideRef.DEFAULTS);
        Map<String, Set<String>> wrong = new TreeMap<>();
        try (ProfileValidator validator = new ProfileValidator(guides, new PackageTerminology(guides), 2)) {
            byProfile.forEach((profile, claimed) -> {
                List<String> looked = claimed.some.subList(Math.max(0, claimed.some.size() - ofEach), claimed.some.size());
                int valid = 0;
                for (String resource : looked) {
                    List<Issue> issues = validator.validate(JsonDocument.parse(resource.getBytes(StandardCharsets.UTF_8)), List.of()).issues().stream().filter(issue -> issue.severity().invalid()).toList();
                    valid += issues.isEmpty() ? 1 : 0;
                    issues.forEach(issue -> wrong.computeIfAbsent(profile, any -> new LinkedHashSet<>()).add(issue.expression().replaceAll("\\[\\d+]", "") + " " + issue.message()));
                }
                System.out.printf("%-90s %,7d claim it, %d of %d valid%n", profile, claimed.count, valid, looked.size());
            });
        }
        System.out.println("claim no profile: " + withoutProfile);
        return wrong;
    }
}
