package dev.portolan.rest;

import ca.uhn.fhir.context.BaseRuntimeChildDefinition;
import ca.uhn.fhir.context.ConfigurationException;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.fhirpath.IFhirPath;
import ca.uhn.fhir.parser.DataFormatException;
import dev.portolan.fhir.json.JsonDocument;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.instance.model.api.IBase;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;

/** FHIRPath Patch (R4 fhirpatch), on HAPI's model. */
final class FhirPathPatch implements Patch {

    private static final int MOST = 1_000;

    private final XmlFormat model;
    private final FhirContext fhir;
    private final PatchElements elements;
    private final List<ParametersParameterComponent> operations;

    private FhirPathPatch(XmlFormat model, FhirContext fhir, List<ParametersParameterComponent> operations) {
        this.model = model;
        this.fhir = fhir;
        this.elements = new PatchElements(fhir);
        this.operations = operations;
    }

    /** @param document a Parameters resource whose structure was checked: HAPI drops what it does not know without a word */
    static Patch read(JsonDocument document, XmlFormat model) {
        List<ParametersParameterComponent> operations = ((Parameters) model.parse(document.bytes())).getParameter();
        if (operations.isEmpty() || operations.size() > MOST) {
            throw bad("a FHIRPath Patch holds 1 to " + MOST + " parameters named operation");
        }
        for (ParametersParameterComponent operation : operations) {
            if (!"operation".equals(operation.getName())) {
                throw bad("every parameter of a FHIRPath Patch is named operation");
            }
            text(operation, "type");
            PatchPath.check(text(operation, "path"));
        }
        return new FhirPathPatch(model, model.context(), operations);
    }

    /** Where an element stands: the parent's child, and its place among its siblings. */
    private record Spot(IBase parent, BaseRuntimeChildDefinition child, int index) {

        List<IBase> siblings() {
            return new ArrayList<>(child.getAccessor().getValues(parent));
        }

        void set(List<IBase> values) {
            child.getMutator().setValue(parent, null);
            for (IBase value : values) {
                child.getMutator().addValue(parent, value);
            }
        }
    }

    @Override
    public JsonDocument applyTo(JsonDocument resource, PatchBudget budget) {
        Resource patched = model.parse(resource.bytes());
        for (ParametersParameterComponent operation : operations) {
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
        byte[] encoded = encoded(patched);
        budget.requireRoom(encoded.length);
        return JsonDocument.parse(encoded, budget.limits());
    }

    private byte[] encoded(Resource patched) {
        try {
            return model.encode(patched);
        } catch (DataFormatException | ConfigurationException | ClassCastException e) {
            throw bad("a value of the patch is not of its element's type");
        }
    }

    private void apply(Resource resource, ParametersParameterComponent operation) {
        String path = text(operation, "path");
        switch (text(operation, "type")) {
            case "add" -> add(one(resource, path), text(operation, "name"), operation);
            case "insert" -> insert(resource, path, operation);
            case "delete" -> delete(resource, path);
            case "replace" -> {
                Spot spot = spot(resource, one(resource, path));
                List<IBase> values = spot.siblings();
                values.set(spot.index(), elements.value(value(operation), spot.child(), null));
                spot.set(values);
            }
            case "move" -> move(resource, path, number(operation, "source"), number(operation, "destination"));
            default -> throw bad("type of an operation is one of add, insert, delete, replace, move");
        }
    }

    private void add(IBase target, String name, ParametersParameterComponent operation) {
        BaseRuntimeChildDefinition child = elements.child(target, name);
        elements.add(target, child, elements.value(value(operation), child, name));
    }

    private void insert(Resource resource, String path, ParametersParameterComponent operation) {
        List<IBase> found = path(resource, path);
        int index = number(operation, "index");
        if (found.isEmpty()) {
            throw bad("path of an insert selects nothing: use add for a first element");
        }
        Spot spot = spot(resource, found.get(0));
        List<IBase> values = spot.siblings();
        if (index < 0 || index > values.size()) {
            throw bad("index is behind the end of the list");
        }
        values.add(index, elements.value(value(operation), spot.child(), null));
        spot.set(values);
    }

    /** R4 fhirpatch: nothing selected is no error, several are. */
    private void delete(Resource resource, String path) {
        List<IBase> found = path(resource, path);
        if (found.size() > 1) {
            throw bad("path of a delete selects several elements: make it select one");
        }
        if (!found.isEmpty()) {
            Spot spot = spot(resource, found.get(0));
            List<IBase> values = spot.siblings();
            values.remove(spot.index());
            spot.set(values);
        }
    }

    private void move(Resource resource, String path, int source, int destination) {
        List<IBase> found = path(resource, path);
        if (found.isEmpty()) {
            throw bad("path of a move selects nothing");
        }
        Spot spot = spot(resource, found.get(0));
        List<IBase> values = spot.siblings();
        if (source < 0 || source >= values.size() || destination < 0 || destination >= values.size()) {
            throw bad("source or destination is not in the list");
        }
        values.add(destination, values.remove(source));
        spot.set(values);
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
        Spot spot = find(resource, element, seen);
        if (spot == null) {
            throw bad("path selects no element of the resource itself");
        }
        return spot;
    }

    private @Nullable Spot find(IBase parent, IBase element, Map<IBase, Boolean> seen) {
        if (seen.put(parent, true) != null) {
            return null;
        }
        for (BaseRuntimeChildDefinition child : elements.children(parent)) {
            List<IBase> values = child.getAccessor().getValues(parent);
            for (int i = 0; i < values.size(); i++) {
                if (values.get(i) == element) {
                    return new Spot(parent, child, i);
                }
                Spot deeper = values.get(i) == null ? null : find(values.get(i), element, seen);
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
