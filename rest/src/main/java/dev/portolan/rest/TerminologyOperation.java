package dev.portolan.rest;

import dev.portolan.fhir.terminology.Coding;
import dev.portolan.fhir.terminology.Concept;
import dev.portolan.fhir.terminology.Expansion;
import dev.portolan.fhir.terminology.Terminology;
import dev.portolan.fhir.terminology.Translation;
import dev.portolan.rest.TerminologyInput.CodingAsked;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** R4's terminology operations over what the packages hold (R4 terminology-service). What they do not hold is an error, never a silent no. */
final class TerminologyOperation implements FhirOperation {

    private static final int MOST_CODES = 1_000;
    private static final Set<String> NO_MATCH = Set.of("unmatched", "disjoint");
    private static final Pattern ANY = Pattern.compile(".*", Pattern.DOTALL);
    private static final Pattern FALSE = Pattern.compile("false");
    /** The packages' texts are English ones. */
    private static final Pattern ENGLISH = Pattern.compile("en(-.*)?");

    /** Expansions are flat lists of codes, without designations and the definition, with all codes that the definition makes. */
    private static final TerminologyInput.Known EXPAND = new TerminologyInput.Known(
        Set.of("url", "valueSetVersion", "filter", "activeOnly", "offset", "count"),
        Map.of("includeDesignations", FALSE, "includeDefinition", FALSE, "excludeNotForUI", FALSE, "excludeNested", ANY, "excludePostCoordinated", ANY, "displayLanguage", ENGLISH));
    private static final TerminologyInput.Known IN_VALUE_SET = new TerminologyInput.Known(
        Set.of("url", "valueSetVersion", "code", "system", "systemVersion", "display", "coding", "codeableConcept", "abstract"), Map.of("displayLanguage", ENGLISH));
    private static final TerminologyInput.Known IN_CODE_SYSTEM = new TerminologyInput.Known(
        Set.of("url", "version", "code", "system", "display", "coding", "codeableConcept", "abstract"), Map.of("displayLanguage", ENGLISH));
    private static final TerminologyInput.Known LOOKUP = new TerminologyInput.Known(
        Set.of("code", "system", "version", "coding"), Map.of("displayLanguage", ENGLISH, "property", Pattern.compile("name|version|display|definition")));
    private static final TerminologyInput.Known TRANSLATE = new TerminologyInput.Known(
        Set.of("url", "conceptMapVersion", "code", "system", "coding", "codeableConcept", "targetsystem", "reverse"), Map.of());

    private final String name;
    private final String definition;
    private final Set<String> types;
    private final Function<FhirRequest, byte[]> answerer;

    private TerminologyOperation(String name, String definition, Set<String> types, Function<FhirRequest, byte[]> answer) {
        this.name = name;
        this.definition = definition;
        this.types = types;
        this.answerer = answer;
    }

    static List<FhirOperation> all(Terminology terminology) {
        String base = "http://hl7.org/fhir/OperationDefinition/";
        return List.of(
            new TerminologyOperation("$expand", base + "ValueSet-expand", Set.of("ValueSet"), request -> expand(terminology, new TerminologyInput("$expand", request, EXPAND))),
            new TerminologyOperation("$validate-code", base + "ValueSet-validate-code", Set.of("ValueSet"), request -> validate(terminology, request)),
            new TerminologyOperation("$validate-code", base + "CodeSystem-validate-code", Set.of("CodeSystem"), request -> validate(terminology, request)),
            new TerminologyOperation("$lookup", base + "CodeSystem-lookup", Set.of("CodeSystem"), request -> lookup(terminology, new TerminologyInput("$lookup", request, LOOKUP))),
            new TerminologyOperation("$translate", base + "ConceptMap-translate", Set.of("ConceptMap"), request -> translate(terminology, new TerminologyInput("$translate", request, TRANSLATE))));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String definition() {
        return definition;
    }

    @Override
    public Set<Level> levels() {
        return Set.of(Level.TYPE);
    }

    @Override
    public Set<String> types() {
        return types;
    }

    @Override
    public boolean affectsState() {
        return false;
    }

    @Override
    public OperationAnswer invoke(OperationRequest invoked) {
        return OperationAnswer.of(answer(invoked.call(), invoked.request()));
    }

    private Answer answer(Call call, FhirRequest request) {
        return Answer.json(200, answerer.apply(request), Answer.Access.of(name));
    }

    private static byte[] validate(Terminology terminology, FhirRequest request) {
        boolean codeSystem = request.route().type().equals("CodeSystem");
        return new CodeValidation(terminology, new TerminologyInput("$validate-code", request, codeSystem ? IN_CODE_SYSTEM : IN_VALUE_SET), codeSystem).answer();
    }

    private static byte[] expand(Terminology terminology, TerminologyInput input) {
        String url = input.canonical(input.required("url"), input.text("valueSetVersion"));
        int bar = url.indexOf('|');
        int count = Math.min(input.number("count", MOST_CODES), MOST_CODES);
        Expansion expansion = terminology.expansion(url, input.text("filter"), input.flag("activeOnly", false), input.number("offset", 0), count)
            .filter(found -> bar < 0 || CodeValidation.same(Optional.of(found.version()), url.substring(bar + 1)))
            .orElseThrow(() -> new FhirException(Problem.NOT_FOUND, "the packages hold no content to expand this value set from"));
        ByteBuilder out = new ByteBuilder(16 << 10);
        out.ascii("{\"resourceType\":\"ValueSet\",\"url\":").string(expansion.url());
        if (!expansion.version().isEmpty()) {
            out.ascii(",\"version\":").string(expansion.version());
        }
        out.ascii(",\"status\":\"active\",\"expansion\":{\"timestamp\":\"").ascii(java.time.Instant.now().toString()).ascii("\",\"total\":").number(expansion.total())
            .ascii(",\"offset\":").number(expansion.offset());
        boolean first = true;
        for (Concept concept : expansion.concepts()) {
            out.ascii(first ? ",\"contains\":[" : ",").ascii("{\"system\":").string(concept.system());
            out.ascii(concept.notSelectable() ? ",\"abstract\":true" : "").ascii(concept.inactive() ? ",\"inactive\":true" : "").ascii(",\"code\":").string(concept.code());
            if (concept.display() != null) {
                out.ascii(",\"display\":").string(concept.display());
            }
            out.ascii("}");
            first = false;
        }
        return out.ascii(first ? "}}" : "]}}").toBytes();
    }

    private static byte[] lookup(Terminology terminology, TerminologyInput input) {
        CodingAsked asked = input.codings(null, "version").get(0);
        if (asked.system() == null) {
            throw new FhirException(Problem.MISSING_PARAMETER, "$lookup needs a system");
        }
        String system = input.canonical(asked.system(), asked.version());
        Concept concept = terminology.lookup(system, asked.code())
            .orElseThrow(() -> new FhirException(Problem.NOT_FOUND, "the packages hold no such code in this code system, or not this version of it"));
        ByteBuilder out = new ByteBuilder(512);
        out.ascii("{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"name\",\"valueString\":").string(terminology.codeSystemTitle(system).orElse(concept.system())).ascii("}");
        terminology.codeSystemVersion(system).ifPresent(version -> out.ascii(",{\"name\":\"version\",\"valueString\":").string(version).ascii("}"));
        out.ascii(",{\"name\":\"display\",\"valueString\":").string(concept.display() == null ? concept.code() : concept.display()).ascii("}");
        if (concept.definition() != null) {
            out.ascii(",{\"name\":\"definition\",\"valueString\":").string(concept.definition()).ascii("}");
        }
        return out.ascii("]}").toBytes();
    }

    private static byte[] translate(Terminology terminology, TerminologyInput input) {
        CodingAsked asked = input.codings(null, "version").get(0);
        if (asked.system() == null) {
            throw new FhirException(Problem.MISSING_PARAMETER, "$translate needs a system");
        }
        String named = input.text("url");
        if (asked.version() != null || named == null && input.text("conceptMapVersion") != null) {
            throw new FhirException(Problem.UNSUPPORTED_PARAMETER, "$translate supports no version of the code's system, and one of a concept map together with its url only");
        }
        String map = named == null ? null : input.canonical(named, input.text("conceptMapVersion"));
        String target = input.text("targetsystem");
        boolean reverse = input.flag("reverse", false);
        boolean known = map == null ? terminology.mapsFrom(asked.system(), target, reverse) : terminology.knowsConceptMap(map);
        if (!known) {
            throw new FhirException(Problem.NOT_FOUND, "the packages hold no such concept map");
        }
        List<Translation> translations = terminology.translate(map, new Coding(asked.system(), asked.code()), target, reverse);
        // R4: "The value can only be true if at least one returned match has an equivalence which is not unmatched or disjoint".
        boolean result = translations.stream().anyMatch(one -> !NO_MATCH.contains(one.equivalence()));
        ByteBuilder out = new ByteBuilder(512);
        out.ascii("{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"result\",\"valueBoolean\":").ascii(String.valueOf(result)).ascii("}");
        if (!result) {
            out.ascii(",{\"name\":\"message\",\"valueString\":\"The concept maps that were looked into have no translation of this code.\"}");
        }
        for (Translation one : translations) {
            out.ascii(",{\"name\":\"match\",\"part\":[{\"name\":\"equivalence\",\"valueCode\":").string(one.equivalence()).ascii("},{\"name\":\"concept\",\"valueCoding\":{\"system\":")
                .string(one.target().system()).ascii(",\"code\":").string(one.target().code()).ascii("}},{\"name\":\"source\",\"valueUri\":").string(one.map()).ascii("}]}");
        }
        return out.ascii("]}").toBytes();
    }
}
