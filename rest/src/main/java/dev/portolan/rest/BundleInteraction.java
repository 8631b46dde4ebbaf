package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.rest.Answer.Access;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** batch and transaction (R4 http, section 3.1.0.11). */
final class BundleInteraction {

    private static final byte[] NOTHING = {};
    /** What answers with an outcome to who prefers one; a part of a resource that is read is none. */
    private static final Set<String> WRITES = Set.of("create", "update", "patch", "delete");

    private final FhirServices services;
    private final ResourceIntake intake;
    private final Writes writes;
    private final Patching patching;
    private final BufferPool buffers;

    BundleInteraction(FhirServices services, ResourceIntake intake, Writes writes, Patching patching, BufferPool buffers) {
        this.services = services;
        this.intake = intake;
        this.writes = writes;
        this.patching = patching;
        this.buffers = buffers;
    }

    static String place(int index) {
        return "Bundle.entry[" + index + "]";
    }

    Answer run(Call outer, FhirRequest request, Dispatcher dispatcher) {
        JsonDocument bundle = request.resource();
        if (!"Bundle".equals(bundle.root().fieldText("resourceType"))) {
            throw new FhirException(Problem.TYPE_MISMATCH, "only a Bundle of type batch or transaction can be posted to the base: post other resources to [base]/[type]");
        }
        BundleEntry.checkBundle(bundle.root());
        String type = String.valueOf(bundle.root().fieldText("type"));
        JsonValue entries = bundle.root().field("entry");
        if (entries != null && !entries.isArray()) {
            throw new FhirException(Problem.BAD_BUNDLE, "Bundle.entry is an array");
        }
        int count = entries == null ? 0 : entries.size();
        int most = outer.base().limits().bundleEntries();
        if (count > most) {
            throw new FhirException(Problem.TOO_LARGE, "a Bundle may hold " + most + " entries here: send several Bundles");
        }
        // Without a preference an entry is answered by its stamps alone: the sender has the resources.
        Prefer prefer = outer.prefer().returned() == null ? new Prefer(Prefer.Return.MINIMAL, outer.prefer().strict()) : outer.prefer();
        Call call = new Call(outer.base(), outer.url(), outer.ownBases(), outer.view(), outer.recording(), prefer, null, outer.room(), outer.admission());
        List<JsonValue> values = new ArrayList<>(count);
        if (entries != null) {
            entries.children().forEach(values::add);
        }
        return switch (type) {
            case "batch" -> batch(call, values, dispatcher);
            case "transaction" -> transaction(call, values, dispatcher);
            default -> throw new FhirException(Problem.BAD_BUNDLE, "a Bundle posted to the base is of type batch or transaction");
        };
    }

    private Answer batch(Call call, List<JsonValue> values, Dispatcher dispatcher) {
        if (!call.base().offers(RestInteraction.BATCH)) {
            throw new FhirException(Problem.METHOD_NOT_ALLOWED, "this API takes no batch").with("Allow", "GET");
        }
        Answer[] answers = new Answer[values.size()];
        BundleBudget budget = new BundleBudget(call.base().limits());
        for (int i = 0; i < answers.length; i++) {
            answers[i] = alone(call, i, values.get(i), dispatcher, budget);
        }
        return response(call, "batch", answers);
    }

    /** An entry of a batch succeeds or fails by itself. */
    private Answer alone(Call call, int index, JsonValue value, Dispatcher dispatcher, BundleBudget budget) {
        try {
            budget.require();
            if (index > 0) { // the first came with the Bundle
                call.admission().run();
            }
            BundleEntry entry = BundleEntry.read(index, value, call.url());
            refuseNesting(entry);
            dispatcher.check(entry.method(), entry.route());
            return budget.took(dispatcher.dispatch(call, entry.request()));
        } catch (RuntimeException failure) {
            FhirException refusal = ErrorTranslator.translate(failure, place(index));
            byte[] outcome = Outcomes.of(refusal, call.url() + "/CodeSystem/error-codes");
            return Answer.json(refusal.problem().status(), outcome, Access.of("refused-" + refusal.problem().issue()));
        }
    }

    private static void refuseNesting(BundleEntry entry) {
        boolean nested = entry.route().kind() == Route.Kind.METADATA || entry.route().kind() == Route.Kind.SYSTEM && entry.method().equals("POST");
        if (nested) {
            throw new FhirException(Problem.BAD_BUNDLE, "a batch or transaction cannot hold another one, nor metadata: send it by itself");
        }
    }

    private Answer transaction(Call call, List<JsonValue> values, Dispatcher dispatcher) {
        if (!call.base().offers(RestInteraction.TRANSACTION)) {
            throw new FhirException(Problem.METHOD_NOT_ALLOWED, "this API takes no transaction: send a batch of reads").with("Allow", "GET");
        }
        List<BundleEntry> entries = new ArrayList<>(values.size());
        Set<String> fullUrls = new HashSet<>();
        Set<String> targets = new HashSet<>();
        for (int i = 0; i < values.size(); i++) {
            try {
                BundleEntry entry = BundleEntry.read(i, values.get(i), call.url());
                check(call, entry, dispatcher);
                if (entry.fullUrl() != null && !entry.method().equals("GET") && !fullUrls.add(entry.fullUrl())) {
                    throw new FhirException(Problem.BAD_BUNDLE, "another entry has the same fullUrl: give each its own");
                }
                boolean writesById = entry.route().kind() == Route.Kind.INSTANCE && !entry.method().equals("GET");
                if (writesById && !targets.add(entry.route().type() + "/" + entry.route().id())) {
                    throw new FhirException(Problem.BAD_BUNDLE, "another entry changes the same resource: send one of them");
                }
                entries.add(entry);
            } catch (FhirException refusal) {
                throw refusal.at(place(i));
            }
        }
        return call.view().write(tx -> new Transaction(call, tx, entries, services, writes, patching, dispatcher).run(),
            (tx, answers) -> call.recording().beforeCommit(tx, response(call, "transaction", answers)));
    }

    private void check(Call call, BundleEntry entry, Dispatcher dispatcher) {
        refuseNesting(entry);
        dispatcher.check(entry.method(), entry.route());
        Route.Kind kind = entry.route().kind();
        boolean write = !entry.method().equals("GET");
        if (write && kind != Route.Kind.TYPE && kind != Route.Kind.INSTANCE) {
            throw new FhirException(Problem.BAD_BUNDLE, "a transaction writes by [type] and [type]/[id] only: send operations and searches by POST by themselves or in a batch");
        }
        if (entry.method().equals("POST") || entry.method().equals("PUT")) {
            JsonValue resource = java.util.Objects.requireNonNull(entry.resource());
            if (entry.method().equals("PUT")) {
                ResourceIntake.requireWhole(resource);
            }
            intake.checkStructure(resource, entry.route().type(), kind == Route.Kind.INSTANCE ? entry.route().id() : null, true);
            if (call.base().validation() != FhirBase.ValidationPolicy.OFF) {
                intake.checkProfiles(call.base(), JsonDocument.parse(resource.toBytes()));
            }
        }
    }

    private Answer response(Call call, String type, Answer[] answers) {
        ByteBuilder buffer = buffers.take();
        BundleWriter bundle = new BundleWriter(buffer, call.url(), type + "-response");
        TreeSet<String> types = new TreeSet<>();
        TreeSet<String> about = new TreeSet<>();
        Map<String, Integer> done = new TreeMap<>();
        Disclosed disclosed = new Disclosed();
        for (Answer answer : answers) {
            byte[] body = AnswerSender.json(answer.body());
            if (answer.body() instanceof Answer.Pooled pooled) {
                buffers.give(pooled.buffer());
            }
            boolean outcome = answer.status() >= 400 || answer.body() instanceof Answer.Json && call.prefer().returned() == Prefer.Return.OUTCOME && WRITES.contains(answer.access().operation());
            bundle.response(answer, outcome ? NOTHING : body, outcome ? body : NOTHING);
            Access access = answer.access();
            types.addAll(access.types());
            // A write of a batch has an entry of its own, from before its commit: what it wrote is counted there.
            if (!call.recording().has(answer)) {
                about.addAll(access.about());
                disclosed.addAll(access.disclosed());
            }
            done.merge(access.types().size() == 1 ? access.operation() + " " + access.types().get(0) : access.operation(), 1, Integer::sum);
        }
        bundle.end();
        return Answer.pooled(buffer, new Access(type, List.copyOf(types), null, List.copyOf(about), summary(done), disclosed));
    }

    /** {@code read Patient x2; refused-not-found x1}: what the one entry of the trail covers. */
    private static String summary(Map<String, Integer> done) {
        return done.entrySet().stream().map(each -> each.getKey() + " x" + each.getValue()).collect(Collectors.joining("; "));
    }
}
