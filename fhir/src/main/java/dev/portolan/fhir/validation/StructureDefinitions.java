package dev.portolan.fhir.validation;

import ca.uhn.fhir.context.FhirContext;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.GuideRef;
import dev.portolan.fhir.packages.PackageResource;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.validator.ProfileKnowledgeWorkerR5;
import org.hl7.fhir.exceptions.FHIRException;
import org.hl7.fhir.r5.conformance.profile.ProfileUtilities;
import org.hl7.fhir.r5.context.IWorkerContext;
import org.hl7.fhir.r5.model.PackageInformation;
import org.hl7.fhir.r5.model.Resource;
import org.hl7.fhir.r5.model.StructureDefinition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * StructureDefinitions in the form that the validator works on, read when they are first asked for, without their prose, with a snapshot made where
 * there is none.
 */
final class StructureDefinitions {

    private static final Logger LOG = LoggerFactory.getLogger(StructureDefinitions.class);
    private static final String ORIGIN = StructureDefinitions.class.getName() + ".origin";
    private static final String PRIORITIES = "http://terminology.hl7.org/CodeSystem/processpriority";

    private final FhirPackages packages;
    private final FhirContext fhir = FhirContext.forR4Cached();
    private final DefinitionResolver resolver;
    private final Map<PackageResource, StructureDefinition> ready = new ConcurrentHashMap<>();
    private final Set<PackageResource> inWork = new HashSet<>();
    private final StructureDefinitionReader reader = new StructureDefinitionReader();
    private @Nullable List<StructureDefinition> types;

    StructureDefinitions(FhirPackages packages, DefinitionResolver resolver) {
        this.packages = packages;
        this.resolver = resolver;
    }

    @Nullable StructureDefinition find(String canonical, @Nullable Resource referrer, IWorkerContext context) {
        Optional<PackageResource> found = resolver.find("StructureDefinition", canonical, origin(referrer));
        return found.map(resource -> get(resource, context)).orElse(null);
    }

    static @Nullable GuideRef origin(@Nullable Resource resource) {
        return resource == null ? null : (GuideRef) resource.getUserData(ORIGIN);
    }

    /** The definitions of R4's types and resources. */
    synchronized List<StructureDefinition> types(IWorkerContext context) {
        if (types == null) {
            List<StructureDefinition> found = new ArrayList<>();
            for (PackageResource resource : packages.guide(GuideRef.BASE.id(), GuideRef.BASE.version()).orElseThrow().resources()) {
                if (resource.resourceType().equals("StructureDefinition") && resource.id() != null && resource.id().indexOf('-') < 0) {
                    StructureDefinition definition = get(resource, context);
                    if (definition.getDerivation() != StructureDefinition.TypeDerivationRule.CONSTRAINT) {
                        found.add(definition);
                    }
                }
            }
            types = List.copyOf(found);
        }
        return types;
    }

    private StructureDefinition get(PackageResource resource, IWorkerContext context) {
        StructureDefinition definition = ready.get(resource);
        return definition != null ? definition : make(resource, context);
    }

    private synchronized StructureDefinition make(PackageResource resource, IWorkerContext context) {
        StructureDefinition known = ready.get(resource);
        if (known != null) {
            return known;
        }
        StructureDefinition definition = read(resource);
        // A profile may refer to itself by way of others while its snapshot is made: then the differential has to do.
        if (definition.getSnapshot().isEmpty() && inWork.add(resource)) {
            try {
                snapshot(definition, context);
            } finally {
                inWork.remove(resource);
            }
        } else if (definition.getSnapshot().isEmpty()) {
            return definition;
        }
        ready.put(resource, definition);
        return definition;
    }

    private StructureDefinition read(PackageResource resource) {
        try {
            StructureDefinition definition = reader.read(resource.document());
            bindPriorities(definition);
            definition.setUserData(ORIGIN, resource.origin());
            definition.setSourcePackage(new PackageInformation(resource.origin().id(), resource.origin().version(), null, new Date(0)));
            return definition;
        } catch (RuntimeException e) {
            // The library's own messages do not say which of a thousand definitions they are about.
            throw new IllegalStateException("cannot read " + resource, e);
        }
    }

    /** R4 binds the priority of an ExplanationOfBenefit to a code system, where a value set belongs: the validator finds each that has one wrong. The value set of these codes is meant. */
    private static void bindPriorities(StructureDefinition definition) {
        Stream.concat(definition.getSnapshot().getElement().stream(), definition.getDifferential().getElement().stream())
            .filter(element -> element.hasBinding() && PRIORITIES.equals(element.getBinding().getValueSet()))
            .forEach(element -> element.getBinding().setValueSet("http://hl7.org/fhir/ValueSet/process-priority"));
    }

    private void snapshot(StructureDefinition definition, IWorkerContext context) {
        StructureDefinition base = find(definition.getBaseDefinition(), definition, context);
        if (base == null) {
            LOG.warn("No snapshot for {}: its base {} is not loaded", definition.getVersionedUrl(), definition.getBaseDefinition());
            return;
        }
        try {
            new ProfileUtilities(context, new ArrayList<>(), new ProfileKnowledgeWorkerR5(fhir))
                    .generateSnapshot(base, definition, definition.getUrl(), "", definition.getName());
        } catch (FHIRException e) {
            LOG.warn("No snapshot for {}: {}", definition.getVersionedUrl(), e.getMessage());
        }
    }
}
