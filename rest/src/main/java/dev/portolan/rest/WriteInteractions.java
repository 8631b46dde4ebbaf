package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.rest.Answer.Access;
import dev.portolan.rest.Writes.Condition;
import dev.portolan.store.Grant;
import dev.portolan.store.GrantRefusedException;
import dev.portolan.store.Interaction;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.StoredResource;
import dev.portolan.store.WriteTransaction;
import dev.portolan.store.WriteTransaction.Written;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** create, update, patch and delete as requests of their own: each in a transaction of the store. */
final class WriteInteractions {

    private static final String ALL_WELL = "done, and nothing to remark";

    private final Writes writes;
    private final ResourceIntake intake;
    private final Patching patching;

    WriteInteractions(Writes writes, ResourceIntake intake, Patching patching) {
        this.writes = writes;
        this.intake = intake;
        this.patching = patching;
    }

    Answer create(Call call, FhirRequest request) {
        String type = request.route().type();
        JsonDocument body = request.resource();
        ResourceIntake.Findings findings = intake.check(call.base(), body, type, null);
        String condition = request.conditions().ifNoneExist();
        return call.view().write(tx -> condition == null
            ? writes.create(tx, type, body)
            : writes.createUnlessThere(call, tx, Condition.of(type, condition), body),
            (tx, written) -> call.recording().beforeCommit(tx, answer(call, written, "create", findings)));
    }

    Answer update(Call call, FhirRequest request) {
        Route route = request.route();
        JsonDocument body = request.resource();
        ResourceIntake.requireWhole(body.root());
        ResourceIntake.Findings findings = intake.check(call.base(), body, route.type(), route.id());
        return call.view().write(tx -> writes.update(tx, new ResourceKey(route.type(), route.id()), body, request.conditions()),
            (tx, written) -> call.recording().beforeCommit(tx, answer(call, written, "update", findings)));
    }

    Answer updateMatching(Call call, FhirRequest request) {
        String type = request.route().type();
        JsonDocument body = request.resource();
        ResourceIntake.requireWhole(body.root());
        ResourceIntake.Findings findings = intake.check(call.base(), body, type, null);
        Condition condition = new Condition(type, request.parameters());
        String bodyId = body.root().fieldText("id");
        return call.view().write(tx -> writes.updateMatching(call, tx, condition, bodyId, body, request.conditions()),
            (tx, written) -> call.recording().beforeCommit(tx, answer(call, written, "update", findings)));
    }

    Answer patch(Call call, FhirRequest request) {
        Route route = request.route();
        return patch(call, request, tx -> new ResourceKey(route.type(), route.id()));
    }

    Answer patchMatching(Call call, FhirRequest request) {
        Condition condition = new Condition(request.route().type(), request.parameters());
        return patch(call, request, tx -> {
            tx.serialize(java.util.List.of(condition.key()));
            ResourceKey there = writes.matchAndLock(call, tx, condition);
            if (there == null) {
                throw new FhirException(Problem.NOT_FOUND, "no " + condition.type() + " matches the condition of the patch");
            }
            return there;
        });
    }

    private Answer patch(Call call, FhirRequest request, Function<WriteTransaction, ResourceKey> target) {
        Patch patch = patching.read(request.body().get());
        return call.view().write(tx -> patching.apply(call, tx, target.apply(tx), patch, request.conditions(), Patching.budget(call)),
            (tx, patched) -> call.recording().beforeCommit(tx, answer(call, patched.written(), "patch", patched.findings())));
    }

    /** Of a type that somebody else takes. */
    Answer handOver(Call call, FhirRequest request, TypeWriter writer) {
        Grant grant = call.view().grant();
        String type = writer.type();
        String id = request.route().id().isEmpty() ? null : request.route().id();
        Grant.Rule rule = grant.rule(type);
        Grant.Extent writable = rule == null ? null : rule.extent(id == null ? Interaction.CREATE : Interaction.UPDATE);
        if (writable == null || !writable.isWhole()) {
            throw new GrantRefusedException("This access does not include writing " + type + ".");
        }
        JsonDocument body = request.resource();
        ResourceIntake.Findings findings = intake.check(call.base(), body, type, id);
        if (request.conditions().ifNoneExist() != null) {
            throw new FhirException(Problem.NOT_IMPLEMENTED, type + " is not created under a condition here: leave If-None-Exist out");
        }
        return writer.write(grant, id, body, request.conditions()::check,
            (tx, written) -> call.recording().beforeCommit(tx, answer(call, written, id == null ? "create" : "update", findings)));
    }

    /** What became of a patch. */
    record Patched(Written written, ResourceIntake.Findings findings) {}

    Answer delete(Call call, FhirRequest request) {
        Route route = request.route();
        ResourceKey key = new ResourceKey(route.type(), route.id());
        return call.view().write(tx -> writes.delete(tx, key, request.conditions()),
            (tx, written) -> call.recording().beforeCommit(tx, deleted(call, written, key)));
    }

    Answer deleteMatching(Call call, FhirRequest request) {
        String type = request.route().type();
        Condition condition = new Condition(type, request.parameters());
        return call.view().<@Nullable Written, Answer>write(tx -> writes.deleteMatching(call, tx, condition, request.conditions()),
            (tx, written) -> call.recording().beforeCommit(tx, deleted(call, written, written == null ? null : written.resource().key())));
    }

    /** @param key what was to be deleted; null for a condition that matched nothing */
    static Answer deleted(Call call, @Nullable Written written, @Nullable ResourceKey key) {
        boolean outcome = call.prefer().returned() == Prefer.Return.OUTCOME;
        StoredResource version = written != null && written.outcome() == Written.Outcome.DELETED ? written.resource() : null;
        Answer.Body body = outcome ? new Answer.Json(Outcomes.note("information", "informational", version == null ? "there was nothing to delete" : "deleted")) : Answer.Body.NONE;
        Disclosed disclosed = version == null ? new Disclosed() : new Disclosed().addWithoutContent(version);
        Access access = key == null ? Access.of("delete") : Access.ofOne("delete", key.type(), key.id(), disclosed);
        return new Answer(outcome ? 200 : 204, body, version, false, access);
    }

    /** Who may write but not read a type learns what stands there by no write either, such as a patch of nothing. */
    private static boolean isReadable(Call call, StoredResource resource) {
        Grant.Rule rule = call.view().grant().rule(resource.key().type());
        Grant.Extent readable = rule == null ? null : rule.extent(Interaction.READ);
        return readable != null && readable.isWhole();
    }

    /** R4 http, section 3.1.0.1.7: without a preference the answer holds the resource. */
    static Answer answer(Call call, Written written, String operation, ResourceIntake.Findings findings) {
        StoredResource resource = written.resource();
        int status = written.outcome() == Written.Outcome.CREATED ? 201 : 200;
        Answer answer = Answer.stored(status, resource, true, operation);
        if (call.prefer().returned() == Prefer.Return.MINIMAL || !isReadable(call, resource)) {
            return answer.withBody(Answer.Body.NONE);
        }
        return call.prefer().returned() == Prefer.Return.OUTCOME ? answer.withBody(new Answer.Json(Outcomes.of(findings.issues(), ALL_WELL))) : answer;
    }
}
