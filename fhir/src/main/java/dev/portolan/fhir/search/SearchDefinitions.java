package dev.portolan.fhir.search;

import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.terminology.Terminology;
import java.time.Clock;
import java.util.List;
import java.util.Set;

/** Everything that the loaded definitions say about searching. Made once at start; safe for use by many threads. */
public final class SearchDefinitions {

    private final DefinedParameters parameters;
    private final CompiledExtractor extractor;
    private final CompartmentParameters compartments;
    private final List<String> rejected;

    private SearchDefinitions(DefinedParameters parameters, CompiledExtractor extractor, CompartmentParameters compartments, List<String> rejected) {
        this.parameters = parameters;
        this.extractor = extractor;
        this.compartments = compartments;
        this.rejected = rejected;
    }

    /** Reads the search parameters of the base definitions and of every loaded guide. */
    public static SearchDefinitions compile(FhirPackages packages) {
        FhirPathFallback fallback = new FhirPathFallback();
        DefinitionReader reader = new DefinitionReader(fallback);
        DefinedParameters parameters = new DefinedParameters(reader.read(packages.searchParameters()));
        TypeModel model = new TypeModel(packages::structureDefinition);
        ImpliedSystems systems = new ImpliedSystems(url -> packages.find("ValueSet", url).map(PackageResource::bytes));
        CompartmentParameters compartments = new CompartmentDefinitions(parameters, owner -> packages.compartmentDefinition(owner).orElse(null));
        return new SearchDefinitions(parameters, new CompiledExtractor(parameters, model, systems, fallback), compartments, List.copyOf(reader.rejected()));
    }

    public SearchParameters parameters() {
        return parameters;
    }

    public SearchValueExtractor extractor() {
        return extractor;
    }

    /** Decides criteria on single resources; absolute references are all to other servers. */
    public CriterionMatcher matcher() {
        return matcher(Set.of());
    }

    /**
     * Decides criteria on single resources.
     *
     * @param ownBases absolute URLs of the server's own bases, without a slash at the end: references below them are local
     */
    public CriterionMatcher matcher(Set<String> ownBases) {
        return new ValueMatcher(extractor, ownBases);
    }

    /** Reads searches. The terminology expands value sets and hierarchies. */
    public SearchQueryParser parser(Terminology terminology, SearchBounds bounds, Clock clock) {
        return new QueryParser(parameters, compartments, terminology, bounds, clock, extractor::foldsCase);
    }

    public CompartmentParameters compartments() {
        return compartments;
    }

    /** The parameters whose expressions are evaluated by HAPI's FHIRPath engine because they are not compiled, to be named at start. Takes a moment: it compiles all. */
    public List<String> notCompiled() {
        return extractor.notCompiled();
    }

    /** Definitions that were left out, with the reason. */
    public List<String> rejected() {
        return rejected;
    }
}
