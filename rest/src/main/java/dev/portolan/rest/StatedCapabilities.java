package dev.portolan.rest;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackages;
import dev.portolan.fhir.packages.PackageResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the guides' capability statements that a base instantiates say of each type: which profiles, and which parameters must work together. Empty where the packages are not there. */
final class StatedCapabilities {

    private static final String COMBINATION = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-search-parameter-combination";

    private final FhirBase base;
    private final FhirPackages packages;
    private @Nullable List<JsonValue> resources;

    StatedCapabilities(FhirBase base, FhirPackages packages) {
        this.base = base;
        this.packages = packages;
    }

    /** True if there is a statement to go by. */
    boolean any() {
        return !resources().isEmpty();
    }

    /** {@code rest.resource} of all of the statements; read when first asked for. */
    private synchronized List<JsonValue> resources() {
        if (resources == null) {
            List<JsonValue> found = new ArrayList<>();
            for (String canonical : base.instantiates()) {
                packages.find("CapabilityStatement", canonical).ifPresent(statement -> each(statement.document().root(), "rest", rest -> each(rest, "resource", found::add)));
            }
            resources = List.copyOf(found);
        }
        return resources;
    }

    private static void each(JsonValue owner, String field, java.util.function.Consumer<JsonValue> use) {
        JsonValue values = owner.field(field);
        if (values != null) {
            values.children().forEach(use);
        }
    }

    /** By type; what no package defines is left out, since nothing could be checked against it. */
    Map<String, Set<String>> profiles() {
        Map<String, Set<String>> byType = new TreeMap<>();
        for (JsonValue resource : resources()) {
            each(resource, "supportedProfile", profile -> {
                if (packages.find("StructureDefinition", profile.text()).isPresent()) {
                    byType.computeIfAbsent(String.valueOf(resource.fieldText("type")), any -> new TreeSet<>()).add(profile.text());
                }
            });
        }
        for (String profile : base.profiles()) {
            packages.find("StructureDefinition", profile).map(PackageResource::document)
                .ifPresent(definition -> byType.computeIfAbsent(String.valueOf(definition.root().fieldText("type")), any -> new TreeSet<>()).add(profile));
        }
        return byType;
    }

    /** Ids of the packages that define what the base names: statements, profiles, operations. */
    Set<String> guides(List<String> operations) {
        Set<String> ids = new TreeSet<>();
        base.instantiates().forEach(canonical -> packages.find("CapabilityStatement", canonical).ifPresent(found -> ids.add(found.origin().id())));
        base.profiles().forEach(canonical -> packages.find("StructureDefinition", canonical).ifPresent(found -> ids.add(found.origin().id())));
        operations.forEach(canonical -> packages.find("OperationDefinition", canonical).ifPresent(found -> ids.add(found.origin().id())));
        return ids;
    }

    /** The extensions of a type's entry that name parameters which work together, as far as all of them run. */
    void combinations(ByteBuilder out, String type, Set<String> running) {
        boolean first = true;
        for (JsonValue resource : resources()) {
            JsonValue extensions = type.equals(resource.fieldText("type")) ? resource.field("extension") : null;
            for (JsonValue extension : extensions == null ? List.<JsonValue>of() : extensions.children()) {
                if (COMBINATION.equals(extension.fieldText("url")) && running.containsAll(required(extension))) {
                    out.ascii(first ? ",\"extension\":[" : ",").ascii(extension.toJson());
                    first = false;
                }
            }
        }
        out.ascii(first ? "" : "]");
    }

    private static List<String> required(JsonValue combination) {
        List<String> codes = new ArrayList<>();
        each(combination, "extension", part -> {
            if ("required".equals(part.fieldText("url"))) {
                codes.add(String.valueOf(part.fieldText("valueString")));
            }
        });
        return codes;
    }
}
