package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** JSON Patch (RFC 6902). Works on the bytes: what a patch does not touch stays as it was written. */
final class JsonPatch implements Patch {

    private static final int MOST = 1_000;

    private final List<Operation> operations;

    private JsonPatch(List<Operation> operations) {
        this.operations = operations;
    }

    private record Operation(String op, String path, @Nullable String from, @Nullable JsonValue value) {}

    static JsonPatch read(JsonDocument document) {
        JsonValue root = document.root();
        if (!root.isArray()) {
            throw bad("a JSON Patch is an array of operations");
        }
        if (root.size() > MOST) {
            throw bad("a JSON Patch may hold " + MOST + " operations: send the resource as an update");
        }
        List<Operation> operations = new ArrayList<>();
        for (JsonValue each : root.children()) {
            String op = each.fieldText("op");
            String path = each.fieldText("path");
            String from = each.fieldText("from");
            JsonValue value = each.field("value");
            if (op == null || path == null) {
                throw bad("each operation of a JSON Patch needs op and path");
            }
            boolean needsValue = op.equals("add") || op.equals("replace") || op.equals("test");
            boolean needsFrom = op.equals("move") || op.equals("copy");
            if (!needsValue && !needsFrom && !op.equals("remove")) {
                throw bad("op is one of add, remove, replace, move, copy, test");
            }
            if (needsValue && value == null || needsFrom && from == null) {
                throw bad("op " + op + " needs " + (needsValue ? "value" : "from"));
            }
            operations.add(new Operation(op, path, from, value));
        }
        return new JsonPatch(operations);
    }

    @Override
    public JsonDocument applyTo(JsonDocument resource, PatchBudget budget) {
        JsonDocument now = resource;
        for (Operation operation : operations) {
            // Each is at least a walk through the resource, mostly a rewriting.
            budget.spend(now.bytes().length);
            now = apply(new JsonPatchStep(now, budget), operation);
        }
        return JsonPruning.pruned(now);
    }

    private static JsonDocument apply(JsonPatchStep step, Operation operation) {
        JsonValue value = operation.value();
        String from = String.valueOf(operation.from());
        return switch (operation.op()) {
            case "add" -> step.add(operation.path(), bytes(value));
            case "remove" -> step.remove(operation.path());
            case "replace" -> step.replace(operation.path(), bytes(value));
            case "copy" -> step.copy(from, operation.path());
            case "move" -> step.move(from, operation.path());
            default -> step.test(operation.path(), value);
        };
    }

    private static byte[] bytes(@Nullable JsonValue value) {
        return value == null ? new byte[0] : value.toBytes();
    }

    static FhirException bad(String message) {
        return new FhirException(Problem.BAD_PATCH, message);
    }
}
