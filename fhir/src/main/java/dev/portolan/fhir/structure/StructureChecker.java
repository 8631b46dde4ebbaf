package dev.portolan.fhir.structure;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.outcome.Issue;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.terminology.PackageTerminology;
import dev.portolan.fhir.terminology.Terminology;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Says whether a JSON text is a FHIR R4 resource: known elements, each once or repeating as it should be, values of the right type and format,
 * required elements present, at most one of a choice,
 * codes of a fixed set (as a status) from that set. Immutable and safe for concurrent use.
 */
public final class StructureChecker {

    /** More findings than this are not listed. */
    static final int MOST_ISSUES = 20;

    private final Map<String, TypeRule> types;

    private StructureChecker(Map<String, TypeRule> types) {
        this.types = types;
    }

    /** Compiles the rules of the base R4 definitions; the codes of required bindings come from the terminology. */
    public static StructureChecker compile(FhirPackages packages, Terminology terminology) {
        return new StructureChecker(StructureCompiler.compile(packages, terminology));
    }

    /** Compiles the rules of the base R4 definitions, with the packages' own terminology. */
    public static StructureChecker compile(FhirPackages packages) {
        return compile(packages, new PackageTerminology(packages));
    }

    /** The names of R4's resource types. */
    public Set<String> resourceTypes() {
        return types.values().stream().filter(type -> type.resource).map(type -> type.name).collect(Collectors.toUnmodifiableSet());
    }

    /** What is wrong with a resource, in the order of the text; empty if nothing is. */
    public List<Issue> check(JsonDocument resource) {
        return check(resource.root());
    }

    /** What is wrong with a resource that stands inside another text, as an entry of a Bundle. Places are relative to it. */
    public List<Issue> check(JsonValue resource) {
        StructureWalk walk = new StructureWalk(types);
        walk.resource(resource, false);
        return walk.issues();
    }
}
