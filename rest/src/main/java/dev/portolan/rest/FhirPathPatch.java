package dev.portolan.rest;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.fhirpath.IFhirPath;
import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.PatchedJson.Item;
import dev.portolan.rest.PatchedJson.Property;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;

/**
 * FHIRPath Patch (R4 fhirpatch). Paths are looked up in HAPI's model; what they select is changed there, for the operations that follow, and in the JSON, which is what comes out.
 */
final class FhirPathPatch implements Patch {

    private static final int MOST = 1_000;

    private final XmlFormat model;
    private final FhirContext fhir;
    private final PatchElements elements;
    private final List<Operation> operations;

    private FhirPathPatch(XmlFormat model, FhirContext fhir, List<Operation> operations) {
        this.model = model;
        this.fhir = fhir;
        this.elements = new PatchElements(fhir);
        this.operations = operations;
    }

    /** As HAPI's model has it, and as it was sent. */
    private record Operation(ParametersParameterComponent read, JsonValue sent) {}

    /** @param document a Parameters resource whose structure was checked: HAPI drops what it does not know without a word */
    static Patch read(JsonDocument document, XmlFormat model) {
        List<ParametersParameterComponent> parameters = ((Parameters) model.parse(document.bytes())).getParameter();
        if (parameters.isEmpty() || parameters.size() > MOST) {
            throw bad("a FHIRPath Patch holds 1 to " + MOST + " parameters named operation");
        }
        List<Operation> operations = new ArrayList<>();
        JsonValue sent = Objects.requireNonNull(Objects.requireNonNull(document.root().field("parameter")).firstChild());
        for (ParametersParameterComponent operation : parameters) {
            if (!"operation".equals(operation.getName())) {
                throw bad("every parameter of a FHIRPath Patch is named operation");
            }
            text(operation, "type");
            PatchPath.check(text(operation, "path"));
            operations.add(new Operation(operation, Objects.requireNonNull(sent)));
            sent = sent.nextSibling();
        }
        return new FhirPathPatch(model, model.context(), operations);
    }

    /** Where an element stands: the parent's child, and its place among its siblings; and where that parent stands, null of the resource itself. */
    private record Spot(IBase parent, @Nullable Spot above, BaseRuntimeChildDefinition child, int index) {

        List<IBase> siblings() {
            return new ArrayList<>(child.getAccessor().getValues(parent));
        }

        void set(List<IBase> values) {
            child.getMutator().setValue(parent, null);
            for (IBase value : values) {
                child.getMutator().addValue(parent, value);
            }
        }

        IBase element() {
            return child.getAccessor().getValues(parent).get(index);
        }
    }

    /** The resource that is patched, in both forms. */
    private record Patched(Resource resource, Map<String, Object> json) {

        /** The property that an element is a value of. */
        Property property(Spot spot) {
            Property property = new Property(spot.above() == null ? json : object(spot.above()), PatchElements.property(spot.child(), spot.element()), spot.child().getMax() != 1);
            if (property.items().size() != spot.siblings().size()) {
                throw bad("the resource has lists with places that hold nothing: change them by a JSON Patch");
            }
            return property;
        }

        Map<String, Object> object(Spot spot) {
            return property(spot).object(spot.index(), spot.element() instanceof PrimitiveType<?>);
        }
    }

    @Override
    @SuppressWarnings("unchecked") // a resource is an object
    public JsonDocument applyTo(JsonDocument resource, PatchBudget budget) {
        Patched patched = new Patched(model.parse(resource.bytes()), (Map<String, Object>) PatchedJson.of(resource.root()));
        for (Operation operation : operations) {
            // Each evaluates a path and looks for what it selects in the whole resource.
            budget.spend(resource.bytes().length);
            try {
                apply(patched, operation);
            } catch (FhirException e) {
                throw e;
            } catch (RuntimeException e) {
                // Only HAPI's model and its FHIRPath engine are at work here, and they report what does not fit by whatever exception they come to.
                throw bad("an operation of the patch cannot be done: check its path and that its value is of the element's type");
            }
        }
        byte[] bytes = PatchedJson.bytes(patched.json());
        budget.requireRoom(bytes.length);
        return JsonPruning.pruned(JsonDocument.parse(bytes, budget.limits()));
    }

    private void apply(Patched patched, Operation operation) {
        ParametersParameterComponent read = operation.read();
        String path = text(read, "path");
        switch (text(read, "type")) {
            case "add" -> add(patched, one(patched.resource(), path), text(read, "name"), operation);
            case "insert" -> insert(patched, path, operation);
            case "delete" -> delete(patched, path);
            case "replace" -> replace(patched, spot(patched.resource(), one(patched.resource(), path)), operation);
            case "move" -> move(patched, path, number(read, "source"), number(read, "destination"));
            default -> throw bad("type of an operation is one of add, insert, delete, replace, move");
        }
    }

    private void add(Patched patched, IBase target, String name, Operation operation) {
        BaseRuntimeChildDefinition child = elements.child(target, name);
        IBase value = elements.value(value(operation.read()), child, name);
        Map<String, Object> object = target == patched.resource() ? patched.json() : patched.object(spot(patched.resource(), target));
        elements.add(target, child, value);
        Property property = new Property(object, PatchElements.property(child, value), child.getMax() != 1);
        property.items().add(item(operation, value));
        property.store();
    }

    private void replace(Patched patched, Spot spot, Operation operation) {
        IBase value = elements.value(value(operation.read()), spot.child(), null);
        Property before = patched.property(spot);
        Item item = item(operation, value);
        String name = PatchElements.property(spot.child(), value);
        if (!name.equals(PatchElements.property(spot.child(), spot.element()))) {
            // Of a choice the name changes with the type.
            before.items().clear();
            before.store();
            Property after = new Property(spot.above() == null ? patched.json() : patched.object(spot.above()), name, false);
            after.items().add(item);
            after.store();
        } else {
            before.items().set(spot.index(), item);
            before.store();
        }
        List<IBase> values = spot.siblings();
        values.set(spot.index(), value);
        spot.set(values);
    }

    private void insert(Patched patched, String path, Operation operation) {
        List<IBase> found = path(patched.resource(), path);
        int index = number(operation.read(), "index");
        if (found.isEmpty()) {
            throw bad("path of an insert selects nothing: use add for a first element");
        }
        Spot spot = spot(patched.resource(), found.get(0));
        List<IBase> values = spot.siblings();
        if (index < 0 || index > values.size()) {
            throw bad("index is behind the end of the list");
        }
        if (spot.child().getMax() == 1) {
            throw bad("an element that does not repeat has no places to insert at: use replace");
        }
        IBase value = elements.value(value(operation.read()), spot.child(), null);
        Property property = patched.property(spot);
        property.items().add(index, item(operation, value));
        property.store();
        values.add(index, value);
        spot.set(values);
    }

    /** R4 fhirpatch: nothing selected is no error, several are. */
    private void delete(Patched patched, String path) {
        List<IBase> found = path(patched.resource(), path);
        if (found.size() > 1) {
            throw bad("path of a delete selects several elements: make it select one");
        }
        if (!found.isEmpty()) {
            Spot spot = spot(patched.resource(), found.get(0));
            Property property = patched.property(spot);
            property.items().remove(spot.index());
            property.store();
            List<IBase> values = spot.siblings();
            values.remove(spot.index());
            spot.set(values);
        }
    }

    private void move(Patched patched, String path, int source, int destination) {
        List<IBase> found = path(patched.resource(), path);
        if (found.isEmpty()) {
            throw bad("path of a move selects nothing");
        }
        Spot spot = spot(patched.resource(), found.get(0));
        List<IBase> values = spot.siblings();
        if (source < 0 || source >= values.size() || destination < 0 || destination >= values.size()) {
            throw bad("source or destination is not in the list");
        }
        Property property = patched.property(spot);
        property.items().add(destination, property.items().remove(source));
        property.store();
        values.add(destination, values.remove(source));
        spot.set(values);
    }

    /** The value of an operation as JSON: as it was sent. */
    private Item item(Operation operation, IBase value) {
        return elements.item(value(operation.read()), part(operation.sent(), "value"), value);
    }

    private static JsonValue part(JsonValue operation, String name) {
        for (JsonValue part : operation.each("part")) {
            if (name.equals(part.fieldText("name"))) {
                return part;
            }
        }
        throw bad("an operation needs the part " + name);
    }

    private List<IBase> path(Resource resource, String path) {
        IFhirPath engine = fhir.newFhirPath();
        return engine.evaluate(resource, path, IBase.class);
    }

    private IBase one(Resource resource, String path) {
        List<IBase> found = path(resource, path);
        if (found.size() != 1) {
            throw bad("path must select one element and selects " + (found.isEmpty() ? "none" : "several"));
        }
        return found.get(0);
    }

    private Spot spot(Resource resource, IBase element) {
        Map<IBase, Boolean> seen = new IdentityHashMap<>();
        Spot spot = find(resource, null, element, seen);
        if (spot == null) {
            throw bad("path selects no element of the resource itself");
        }
        return spot;
    }

    private @Nullable Spot find(IBase parent, @Nullable Spot above, IBase element, Map<IBase, Boolean> seen) {
        if (seen.put(parent, true) != null) {
            return null;
        }
        for (BaseRuntimeChildDefinition child : elements.children(parent)) {
            List<IBase> values = child.getAccessor().getValues(parent);
            for (int i = 0; i < values.size(); i++) {
                if (values.get(i) == element) {
                    return new Spot(parent, above, child, i);
                }
                Spot deeper = values.get(i) == null ? null : find(values.get(i), new Spot(parent, above, child, i), element, seen);
                if (deeper != null) {
                    return deeper;
                }
            }
        }
        return null;
    }

    private static @Nullable ParametersParameterComponent part(ParametersParameterComponent operation, String name) {
        return operation.getPart().stream().filter(part -> name.equals(part.getName())).findFirst().orElse(null);
    }

    private static ParametersParameterComponent value(ParametersParameterComponent operation) {
        ParametersParameterComponent value = part(operation, "value");
        if (value == null) {
            throw bad("an operation of the type add, insert or replace needs the part value");
        }
        return value;
    }

    private static String text(ParametersParameterComponent operation, String name) {
        ParametersParameterComponent part = part(operation, name);
        if (part == null || !(part.getValue() instanceof PrimitiveType<?> value) || value.getValueAsString() == null) {
            throw bad("an operation needs the part " + name);
        }
        return value.getValueAsString();
    }

    private static int number(ParametersParameterComponent operation, String name) {
        ParametersParameterComponent part = part(operation, name);
        if (part == null || !(part.getValue() instanceof IntegerType value) || value.getValue() == null) {
            throw bad("an operation needs the part " + name + " as a valueInteger");
        }
        return value.getValue();
    }

    static FhirException bad(String message) {
        return new FhirException(Problem.BAD_PATCH, message);
    }
}
