package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.json.NumberBounds;
import dev.portolan.fhir.search.PathCompiler.Branch;
import dev.portolan.fhir.search.PathExpressionParser.NotReadException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/** The extraction of some parameters of one resource type, ready to run. */
final class TypePlan {

    private record Slow(int ordinal, SearchParameter parameter) {}

    private final List<SearchParameter> parameters;
    private final PathCompiler compiler;
    private final ImpliedSystems systems;
    private final FhirPathFallback fallback;
    private final PlanNode root = new PlanNode();
    private final List<Slow> slow = new ArrayList<>();
    private final List<String> notCompiled = new ArrayList<>();
    private boolean strings;

    TypePlan(List<SearchParameter> parameters, TypeModel model, ImpliedSystems systems, FhirPathFallback fallback) {
        this.parameters = parameters;
        this.compiler = new PathCompiler(model);
        this.systems = systems;
        this.fallback = fallback;
        for (int ordinal = 0; ordinal < parameters.size(); ordinal++) {
            SearchParameter parameter = parameters.get(ordinal);
            if (!parameter.expression().isEmpty()) {
                add(ordinal, parameter);
            }
        }
        root.seal();
    }

    void extract(JsonDocument resource, SearchValueSink sink) {
        Extraction extraction = new Extraction(resource.root(), parameters);
        root.visit(resource.root(), extraction);
        // What was stored before numbers had bounds is indexed anew without what only the model can read: it writes every number out.
        boolean readable = !slow.isEmpty() && NumberBounds.holdAllOf(resource.bytes());
        FhirPathFallback.Model model = readable ? fallback.model(resource) : null;
        for (Slow each : readable ? slow : List.<Slow>of()) {
            for (FhirPathFallback.Selected selected : Objects.requireNonNull(model).evaluate(each.parameter.expression())) {
                ValueReader reader = ValueReader.of(each.parameter.type(), selected.type(), ImpliedSystems.Systems.NONE);
                if (reader != null) {
                    reader.read(selected.value(), value -> extraction.add(each.ordinal, value));
                }
            }
        }
        extraction.flush(sink);
    }

    /** Whether one of the parameters looks at elements of the type string; of those that HAPI's engine evaluates it is not known before. */
    boolean readsStrings() {
        return strings || !slow.isEmpty();
    }

    /** Type and name of the parameters that HAPI's engine evaluates. */
    List<String> notCompiled() {
        return List.copyOf(notCompiled);
    }

    private void add(int ordinal, SearchParameter parameter) {
        try {
            PathExpression expression = PathExpressionParser.parse(parameter.expression());
            Branch start = Branch.root(parameter.resourceType());
            if (parameter.type() == ParameterType.COMPOSITE) {
                composite(ordinal, parameter, expression, start);
            } else if (PathCompiler.isCondition(expression)) {
                JsonCondition condition = compiler.condition(expression, start.type());
                root.emit((value, extraction) ->
                    extraction.add(ordinal, SearchValue.Token.of(null, condition.test(value, extraction) ? "true" : "false")));
            } else {
                emit(root, ordinal, parameter.type(), compiler.compile(expression, List.of(start)));
            }
        } catch (NotReadException e) {
            notCompiled.add(parameter.resourceType() + "." + parameter.code() + ": " + e.getMessage());
            slow.add(new Slow(ordinal, parameter));
        }
    }

    private void emit(PlanNode plan, int ordinal, ParameterType type, List<Branch> branches) {
        for (Branch selected : branches) {
            for (Branch branch : valued(selected)) {
                ValueReader reader = ValueReader.of(type, branch.type(), systems.of(branch.valueSet()));
                strings |= branch.type().equals("string");
                if (reader != null) {
                    branch.in(plan).emit((value, extraction) -> reader.read(value, found -> extraction.add(ordinal, found)));
                }
            }
        }
    }

    /** Some definitions stop at an element that only holds the value: an extension, or a patient's language with its preference. */
    private List<Branch> valued(Branch branch) {
        return switch (branch.type()) {
            case "Extension" -> compiler.children(List.of(branch), "value");
            case "Patient.communication" -> compiler.children(List.of(branch), "language");
            default -> List.of(branch);
        };
    }

    private record Part(PlanNode plan, boolean fromRoot) {}

    private void composite(int ordinal, SearchParameter parameter, PathExpression expression, Branch start) throws NotReadException {
        for (Branch base : compiler.compile(expression, List.of(start))) {
            List<Part> parts = new ArrayList<>();
            for (SearchParameter.Component component : parameter.components()) {
                boolean fromRoot = component.expression().startsWith("%resource.");
                String path = fromRoot ? component.expression().substring("%resource.".length()) : component.expression();
                PlanNode plan = new PlanNode();
                Branch focus = Branch.root(fromRoot ? parameter.resourceType() : base.type());
                emit(plan, 0, component.definition().type(), compiler.compile(PathExpressionParser.parse(path), List.of(focus)));
                parts.add(new Part(plan.seal(), fromRoot));
            }
            base.in(root).emit((value, extraction) -> composite(ordinal, parts, value, extraction));
        }
    }

    /** From the last component on: the value that it stands for is missing more often than the code before it. */
    private static void composite(int ordinal, List<Part> parts, JsonValue value, Extraction extraction) {
        List<List<SearchValue>> found = new ArrayList<>(parts.size());
        for (int i = parts.size() - 1; i >= 0; i--) {
            Part part = parts.get(i);
            List<SearchValue> values = part.fromRoot ? extraction.ofRoot(part.plan) : values(part.plan, value, extraction);
            if (values.isEmpty()) {
                return;
            }
            found.add(values);
        }
        Collections.reverse(found);
        extraction.add(ordinal, new SearchValue.Composite(found));
    }

    private static List<SearchValue> values(PlanNode plan, JsonValue value, Extraction extraction) {
        Extraction inner = extraction.inner();
        plan.visit(value, inner);
        return inner.isEmpty() ? List.of() : inner.values();
    }
}
