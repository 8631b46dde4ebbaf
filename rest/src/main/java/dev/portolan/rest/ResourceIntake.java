package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonName;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.outcome.IssueType;
import dev.portolan.fhir.outcome.Severity;
import dev.portolan.fhir.structure.StructureChecker;
import dev.portolan.fhir.validation.NotChecked;
import dev.portolan.fhir.validation.ProfileValidator;
import dev.portolan.fhir.validation.ValidationReport;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks what a caller wants stored, before anything is written. */
final class ResourceIntake {

    private static final JsonName REFERENCE = JsonName.of("reference");
    private static final Pattern SPACE = Pattern.compile("[\\s\\p{Cntrl}]");

    private final StructureChecker structure;
    private final ProfileValidator validator;

    ResourceIntake(StructureChecker structure, ProfileValidator validator) {
        this.structure = structure;
        this.validator = validator;
    }

    /** What was found that does not refuse the resource. */
    record Findings(List<Issue> issues) {

        static final Findings NONE = new Findings(List.of());
    }

    /** All checks of a write outside of a transaction. */
    Findings check(FhirBase base, JsonDocument resource, String type, @Nullable String id) {
        checkStructure(resource.root(), type, id, false);
        return checkProfiles(base, resource);
    }

    /** The base's policy on profiles. */
    Findings checkProfiles(FhirBase base, JsonDocument resource) {
        if (base.validation() == FhirBase.ValidationPolicy.OFF) {
            return Findings.NONE;
        }
        List<Issue> issues = profiles(resource, List.of());
        boolean refused = base.validation() == FhirBase.ValidationPolicy.ENFORCE && issues.stream().anyMatch(issue -> issue.severity().invalid());
        if (refused) {
            throw FhirException.of(Problem.PROFILE_VIOLATION, "the resource does not fit its profiles: see the other issues", issues);
        }
        return new Findings(issues);
    }

    List<Issue> structure(JsonDocument resource) {
        return structure.check(resource);
    }

    /**
     * What the profiles say, and what could not be checked as warnings.
     *
     * @param profiles those that the caller nominates besides what the resource claims. "If a profile is nominated, and the server cannot validate against the nominated profile, it SHALL return an error", and "a 4xx or 5xx
     *     error means that the validation itself could not be performed" (R4, OperationDefinition Resource-validate)
     */
    List<Issue> profiles(JsonDocument resource, List<String> profiles) {
        if (!profiles.stream().allMatch(validator::knowsProfile)) {
            throw new FhirException(Problem.NOT_FOUND, "the packages do not hold the nominated profile: the resource was not validated");
        }
        ValidationReport report = validator.validate(resource, profiles);
        List<Issue> issues = new ArrayList<>(report.issues());
        for (NotChecked gap : report.notChecked()) {
            issues.add(new Issue(Severity.WARNING, IssueType.NOT_SUPPORTED, gap.expression(), gap.message()));
        }
        return issues;
    }

    /**
     * Refuses what is not a resource of that type with a well-formed content.
     *
     * @param id the id in the URL, which the body must repeat; null if the URL has none
     * @param conditionalReferences true inside of a transaction, which resolves them
     */
    void checkStructure(JsonValue resource, String type, @Nullable String id, boolean conditionalReferences) {
        if (!resource.isObject()) {
            throw new FhirException(Problem.BAD_JSON, "the body is no JSON object: send one FHIR resource");
        }
        String sentType = resource.fieldText("resourceType");
        if (sentType == null) {
            throw new FhirException(Problem.BAD_JSON, "the body has no resourceType: add \"resourceType\":\"" + type + "\"");
        }
        if (!sentType.equals(type)) {
            throw new FhirException(Problem.TYPE_MISMATCH, "the body's resourceType is another than the URL's: send a resource of the type " + type + " here");
        }
        checkId(resource, id);
        List<Issue> issues = structure.check(resource);
        if (issues.stream().anyMatch(issue -> issue.severity().invalid())) {
            throw FhirException.of(Problem.BAD_STRUCTURE, "the body is no well-formed " + type + " of FHIR R4: see the other issues", issues);
        }
        resource.descendants(REFERENCE).stream().filter(JsonValue::isString).forEach(reference -> checkReference(reference.text(), conditionalReferences));
    }

    /**
     * Refuses an update by what was a part of a resource: the tag is there "to ensure that the incomplete resource is not accidentally used to overwrite a complete resource" (R4 search, section 3.1.1.5.9).
     */
    static void requireWhole(JsonValue resource) {
        JsonValue meta = resource.field("meta");
        for (JsonValue tag : meta == null ? List.<JsonValue>of() : meta.each("tag")) {
            String system = tag.fieldText("system");
            if ("SUBSETTED".equals(tag.fieldText("code")) && system != null && system.endsWith("ObservationValue")) {
                throw new FhirException(Problem.UNPROCESSABLE, "the resource bears the tag SUBSETTED, so elements of it were left out: read it without _elements and _summary, and send it whole, without the tag");
            }
        }
    }

    private static void checkId(JsonValue resource, @Nullable String id) {
        JsonValue sent = resource.field("id");
        if (sent != null && (!sent.isString() || !Route.isId(sent.text()))) {
            throw new FhirException(Problem.BAD_ID, "the body's id is not 1 to 64 of the characters A-Z a-z 0-9 - and .");
        }
        if (id == null) {
            return;
        }
        if (sent == null) {
            throw new FhirException(Problem.ID_MISMATCH, "an update needs the id in the body, too: add \"id\" with the id of the URL");
        }
        if (!sent.textEquals(id)) {
            throw new FhirException(Problem.ID_MISMATCH, "the body's id is another than the URL's: make them the same");
        }
    }

    private static void checkReference(String reference, boolean conditional) {
        if (SPACE.matcher(reference).find()) {
            throw new FhirException(Problem.BAD_REFERENCE, "a reference holds white space: write [type]/[id], an absolute URL, or a urn");
        }
        int mark = reference.indexOf('?');
        boolean relative = reference.indexOf(':') < 0 || mark >= 0 && reference.indexOf(':') > mark;
        if (relative && mark > 0 && !conditional) {
            throw new FhirException(Problem.BAD_REFERENCE, "conditional references work in transactions only: write [type]/[id]");
        }
    }
}
