package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.rest.Writes.Condition;
import dev.portolan.store.ReadResult;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.WriteTransaction;
import dev.portolan.store.WriteTransaction.Written;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One run of a transaction inside of the store's (R4 http, section 3.1.0.11.2): first who is who, then DELETE, POST, PUT and PATCH, GET. Made anew if the store runs the work again.
 */
final class Transaction {

    private final Call call;
    private final WriteTransaction tx;
    private final List<BundleEntry> entries;
    private final FhirServices services;
    private final Writes writes;
    private final Patching patching;
    private final PatchBudget patches;
    private final Dispatcher dispatcher;
    private final ResourceKey[] keys;
    private final boolean[] there;
    /** What conditions selected when they were looked at, before anything was locked. */
    private final Writes.Match[] matches;
    private final Answer[] answers;
    private final References references = new References();

    Transaction(Call call, WriteTransaction tx, List<BundleEntry> entries, FhirServices services, Writes writes, Patching patching, Dispatcher dispatcher) {
        this.call = call;
        this.tx = tx;
        this.entries = entries;
        this.services = services;
        this.writes = writes;
        this.patching = patching;
        this.patches = Patching.budget(call);
        this.dispatcher = dispatcher;
        this.keys = new ResourceKey[entries.size()];
        this.there = new boolean[entries.size()];
        this.matches = new Writes.Match[entries.size()];
        this.answers = new Answer[entries.size()];
    }

    Answer[] run() {
        Map<Integer, Condition> conditions = conditions();
        if (!conditions.isEmpty()) {
            tx.serialize(conditions.values().stream().map(Condition::key).toList());
        }
        each("DELETE", entry -> keys[entry.index()] = target(entry, conditions.get(entry.index())));
        each("POST", entry -> keys[entry.index()] = target(entry, conditions.get(entry.index())));
        each("PUT", entry -> keys[entry.index()] = target(entry, conditions.get(entry.index())));
        each("PATCH", entry -> keys[entry.index()] = target(entry, conditions.get(entry.index())));
        Map<ResourceKey, ReadResult> present = lock();
        resolveConditionalReferences();
        each("DELETE", entry -> answers[entry.index()] = delete(entry, present));
        each("POST", entry -> answers[entry.index()] = create(entry));
        each("PUT", entry -> answers[entry.index()] = update(entry, present));
        each("PATCH", entry -> answers[entry.index()] = patch(entry));
        BundleBudget reads = new BundleBudget(call.base().limits());
        each("GET", entry -> {
            reads.require();
            answers[entry.index()] = reads.took(dispatcher.get(call, tx, entry.request()));
        });
        return answers;
    }

    private interface Step {
        void take(BundleEntry entry);
    }

    private void each(String method, Step step) {
        for (BundleEntry entry : entries) {
            if (entry.method().equals(method)) {
                // Nothing takes a processor away from a virtual thread: a large bundle would hold up every other call until it waits for the database.
                Thread.yield();
                try {
                    step.take(entry);
                } catch (FhirException | dev.portolan.fhir.search.InvalidSearchException | dev.portolan.store.GrantRefusedException refusal) {
                    throw ErrorTranslator.translate(refusal, "").at(BundleInteraction.place(entry.index()));
                }
            }
        }
    }

    /** Two that go by the same condition may mean, or would make, one resource: such a Bundle shall fail (R4 http, section 3.1.0.11.2). What is deleted may be made again. */
    private Map<Integer, Condition> conditions() {
        Map<Integer, Condition> conditions = new HashMap<>();
        Set<String> seen = new HashSet<>();
        for (BundleEntry entry : entries) {
            Condition condition = condition(entry);
            if (condition != null) {
                conditions.put(entry.index(), condition);
                if (!seen.add(entry.method().equals("DELETE") ? "DELETE " + condition.key() : condition.key())) {
                    throw new FhirException(Problem.BAD_BUNDLE, "another entry has the same condition, so both may mean the same resource: send one of them").at(BundleInteraction.place(entry.index()));
                }
            }
        }
        return conditions;
    }

    private static @Nullable Condition condition(BundleEntry entry) {
        String type = entry.route().type();
        if (entry.method().equals("POST")) {
            String ifNoneExist = entry.conditions().ifNoneExist();
            return ifNoneExist == null ? null : Condition.of(type, ifNoneExist);
        }
        boolean byQuery = entry.route().kind() == Route.Kind.TYPE && !entry.method().equals("GET");
        return byQuery ? new Condition(type, entry.parameters()) : null;
    }

    /** The resource that an entry is about; null for a conditional delete of nothing. */
    private @Nullable ResourceKey target(BundleEntry entry, @Nullable Condition condition) {
        String type = entry.route().type();
        ResourceKey key = entry.route().kind() == Route.Kind.INSTANCE ? new ResourceKey(type, entry.route().id()) : null;
        if (condition != null) {
            Writes.Match match = writes.match(call, tx, condition);
            matches[entry.index()] = match;
            key = stays(match == null ? null : match.key(), entry.method());
            there[entry.index()] = key != null;
        }
        String bodyId = entry.resource() == null || !entry.method().equals("PUT") ? null : entry.resource().fieldText("id");
        if (key == null && entry.method().equals("PATCH")) {
            throw new FhirException(Problem.NOT_FOUND, "no " + type + " matches the condition of the patch");
        }
        if (key != null && condition != null && bodyId != null && !bodyId.equals(key.id())) {
            throw new FhirException(Problem.ID_MISMATCH, "the resource that matches the condition has another id than the body: leave the id out of the body");
        }
        if (key == null && !entry.method().equals("DELETE")) {
            key = new ResourceKey(type, bodyId != null ? bodyId : tx.newId());
        }
        if (key != null && !entry.method().equals("DELETE")) {
            name(entry, key);
        }
        return key;
    }

    /** Deletions come first (R4 3.1.0.11.2): what this Bundle deletes is no longer there for a conditional create, or for a reference. */
    private @Nullable ResourceKey stays(@Nullable ResourceKey match, String method) {
        boolean deleted = match != null && method.equals("POST")
            && entries.stream().anyMatch(entry -> entry.method().equals("DELETE") && match.equals(keys[entry.index()]));
        return deleted ? null : match;
    }

    private void name(BundleEntry entry, ResourceKey key) {
        String fullUrl = entry.fullUrl();
        if (fullUrl != null) {
            references.add(fullUrl, key.toString());
        } else if (entry.method().equals("POST") && entry.resource() != null && entry.resource().fieldText("id") != null) {
            // Without a fullUrl the sender's own id is the only name that others can mean.
            references.add(key.type() + "/" + entry.resource().fieldText("id"), key.toString());
        }
    }

    private Map<ResourceKey, ReadResult> lock() {
        Set<ResourceKey> locked = new TreeSet<>();
        for (BundleEntry entry : entries) {
            ResourceKey key = keys[entry.index()];
            boolean writesById = key != null && !entry.method().equals("POST");
            if (writesById && !locked.add(key)) {
                throw new FhirException(Problem.BAD_BUNDLE, "two entries change the same resource: send one of them").at(BundleInteraction.place(entry.index()));
            }
        }
        Map<ResourceKey, ReadResult> present = locked.isEmpty() ? Map.of() : tx.lock(locked);
        for (BundleEntry entry : entries) {
            Writes.Match match = matches[entry.index()];
            if (match != null && !entry.method().equals("POST") && !Writes.stands(match, present.get(match.key()))) {
                throw Writes.changedMeanwhile().at(BundleInteraction.place(entry.index()));
            }
            if (entry.method().equals("PUT") && entry.route().kind() == Route.Kind.TYPE && match == null) {
                Writes.requireNew(present.get(keys[entry.index()]));
            }
        }
        return present;
    }

    /** Against the store first, then against what this Bundle makes. */
    private void resolveConditionalReferences() {
        for (BundleEntry entry : entries) {
            if (entry.resource() == null || entry.method().equals("PATCH") || entry.method().equals("GET")) {
                continue;
            }
            Set<String> found = new LinkedHashSet<>();
            References.conditional(entry.resource(), found::add);
            for (String reference : found) {
                if (!references.knows(reference)) {
                    references.add(reference, resolve(reference, entry).toString());
                }
            }
        }
    }

    private ResourceKey resolve(String reference, BundleEntry at) {
        Condition condition = References.condition(reference);
        try {
            Writes.Match match = writes.match(call, tx, java.util.Objects.requireNonNull(condition));
            ResourceKey stored = stays(match == null ? null : match.key(), "POST");
            List<ResourceKey> made = stored == null ? made(condition) : List.of(stored);
            if (made.size() != 1) {
                Problem problem = made.isEmpty() ? Problem.BAD_REFERENCE : Problem.MULTIPLE_MATCHES;
                throw new FhirException(problem, "a conditional reference to the type " + condition.type() + " matches " + (made.isEmpty() ? "nothing" : "several resources") + ": it must match one");
            }
            return made.get(0);
        } catch (FhirException | dev.portolan.fhir.search.InvalidSearchException refusal) {
            throw ErrorTranslator.translate(refusal, "").at(BundleInteraction.place(at.index()));
        }
    }

    private List<ResourceKey> made(Condition condition) {
        SearchQuery query = services.searchParser().parse(List.of(condition.type()), condition.parameters(), call.ownBases(), true);
        List<ResourceKey> matches = new ArrayList<>();
        for (BundleEntry entry : entries) {
            boolean made = entry.resource() != null && !there[entry.index()] && (entry.method().equals("POST") || entry.method().equals("PUT"));
            if (made && entry.route().type().equals(condition.type()) && fulfils(keys[entry.index()], JsonDocument.parse(entry.resource().toBytes()), query)) {
                matches.add(keys[entry.index()]);
            }
        }
        return matches;
    }

    private boolean fulfils(ResourceKey key, JsonDocument resource, SearchQuery query) {
        for (Criterion criterion : query.criteria()) {
            if (criterion instanceof Criterion.Ids ids && ids.anyOf().contains(key.id())) {
                continue;
            }
            boolean decidable = criterion instanceof Criterion.Parameter || criterion instanceof Criterion.FullText;
            if (!decidable || !services.definitions().matcher().matches(resource, criterion)) {
                return false;
            }
        }
        return true;
    }

    private Answer delete(BundleEntry entry, Map<ResourceKey, ReadResult> present) {
        ResourceKey key = keys[entry.index()];
        if (key == null) {
            return WriteInteractions.deleted(call, null, null);
        }
        entry.conditions().check(java.util.Objects.requireNonNull(present.get(key)));
        return WriteInteractions.deleted(call, tx.delete(key), key);
    }

    private Answer create(BundleEntry entry) {
        ResourceKey key = keys[entry.index()];
        Written written = there[entry.index()] ? Writes.unchanged(tx, key) : tx.put(key, resolved(entry));
        return WriteInteractions.answer(call, written, "create", ResourceIntake.Findings.NONE);
    }

    private Answer update(BundleEntry entry, Map<ResourceKey, ReadResult> present) {
        ResourceKey key = keys[entry.index()];
        entry.conditions().check(java.util.Objects.requireNonNull(present.get(key)));
        return WriteInteractions.answer(call, tx.put(key, resolved(entry)), "update", ResourceIntake.Findings.NONE);
    }

    private JsonDocument resolved(BundleEntry entry) {
        return references.resolve(java.util.Objects.requireNonNull(entry.resource()), entry.fullUrl());
    }

    private Answer patch(BundleEntry entry) {
        FhirRequest.Body body = entry.body();
        Patch patch = patching.read(body.resource() == null ? body : new FhirRequest.Body(references.resolve(body.resource().root(), entry.fullUrl()), body.jsonPatch()));
        WriteInteractions.Patched patched = patching.apply(call, tx, keys[entry.index()], patch, entry.conditions(), patches);
        return WriteInteractions.answer(call, patched.written(), "patch", patched.findings());
    }
}
