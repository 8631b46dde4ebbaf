package dev.portolan.intake.load;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.terminology.Terminology;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.fhir.validation.ValidationReport;
import dev.portolan.store.StoredResource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/** Validates some or all of what was written, as it stands in the store, against the profiles that it claims. Findings are counted by profile. */
final class ValidationStage {

    private static final int SAMPLE = 100;
    private static final int MOST_SHAPES = 50_000;
    private static final Pattern INDEX = Pattern.compile("\\[\\d+]");
    private static final Pattern QUOTED = Pattern.compile("'[^']*'");
    private static final Pattern CODES = Pattern.compile("\\s*\\(codes? = [^)]*\\)");
    private static final Pattern VALUE_SET = Pattern.compile("\\((https?://[^)|]*)(\\|[^)]*)?\\)");

    private final ProfileValidator validator;
    private final Terminology terminology;
    private final LoadOptions.Validation policy;
    private final Map<String, Boolean> missing = new ConcurrentHashMap<>();
    private final Set<Long> shapes = ConcurrentHashMap.newKeySet();
    private final AtomicLong seen = new AtomicLong();

    ValidationStage(ProfileValidator validator, Terminology terminology, LoadOptions.Validation policy) {
        this.validator = validator;
        this.terminology = terminology;
        this.policy = policy;
    }

    record Findings(Map<String, BatchResult.ProfileCount> counts, List<BatchResult.ProfileFinding> findings) {}

    Findings check(List<StoredResource> resources) {
        Map<String, BatchResult.ProfileCount> counts = new HashMap<>();
        List<BatchResult.ProfileFinding> findings = new ArrayList<>();
        if (policy != LoadOptions.Validation.OFF) {
            for (StoredResource resource : resources) {
                JsonDocument document = JsonDocument.parse(resource.content().json());
                if (isWanted(document)) {
                    check(resource, document, counts, findings);
                }
            }
        }
        return new Findings(counts, findings);
    }

    private boolean isWanted(JsonDocument document) {
        return switch (policy) {
            case OFF -> false;
            case EVERY -> true;
            case SAMPLE -> seen.getAndIncrement() % SAMPLE == 0;
            case SHAPES -> shapes.size() < MOST_SHAPES && shapes.add(shape(document.root()));
        };
    }

    private void check(StoredResource resource, JsonDocument document, Map<String, BatchResult.ProfileCount> counts, List<BatchResult.ProfileFinding> findings) {
        ValidationReport report = validator.validate(document, List.of());
        String profile = profile(document.root());
        boolean valid = true;
        boolean complete = report.complete();
        Set<String> kinds = new TreeSet<>();
        for (Issue issue : report.issues()) {
            if (issue.severity().invalid()) {
                boolean excepted = isAboutMissingContent(issue.message());
                valid &= excepted;
                complete &= !excepted;
                String kind = QUOTED.matcher(CODES.matcher(INDEX.matcher(issue.expression()).replaceAll("") + ": " + issue.message()).replaceAll("")).replaceAll("'..'");
                kinds.add(excepted ? "not decided, the value set's content is not to be had: " + kind : kind);
            }
        }
        counts.merge(profile, new BatchResult.ProfileCount(1, valid ? 1 : 0, valid && !complete ? 1 : 0), BatchResult.ProfileCount::plus);
        kinds.forEach(kind -> findings.add(new BatchResult.ProfileFinding(profile, kind, resource.key().toString())));
    }

    /** A code that is not in a value set whose codes (ICD-10-CM, CPT, NUBC, NDC, ...) are licensed and not here: whether there is a standard code for it, nobody can say here. It is counted by itself. */
    private boolean isAboutMissingContent(String message) {
        var valueSet = VALUE_SET.matcher(message);
        return message.contains("in the value set") && valueSet.find() && missing.computeIfAbsent(valueSet.group(1), url -> terminology.expand(url).isEmpty());
    }

    private static String profile(JsonValue root) {
        JsonValue meta = root.field("meta");
        JsonValue profiles = meta == null ? null : meta.field("profile");
        return profiles == null || profiles.firstChild() == null ? root.fieldText("resourceType") + " (no profile)" : profiles.firstChild().text();
    }

    /** Which elements there are, without how often and with what values; codes of the type tell kinds of one profile apart. */
    private static long shape(JsonValue root) {
        Set<String> paths = new HashSet<>();
        paths.add(profile(root));
        collect(root, "", paths);
        long hash = 0;
        for (String path : paths) {
            hash += path.hashCode() * 0x9E3779B97F4A7C15L;
        }
        return hash;
    }

    private static void collect(JsonValue value, String path, Set<String> paths) {
        for (JsonValue child : value.children()) {
            String name = child.name();
            String below = name == null ? path : path + '.' + name;
            if (child.isObject() || child.isArray()) {
                collect(child, below, paths);
            } else {
                paths.add(below.endsWith(".system") || below.startsWith(".type.") ? below + '=' + child.text() : below);
            }
        }
    }
}
