package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.PathExpressionParser.NotReadException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns a path expression into walks over JSON: for each type that the result may have, the steps that lead there. */
final class PathCompiler {

    sealed interface Step {}

    record FieldStep(String name, int index) implements Step {}

    record FilterStep(PlanNode.Filter filter) implements Step {}

    /** A place that the expression selects, and the type of what stands there. */
    record Branch(List<Step> steps, String type, @Nullable String valueSet) {

        static Branch root(String type) {
            return new Branch(List.of(), type, null);
        }

        Branch to(Step step, String nextType, @Nullable String nextValueSet) {
            List<Step> longer = new ArrayList<>(steps);
            longer.add(step);
            return new Branch(List.copyOf(longer), nextType, nextValueSet);
        }

        PlanNode in(PlanNode plan) {
            PlanNode node = plan;
            for (Step step : steps) {
                if (step instanceof FieldStep field) {
                    node = node.field(field.name(), field.index());
                } else if (step instanceof FilterStep filter) {
                    node = node.filter(filter.filter());
                }
            }
            return node;
        }
    }

    private final TypeModel model;

    PathCompiler(TypeModel model) {
        this.model = model;
    }

    /** True if the expression's result is true or false by itself, and not the elements of a path. */
    static boolean isCondition(PathExpression expression) {
        return expression instanceof PathExpression.Binary
            || expression instanceof PathExpression.Is
            || (expression instanceof PathExpression.Call call && List.of("exists", "empty", "not").contains(call.function()));
    }

    List<Branch> compile(PathExpression expression, List<Branch> focus) throws NotReadException {
        List<Branch> result = new ArrayList<>();
        if (expression instanceof PathExpression.Union union) {
            for (PathExpression part : union.parts()) {
                result.addAll(compile(part, focus));
            }
        } else if (expression instanceof PathExpression.Name name) {
            return name(name, focus);
        } else if (expression instanceof PathExpression.As as) {
            compile(as.target(), focus).stream().filter(branch -> branch.type().equalsIgnoreCase(as.type())).forEach(result::add);
        } else if (expression instanceof PathExpression.Call call) {
            return call(call, focus);
        } else if (expression instanceof PathExpression.Index index) {
            return List.of(indexed(index, focus));
        } else {
            throw new NotReadException("no path: " + expression);
        }
        return result;
    }

    private List<Branch> name(PathExpression.Name name, List<Branch> focus) throws NotReadException {
        if (name.target() == null && name.name().equals("$this")) {
            return focus;
        }
        if (name.target() == null && Character.isUpperCase(name.name().charAt(0))) {
            boolean same = name.name().equals("Resource") || name.name().equals("DomainResource");
            return focus.stream().filter(branch -> same || branch.type().equals(name.name())).toList();
        }
        return children(name.target() == null ? focus : compile(name.target(), focus), name.name());
    }

    List<Branch> children(List<Branch> parents, String name) {
        List<Branch> result = new ArrayList<>();
        for (Branch parent : parents) {
            Branch from = TypeModel.isPrimitive(parent.type()) ? companion(parent) : parent;
            for (TypeModel.Field field : model.fields(from.type(), name)) {
                result.add(from.to(new FieldStep(field.name(), -1), field.type(), field.valueSet()));
            }
        }
        return result;
    }

    /** JSON keeps a primitive's id and extensions in a field of their own, whose name starts with an underscore (R4 JSON, section 2.6.2). */
    private static Branch companion(Branch primitive) {
        int last = primitive.steps().size() - 1;
        if (last >= 0 && primitive.steps().get(last) instanceof FieldStep field && !field.name().startsWith("_")) {
            List<Step> steps = new ArrayList<>(primitive.steps());
            steps.set(last, new FieldStep("_" + field.name(), field.index()));
            return new Branch(List.copyOf(steps), "Element", null);
        }
        return primitive;
    }

    private List<Branch> call(PathExpression.Call call, List<Branch> focus) throws NotReadException {
        List<Branch> targets = call.target() == null ? focus : compile(call.target(), focus);
        if (call.function().equals("where") && call.arguments().size() == 1) {
            return filtered(targets, call.arguments().get(0));
        }
        if (call.function().equals("extension") && call.arguments().size() == 1 && call.arguments().get(0) instanceof PathExpression.Literal url) {
            return filtered(children(targets, "extension"), new PathExpression.Binary("=", new PathExpression.Name(null, "url"), url));
        }
        throw new NotReadException("function " + call.function());
    }

    private List<Branch> filtered(List<Branch> targets, PathExpression condition) throws NotReadException {
        List<Branch> result = new ArrayList<>();
        for (Branch target : targets) {
            PlanNode.Filter filter = new PlanNode.Filter(target.type() + ":" + condition, condition(condition, target.type()));
            result.add(target.to(new FilterStep(filter), target.type(), target.valueSet()));
        }
        return result;
    }

    private Branch indexed(PathExpression.Index index, List<Branch> focus) throws NotReadException {
        List<Branch> targets = compile(index.target(), focus);
        // An index counts over all that the path selects: only one field of the root itself is a JSON array's index.
        if (targets.size() == 1 && targets.get(0).steps().size() == 1 && targets.get(0).steps().get(0) instanceof FieldStep field) {
            return new Branch(List.of(new FieldStep(field.name(), index.index())), targets.get(0).type(), targets.get(0).valueSet());
        }
        throw new NotReadException("an index inside a path");
    }

    JsonCondition condition(PathExpression expression, String type) throws NotReadException {
        if (expression instanceof PathExpression.Binary binary) {
            return binary(binary, type);
        }
        if (expression instanceof PathExpression.Is is && is.target() instanceof PathExpression.Call call && call.function().equals("resolve")) {
            return referenceTo(call, is.type(), type);
        }
        if (expression instanceof PathExpression.Call call && call.arguments().isEmpty() && call.target() != null) {
            switch (call.function()) {
                case "exists" -> {
                    return exists(plan(call.target(), type));
                }
                case "empty" -> {
                    JsonCondition exists = exists(plan(call.target(), type));
                    return (value, extraction) -> !exists.test(value, extraction);
                }
                case "not" -> {
                    JsonCondition inner = condition(call.target(), type);
                    return (value, extraction) -> !inner.test(value, extraction);
                }
                default -> throw new NotReadException("function " + call.function());
            }
        }
        return compare(plan(expression, type), new PathExpression.Literal("true"), false);
    }

    private JsonCondition binary(PathExpression.Binary binary, String type) throws NotReadException {
        if (binary.operator().equals("and") || binary.operator().equals("or")) {
            JsonCondition left = condition(binary.left(), type);
            JsonCondition right = condition(binary.right(), type);
            return binary.operator().equals("and")
                ? (value, extraction) -> left.test(value, extraction) && right.test(value, extraction)
                : (value, extraction) -> left.test(value, extraction) || right.test(value, extraction);
        }
        if (!(binary.right() instanceof PathExpression.Literal literal)) {
            throw new NotReadException("a comparison with no literal on its right");
        }
        boolean differs = binary.operator().equals("!=");
        if (!differs && binary.left() instanceof PathExpression.Name name && name.target() == null && model.fields(type, name.name()).size() == 1) {
            return (value, extraction) -> {
                JsonValue field = value.field(name.name());
                return field != null && !field.isArray() && (field.textEquals(literal.text()) || (!field.isString() && field.text().equals(literal.text())));
            };
        }
        return compare(plan(binary.left(), type), literal, differs);
    }

    /** Nothing compared with something is nothing, and that is not true (FHIRPath 2.0, section 6.1). */
    private static JsonCondition compare(PlanNode path, PathExpression.Literal literal, boolean differs) {
        return (value, extraction) -> {
            Extraction found = extraction.inner();
            path.visit(value, found);
            return found.values().size() == 1 && found.values().get(0).equals(new SearchValue.Text(literal.text())) != differs;
        };
    }

    private static JsonCondition exists(PlanNode path) {
        return (value, extraction) -> {
            Extraction found = extraction.inner();
            path.visit(value, found);
            return !found.isEmpty();
        };
    }

    private PlanNode plan(PathExpression expression, String type) throws NotReadException {
        PlanNode plan = new PlanNode();
        for (Branch branch : compile(expression, List.of(Branch.root(type)))) {
            branch.in(plan).emit((value, extraction) -> extraction.add(0, new SearchValue.Text(value.text())));
        }
        return plan.seal();
    }

    /** {@code resolve() is T}: decided by what the reference itself says, for the resource is not at hand (R4 search, section 3.1.1.4.12). */
    private JsonCondition referenceTo(PathExpression.Call resolve, String target, String type) throws NotReadException {
        if (resolve.target() != null && !(resolve.target() instanceof PathExpression.Name name && name.name().equals("$this"))) {
            throw new NotReadException("resolve() of a path inside a condition");
        }
        if (!type.equals("Reference")) {
            return (value, extraction) -> false;
        }
        return (value, extraction) -> {
            String reference = value.fieldText(ElementNames.REFERENCE);
            String named = reference == null ? null : ReferenceText.typeOf(reference);
            return target.equals(named == null ? value.fieldText("type") : named);
        };
    }
}
