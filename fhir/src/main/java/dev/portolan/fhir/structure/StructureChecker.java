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
import org.jspecify.annotations.Nullable;

/**
 * Says whether a JSON text is a FHIR R4 resource: known elements, each once or repeating as it should be, values of the right type and format,
 * required elements present, at most one of a choice,
 * codes of a fixed set (as a status) from that set. Safe for concurrent use.
 */
public final class StructureChecker {

    /** More findings than this are not listed. */
    static final int MOST_ISSUES = 20;

    private final FhirPackages packages;
    private final Terminology terminology;
    private volatile @Nullable Map<String, TypeRule> types;

    private StructureChecker(FhirPackages packages, Terminology terminology) {
        this.packages = packages;
        this.terminology = terminology;
    }

    /** By the base R4 definitions, read when the first resource comes or {@link #warmUp} is called; the codes of required bindings come from the terminology. */
    public static StructureChecker lazy(FhirPackages packages) {
        return new StructureChecker(packages, new PackageTerminology(packages));
    }

    /** Compiles the rules of the base R4 definitions; the codes of required bindings come from the terminology. */
    public static StructureChecker compile(FhirPackages packages, Terminology terminology) {
        StructureChecker checker = new StructureChecker(packages, terminology);
        checker.warmUp();
        return checker;
    }

    /** Compiles the rules of the base R4 definitions, with the packages' own terminology. */
    public static StructureChecker compile(FhirPackages packages) {
        return compile(packages, new PackageTerminology(packages));
    }

    /** Reads the definitions, if that has not been done: about a second. */
    public void warmUp() {
        types();
    }

    /** The names of R4's resource types. */
    public Set<String> resourceTypes() {
        return types().values().stream().filter(type -> type.resource).map(type -> type.name).collect(Collectors.toUnmodifiableSet());
    }

    /** Resources in XML, by the same rules. */
    public XmlForm xml() {
        return new XmlForm(this::types);
    }

    /** What is wrong with a resource, in the order of the text; empty if nothing is. */
    public List<Issue> check(JsonDocument resource) {
        return check(resource.root());
    }

    /** What is wrong with a resource that stands inside another text, as an entry of a Bundle. Places are relative to it. */
    public List<Issue> check(JsonValue resource) {
        StructureWalk walk = new StructureWalk(types());
        walk.resource(resource, false);
        return walk.issues();
    }

    Map<String, TypeRule> types() {
        Map<String, TypeRule> known = types;
        return known != null ? known : read();
    }

    private synchronized Map<String, TypeRule> read() {
        Map<String, TypeRule> known = types;
        if (known == null) {
            known = StructureCompiler.compile(packages, terminology);
            types = known;
        }
        return known;
    }
}
