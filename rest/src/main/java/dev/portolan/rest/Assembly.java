package dev.portolan.rest;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Puts the interactions of one base together. */
final class Assembly {

    private final Dispatcher dispatcher;
    private final Metadata metadata;

    Assembly(FhirBase base, FhirServices services, BufferPool buffers, XmlFormat xml, List<FhirOperation> contributed, List<TypeProvider> providers, List<TypeWriter> writers) {
        WrittenTypes written = new WrittenTypes(writers);
        ProvidedTypes provided = new ProvidedTypes(providers, buffers);
        Set<String> types = services.definitions().parameters().resourceTypes();
        Subsetter subsetter = new Subsetter(services.fhir());
        ResourceIntake intake = new ResourceIntake(services.structure(), services.validator());
        Patching patching = new Patching(intake, xml);
        Writes writes = new Writes(services);
        Searches searches = new Searches(services, subsetter, buffers);
        List<FhirOperation> offered = new ArrayList<>(TerminologyOperation.all(services.terminology()));
        offered.addAll(List.of(new Everything(types, buffers, subsetter), new Validate(intake), new DocRef(searches)));
        offered.addAll(contributed);
        Operations operations = new Operations(offered, subsetter);
        this.dispatcher = new Dispatcher(
            base,
            types,
            searches,
            new Histories(buffers, operations),
            new WriteInteractions(writes, intake, patching),
            new Compartments(services.definitions().compartments(), types),
            operations,
            new BundleInteraction(services, intake, writes, patching, buffers),
            new DefinedOperations(services.packages(), operations),
            provided,
            written);
        this.metadata = new Metadata(base, services, types, operations, provided, written);
    }

    Dispatcher dispatcher() {
        return dispatcher;
    }

    Metadata metadata() {
        return metadata;
    }
}
