package dev.portolan.rest;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.packages.FhirPackage;
import dev.portolan.fhir.packages.PackageResource;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Says what a base does (R4 capabilitystatement), from what it is made of: it cannot say what is not so. */
final class CapabilityStatement {

    private static final String BASE_R4 = "hl7.fhir.r4.core";

    private final FhirBase base;
    private final FhirServices services;
    private final List<String> types;
    private final Operations operations;
    private final ProvidedTypes provided;
    private final WrittenTypes written;
    private final String date = Instant.now().toString();
    private final StatedCapabilities stated;
    private @Nullable Map<String, Set<String>> profiles;

    CapabilityStatement(FhirBase base, FhirServices services, Set<String> allTypes, Operations operations, ProvidedTypes provided, WrittenTypes written) {
        this.written = written;
        this.provided = provided;
        this.base = base;
        this.services = services;
        this.types = new TreeSet<>(allTypes).stream().filter(base::offersType).toList();
        this.operations = operations;
        this.stated = new StatedCapabilities(base, services.packages());
    }

    /** The guides' profiles by the type that they constrain, without versions (Inferno compares them so). */
    private synchronized Map<String, Set<String>> profiles() {
        if (profiles == null) {
            profiles = readProfiles(); // when first asked for: it goes through hundreds of definitions, and a start should not wait for it
        }
        return profiles;
    }

    private Map<String, Set<String>> readProfiles() {
        if (stated.any()) {
            return stated.profiles();
        }
        Map<String, Set<String>> byType = new TreeMap<>();
        for (FhirPackage each : guides()) {
            for (PackageResource definition : of(each, "StructureDefinition")) {
                JsonValue root = definition.document().root();
                boolean profile = "constraint".equals(root.fieldText("derivation")) && "resource".equals(root.fieldText("kind"));
                String url = root.fieldText("url");
                if (profile && url != null) {
                    byType.computeIfAbsent(String.valueOf(root.fieldText("type")), any -> new TreeSet<>()).add(url);
                }
            }
        }
        return byType;
    }

    private List<FhirPackage> guides() {
        return services.packages().packages().stream().filter(each -> !each.ref().id().startsWith(BASE_R4)).toList();
    }

    private static List<PackageResource> of(FhirPackage guide, String type) {
        return guide.resources().stream().filter(resource -> resource.resourceType().equals(type) && !resource.example()).toList();
    }

    byte[] write(String url) {
        ByteBuilder out = new ByteBuilder(256 << 10);
        out.ascii("{\"resourceType\":\"CapabilityStatement\",\"id\":\"").ascii(base.name()).ascii("\",\"url\":").string(url + "/metadata").ascii(",\"version\":\"0.1.0\",\"name\":\"Portolan\",\"title\":")
            .string(base.title()).ascii(",\"status\":\"active\",\"date\":").string(date).ascii(",\"publisher\":\"Portolan\",\"kind\":\"instance\"");
        strings(out, "instantiates", base.instantiates());
        out.ascii(",\"software\":{\"name\":\"Portolan\",\"version\":\"0.1.0\"},\"implementation\":{\"description\":").string(base.title()).ascii(",\"url\":").string(url)
            .ascii("},\"fhirVersion\":\"4.0.1\",\"format\":[\"application/fhir+json\",\"application/fhir+xml\",\"json\",\"xml\"]");
        if (base.offers(RestInteraction.PATCH)) {
            strings(out, "patchFormat", List.of("application/json-patch+json", "application/fhir+json", "application/fhir+xml"));
        }
        strings(out, "implementationGuide", served().stream().map(CapabilityStatement::canonical).toList());
        out.ascii(",\"rest\":[{\"mode\":\"server\",\"security\":{\"cors\":true");
        security(out, new TreeMap<>(services.grants().tokenAddresses()));
        out.ascii("},\"resource\":[");
        for (int i = 0; i < types.size(); i++) {
            out.ascii(i == 0 ? "" : ",");
            resource(out, types.get(i));
        }
        out.ascii("]");
        interactions(out, List.of(), true);
        operations(out, operations.all().stream().filter(operation -> operation.levels().contains(FhirOperation.Level.SYSTEM)).toList());
        strings(out, "compartment", base.offers(RestInteraction.SEARCH_TYPE) ? Compartments.definitions(base::offersType) : List.of());
        return out.ascii("}]}").toBytes();
    }

    /** The guides, in whichever version, that define something of what this base says that it has. */
    private List<FhirPackage> served() {
        List<String> defined = operations.all().stream().map(FhirOperation::definition).filter(Objects::nonNull).toList();
        Set<String> ids = stated.guides(defined);
        return stated.any() ? guides().stream().filter(guide -> ids.contains(guide.ref().id())).toList() : guides();
    }

    /** What SMART 1.0 apps look for; later ones read {@code .well-known/smart-configuration} (SMART App Launch 1.0, Conformance). */
    private static void security(ByteBuilder out, Map<String, String> addresses) {
        if (addresses.isEmpty()) {
            return;
        }
        out.ascii(",\"service\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/restful-security-service\",\"code\":\"SMART-on-FHIR\"}],\"text\":\"OAuth2 using SMART-on-FHIR profile\"}]")
            .ascii(",\"extension\":[{\"url\":\"http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris\",\"extension\":[");
        boolean first = true;
        for (Map.Entry<String, String> address : addresses.entrySet()) {
            out.ascii(first ? "" : ",").ascii("{\"url\":").string(address.getKey()).ascii(",\"valueUri\":").string(address.getValue()).ascii("}");
            first = false;
        }
        out.ascii("]}]");
    }

    private static String canonical(FhirPackage guide) {
        return of(guide, "ImplementationGuide").stream().findFirst().map(PackageResource::url).orElse(guide.canonical()) + "|" + guide.ref().version();
    }

    /** A type that is made of something else than the store's records. */
    private void provided(ByteBuilder out, TypeProvider provider) {
        out.ascii("{\"type\":\"").ascii(provider.type()).ascii("\",\"profile\":\"http://hl7.org/fhir/StructureDefinition/").ascii(provider.type())
            .ascii("\",\"interaction\":[{\"code\":\"read\"},{\"code\":\"search-type\"}],\"versioning\":\"no-version\"");
        strings(out, "supportedProfile", List.copyOf(profiles().getOrDefault(provider.type(), Set.of())));
        out.ascii(",\"searchParam\":[");
        boolean first = true;
        for (SearchParameter parameter : services.definitions().parameters().of(provider.type()).stream().sorted(Comparator.comparing(SearchParameter::code)).toList()) {
            if (provider.parameters().contains(parameter.code()) || parameter.code().equals("_id")) {
                out.ascii(first ? "" : ",").ascii("{\"name\":").string(parameter.code()).ascii(",\"definition\":").string(parameter.url()).ascii(",\"type\":\"")
                    .ascii(parameter.type().name().toLowerCase(java.util.Locale.ROOT)).ascii("\"}");
                first = false;
            }
        }
        out.ascii("]");
        operations(out, ofType(provider.type()));
        out.ascii("}");
    }

    private List<FhirOperation> ofType(String type) {
        return operations.all().stream().filter(operation -> operation.types().contains(type) || operation.types().isEmpty() && operation.levels().contains(FhirOperation.Level.TYPE)).toList();
    }

    private void resource(ByteBuilder out, String type) {
        TypeProvider provider = provided.of(type);
        if (provider != null) {
            provided(out, provider);
            return;
        }
        out.ascii("{\"type\":\"").ascii(type).ascii("\",\"profile\":\"http://hl7.org/fhir/StructureDefinition/").ascii(type).ascii("\"");
        stated.combinations(out, type, offered(type).map(SearchParameter::code).collect(Collectors.toSet()));
        strings(out, "supportedProfile", List.copyOf(profiles().getOrDefault(type, Set.of())));
        interactions(out, written.has(type) ? List.of(RestInteraction.CREATE, RestInteraction.UPDATE) : List.of(), false);
        out.ascii(",\"versioning\":\"versioned-update\",\"readHistory\":").ascii(String.valueOf(base.offers(RestInteraction.VREAD)))
            .ascii(",\"updateCreate\":").ascii(String.valueOf(base.offers(RestInteraction.UPDATE)))
            .ascii(",\"conditionalCreate\":").ascii(String.valueOf(base.offers(RestInteraction.CREATE)))
            .ascii(",\"conditionalRead\":\"full-support\",\"conditionalUpdate\":").ascii(String.valueOf(base.offers(RestInteraction.UPDATE)))
            .ascii(",\"conditionalDelete\":\"").ascii(base.offers(RestInteraction.DELETE) ? "single" : "not-supported")
            .ascii("\",\"referencePolicy\":[\"literal\",\"local\"]");
        if (base.offers(RestInteraction.SEARCH_TYPE)) {
            search(out, type);
        }
        operations(out, ofType(type));
        out.ascii("}");
    }

    private void interactions(ByteBuilder out, List<RestInteraction> more, boolean ofSystem) {
        List<RestInteraction> offered = Stream.concat(base.interactions().stream(), more.stream()).distinct().filter(interaction -> interaction.ofSystem() == ofSystem).sorted().toList();
        for (int i = 0; i < offered.size(); i++) {
            out.ascii(i == 0 ? ",\"interaction\":[" : ",").ascii("{\"code\":\"").ascii(offered.get(i).code()).ascii("\"}");
        }
        out.ascii(offered.isEmpty() ? "" : "]");
    }

    /** What the base answers: its policy may refuse some, and R4 defines {@code _query} by name alone. */
    private Stream<SearchParameter> offered(String type) {
        return services.definitions().parameters().of(type).stream().filter(parameter -> !parameter.code().equals("_query")).filter(parameter -> services.searchParser().offers(type, parameter));
    }

    private void search(ByteBuilder out, String type) {
        List<SearchParameter> parameters = offered(type).sorted(Comparator.comparing(SearchParameter::code)).toList();
        List<String> includes = new ArrayList<>();
        includes.add("*");
        for (SearchParameter parameter : parameters) {
            if (parameter.type() == ParameterType.REFERENCE) {
                includes.add(type + ":" + parameter.code());
            }
        }
        strings(out, "searchInclude", includes);
        strings(out, "searchRevInclude", reverseIncludes(type));
        for (int i = 0; i < parameters.size(); i++) {
            SearchParameter parameter = parameters.get(i);
            out.ascii(i == 0 ? ",\"searchParam\":[" : ",").ascii("{\"name\":").string(parameter.code()).ascii(",\"definition\":").string(parameter.url())
                .ascii(",\"type\":\"").ascii(parameter.type().name().toLowerCase(java.util.Locale.ROOT)).ascii("\"}");
        }
        out.ascii(parameters.isEmpty() ? "" : "]");
    }

    private List<String> reverseIncludes(String type) {
        List<String> reverse = new ArrayList<>();
        for (String source : types) {
            offered(source).filter(parameter -> parameter.type() == ParameterType.REFERENCE && parameter.targets().contains(type)).forEach(parameter -> reverse.add(source + ":" + parameter.code()));
        }
        reverse.sort(Comparator.naturalOrder());
        return reverse;
    }

    private static void operations(ByteBuilder out, List<FhirOperation> all) {
        List<FhirOperation> offered = all.stream().filter(operation -> operation.definition() != null).toList();
        for (int i = 0; i < offered.size(); i++) {
            out.ascii(i == 0 ? ",\"operation\":[" : ",").ascii("{\"name\":").string(offered.get(i).name().substring(1)).ascii(",\"definition\":").string(String.valueOf(offered.get(i).definition())).ascii("}");
        }
        out.ascii(offered.isEmpty() ? "" : "]");
    }

    private static void strings(ByteBuilder out, String name, List<String> values) {
        if (values.isEmpty()) {
            return;
        }
        out.ascii(",").string(name).ascii(":[");
        for (int i = 0; i < values.size(); i++) {
            out.ascii(i == 0 ? "" : ",").string(values.get(i));
        }
        out.ascii("]");
    }

    /** TerminologyCapabilities (R4 terminologycapabilities). */
    byte[] terminology(String url) {
        ByteBuilder out = new ByteBuilder(64 << 10);
        out.ascii("{\"resourceType\":\"TerminologyCapabilities\",\"id\":\"").ascii(base.name()).ascii("\",\"url\":").string(url + "/metadata?mode=terminology")
            .ascii(",\"version\":\"0.1.0\",\"name\":\"Portolan\",\"status\":\"active\",\"date\":").string(date).ascii(",\"kind\":\"instance\",\"software\":{\"name\":\"Portolan\",\"version\":\"0.1.0\"}")
            .ascii(",\"implementation\":{\"description\":").string(base.title()).ascii(",\"url\":").string(url).ascii("}");
        TreeSet<String> systems = new TreeSet<>();
        for (PackageResource system : services.packages().resources("CodeSystem")) {
            if (system.url() != null) {
                systems.add(system.url());
            }
        }
        boolean first = true;
        for (String system : systems) {
            out.ascii(first ? ",\"codeSystem\":[" : ",").ascii("{\"uri\":").string(system).ascii("}");
            first = false;
        }
        out.ascii(first ? "" : "]");
        return out.ascii(",\"codeSearch\":\"all\"}").toBytes();
    }
}
