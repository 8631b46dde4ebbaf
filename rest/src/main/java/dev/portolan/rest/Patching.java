package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.rest.WriteInteractions.Patched;
import dev.portolan.store.ReadResult;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.WriteTransaction;
import java.util.List;

/** patch (R4 http, section 3.1.0.6): JSON Patch and FHIRPath Patch. */
final class Patching {

    private final ResourceIntake intake;
    private final XmlFormat model;

    Patching(ResourceIntake intake, XmlFormat model) {
        this.intake = intake;
        this.model = model;
    }

    Patch read(FhirRequest.Body body) {
        JsonDocument document = body.resource();
        if (document == null) {
            throw new FhirException(Problem.BAD_PATCH, "a patch needs a body: a JSON Patch (" + MediaType.JSON_PATCH + ") or a FHIRPath Patch (a Parameters resource)");
        }
        if (body.jsonPatch()) {
            return JsonPatch.read(document);
        }
        if (!"Parameters".equals(document.root().fieldText("resourceType"))) {
            throw new FhirException(Problem.UNSUPPORTED_MEDIA_TYPE, "a patch in FHIR's format is a Parameters resource; a JSON Patch has Content-Type " + MediaType.JSON_PATCH);
        }
        // References are checked in the result.
        intake.checkStructure(document.root(), "Parameters", null, true);
        return FhirPathPatch.read(document, model);
    }

    /** For one patch, or for all those of a transaction. */
    static PatchBudget budget(Call call) {
        return new PatchBudget(call.base().limits().bodyBytes());
    }

    Patched apply(Call call, WriteTransaction tx, ResourceKey key, Patch patch, Preconditions conditions, PatchBudget budget) {
        ReadResult present = tx.lock(List.of(key)).get(key);
        conditions.check(present);
        if (!(present instanceof ReadResult.Found found)) {
            throw Reads.missing(present);
        }
        JsonDocument patched = patch.applyTo(JsonDocument.parse(found.resource().content().json()), budget);
        budget.made(patched.bytes().length);
        ResourceIntake.Findings findings = intake.check(call.base(), patched, key.type(), key.id());
        return new Patched(tx.put(key, patched), findings);
    }
}
