package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.terminology.Coding;
import dev.portolan.fhir.terminology.Concept;
import dev.portolan.fhir.terminology.Expansion;
import dev.portolan.fhir.terminology.Membership;
import dev.portolan.fhir.terminology.Terminology;
import dev.portolan.fhir.terminology.Translation;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** R4's terminology operations over what the packages hold (R4 terminology-service). What they do not hold is an error, never a silent no. */
final class TerminologyOperation implements FhirOperation {

    private static final int MOST_CODES = 1_000;
    /** As long as a URL may be: no address, code or text to look for is longer. */
    private static final int LONGEST_VALUE = 8_000;

    private final String name;
    private final String definition;
    private final Set<String> types;
    private final Function<Asked, byte[]> answerer;

    private TerminologyOperation(String name, String definition, Set<String> types, Function<Asked, byte[]> answer) {
        this.name = name;
        this.definition = definition;
        this.types = types;
        this.answerer = answer;
    }

    private record Asked(OperationInput input, String type) {}

    static List<FhirOperation> all(Terminology terminology) {
        String base = "http://hl7.org/fhir/OperationDefinition/";
        return List.of(
            new TerminologyOperation("$expand", base + "ValueSet-expand", Set.of("ValueSet"), asked -> expand(terminology, asked.input())),
            new TerminologyOperation("$validate-code", base + "ValueSet-validate-code", Set.of("ValueSet", "CodeSystem"), asked -> validate(terminology, asked)),
            new TerminologyOperation("$lookup", base + "CodeSystem-lookup", Set.of("CodeSystem"), asked -> lookup(terminology, asked.input())),
            new TerminologyOperation("$translate", base + "ConceptMap-translate", Set.of("ConceptMap"), asked -> translate(terminology, asked.input())));
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
        JsonDocument body = request.method().equals("POST") ? request.body().get().resource() : null;
        if (request.parameters().stream().anyMatch(parameter -> parameter.value().length() > LONGEST_VALUE) || body != null && hasLongValue(body.root())) {
            throw new FhirException(Problem.BAD_PARAMETER, "a value of a terminology operation has at most " + LONGEST_VALUE + " characters");
        }
        byte[] json = answerer.apply(new Asked(new OperationInput(request), request.route().type()));
        return Answer.json(200, json, Answer.Access.of(name));
    }

    private static boolean hasLongValue(JsonValue value) {
        if (!value.isObject() && !value.isArray()) {
            return value.text().length() > LONGEST_VALUE;
        }
        for (JsonValue child : value.children()) {
            if (hasLongValue(child)) {
                return true;
            }
        }
        return false;
    }

    private static byte[] expand(Terminology terminology, OperationInput input) {
        String url = input.required("url", "$expand");
        int offset = number(input, "offset", 0);
        int count = Math.min(number(input, "count", MOST_CODES), MOST_CODES);
        Expansion expansion = terminology.expansion(url, input.text("filter"), offset, count)
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

    private static int number(OperationInput input, String name, int otherwise) {
        String text = input.text(name);
        if (text == null) {
            return otherwise;
        }
        if (!text.matches("[0-9]{1,9}")) {
            throw new FhirException(Problem.BAD_PARAMETER, name + " is no whole number");
        }
        return Integer.parseInt(text);
    }

    private static byte[] validate(Terminology terminology, Asked asked) {
        OperationInput input = asked.input();
        String url = input.required("url", "$validate-code");
        boolean codeSystem = asked.type().equals("CodeSystem");
        List<CodingAsked> codings = codings(input, codeSystem ? url : null);
        Membership found = Membership.NOT_IN;
        String display = null;
        for (CodingAsked coding : codings) {
            Membership one = codeSystem ? terminology.has(url, coding.code()) : terminology.contains(url, coding.system(), coding.code());
            if (one == Membership.IN) {
                found = one;
                display = coding.system() == null ? null : terminology.lookup(coding.system(), coding.code()).map(Concept::display).orElse(null);
                break;
            }
            found = one == Membership.UNKNOWN ? one : found;
        }
        if (found == Membership.UNKNOWN) {
            throw new FhirException(Problem.NOT_FOUND, "the packages do not hold the content that says whether the code is in it");
        }
        ByteBuilder out = new ByteBuilder(256);
        out.ascii("{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"result\",\"valueBoolean\":").ascii(String.valueOf(found == Membership.IN)).ascii("}");
        if (display != null) {
            out.ascii(",{\"name\":\"display\",\"valueString\":").string(display).ascii("}");
        }
        if (found == Membership.NOT_IN) {
            out.ascii(",{\"name\":\"message\",\"valueString\":\"The code is not in it.\"}");
        }
        return out.ascii("]}").toBytes();
    }

    private record CodingAsked(@Nullable String system, String code) {}

    private static List<CodingAsked> codings(OperationInput input, @Nullable String system) {
        List<CodingAsked> codings = new ArrayList<>();
        String code = input.text("code");
        if (code != null) {
            codings.add(new CodingAsked(system != null ? system : input.text("system"), code));
        }
        add(input.value("coding"), system, codings);
        JsonValue concept = input.value("codeableConcept");
        JsonValue many = concept == null ? null : concept.field("coding");
        if (many != null) {
            many.children().forEach(each -> add(each, system, codings));
        }
        if (codings.isEmpty()) {
            throw new FhirException(Problem.MISSING_PARAMETER, "say which code: by code (and system), coding, or codeableConcept");
        }
        return codings;
    }

    private static void add(@Nullable JsonValue coding, @Nullable String system, List<CodingAsked> codings) {
        String code = coding == null ? null : coding.fieldText("code");
        if (code != null) {
            codings.add(new CodingAsked(system != null ? system : coding.fieldText("system"), code));
        }
    }

    private static byte[] lookup(Terminology terminology, OperationInput input) {
        CodingAsked asked = codings(input, null).get(0);
        if (asked.system() == null) {
            throw new FhirException(Problem.MISSING_PARAMETER, "$lookup needs the parameter system");
        }
        Concept concept = terminology.lookup(asked.system(), asked.code())
            .orElseThrow(() -> new FhirException(Problem.NOT_FOUND, "the packages hold no such code in this code system"));
        ByteBuilder out = new ByteBuilder(512);
        out.ascii("{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"name\",\"valueString\":").string(concept.system()).ascii("},{\"name\":\"display\",\"valueString\":")
            .string(concept.display() == null ? concept.code() : concept.display()).ascii("}");
        if (concept.definition() != null) {
            out.ascii(",{\"name\":\"definition\",\"valueString\":").string(concept.definition()).ascii("}");
        }
        return out.ascii("]}").toBytes();
    }

    private static byte[] translate(Terminology terminology, OperationInput input) {
        CodingAsked asked = codings(input, null).get(0);
        if (asked.system() == null) {
            throw new FhirException(Problem.MISSING_PARAMETER, "$translate needs the parameter system");
        }
        List<Translation> translations = terminology.translate(input.text("url"), new Coding(asked.system(), asked.code()), input.text("targetsystem"));
        ByteBuilder out = new ByteBuilder(512);
        out.ascii("{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"result\",\"valueBoolean\":").ascii(String.valueOf(!translations.isEmpty())).ascii("}");
        for (Translation one : translations) {
            out.ascii(",{\"name\":\"match\",\"part\":[{\"name\":\"equivalence\",\"valueCode\":").string(one.equivalence()).ascii("},{\"name\":\"concept\",\"valueCoding\":{\"system\":")
                .string(one.target().system()).ascii(",\"code\":").string(one.target().code()).ascii("}},{\"name\":\"source\",\"valueUri\":").string(one.map()).ascii("}]}");
        }
        return out.ascii("]}").toBytes();
    }
}
