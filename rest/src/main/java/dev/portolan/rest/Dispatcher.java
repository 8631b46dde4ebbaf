package dev.portolan.rest;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.rest.Searches.Scope;
import dev.portolan.store.RecordReader;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** Finds the interaction that a method and a route name, and whether the base offers it. */
final class Dispatcher {

    /** The trail's name of what is no interaction of FHIR's. */
    static final String UNKNOWN = "unknown";

    private static final Map<Route.Kind, Map<String, RestInteraction>> INTERACTIONS = new EnumMap<>(Route.Kind.class);

    static {
        offer(Route.Kind.SYSTEM, "GET", RestInteraction.SEARCH_SYSTEM, "POST", RestInteraction.TRANSACTION);
        offer(Route.Kind.SYSTEM_HISTORY, "GET", RestInteraction.HISTORY_SYSTEM);
        offer(Route.Kind.SYSTEM_SEARCH, "POST", RestInteraction.SEARCH_SYSTEM);
        offer(Route.Kind.TYPE, "GET", RestInteraction.SEARCH_TYPE, "POST", RestInteraction.CREATE, "PUT", RestInteraction.UPDATE, "PATCH", RestInteraction.PATCH, "DELETE",
            RestInteraction.DELETE);
        offer(Route.Kind.TYPE_SEARCH, "POST", RestInteraction.SEARCH_TYPE, "GET", RestInteraction.SEARCH_TYPE);
        offer(Route.Kind.TYPE_HISTORY, "GET", RestInteraction.HISTORY_TYPE);
        offer(Route.Kind.INSTANCE, "GET", RestInteraction.READ, "PUT", RestInteraction.UPDATE, "PATCH", RestInteraction.PATCH, "DELETE", RestInteraction.DELETE);
        offer(Route.Kind.INSTANCE_HISTORY, "GET", RestInteraction.HISTORY_INSTANCE);
        offer(Route.Kind.VERSION, "GET", RestInteraction.VREAD);
        offer(Route.Kind.COMPARTMENT, "GET", RestInteraction.SEARCH_TYPE);
        offer(Route.Kind.COMPARTMENT_SEARCH, "POST", RestInteraction.SEARCH_TYPE);
    }

    private static void offer(Route.Kind kind, Object... methodsAndInteractions) {
        Map<String, RestInteraction> byMethod = INTERACTIONS.computeIfAbsent(kind, any -> new java.util.TreeMap<>());
        for (int i = 0; i < methodsAndInteractions.length; i += 2) {
            byMethod.put((String) methodsAndInteractions[i], (RestInteraction) methodsAndInteractions[i + 1]);
        }
    }

    private final FhirBase base;
    private final Set<String> allTypes;
    private final List<String> searchedTypes;
    private final Searches searches;
    private final Histories histories;
    private final WriteInteractions writes;
    private final Compartments compartments;
    private final Operations operations;
    private final BundleInteraction bundles;
    private final DefinedOperations defined;
    private final ProvidedTypes provided;
    private final WrittenTypes written;
    private final Map<String, CallName> names = new ConcurrentHashMap<>();

    Dispatcher(
        FhirBase base, Set<String> allTypes, Searches searches, Histories histories, WriteInteractions writes, Compartments compartments, Operations operations,
        BundleInteraction bundles, DefinedOperations defined, ProvidedTypes provided, WrittenTypes written) {
        this.written = written;
        this.base = base;
        this.defined = defined;
        this.provided = provided;
        this.allTypes = allTypes;
        this.searchedTypes = new TreeSet<>(allTypes).stream().filter(base::offersType).filter(type -> !provided.has(type)).toList();
        this.searches = searches;
        this.histories = histories;
        this.writes = writes;
        this.compartments = compartments;
        this.operations = operations;
        this.bundles = bundles;
    }

    /** Refuses what this base does not have, before a grant is asked for. */
    void check(String method, Route route) {
        boolean definition = method.equals("GET") && defined.read(route).isPresent();
        if (!definition) {
            checkType(route);
        }
        boolean compartment = route.kind() == Route.Kind.COMPARTMENT || route.kind() == Route.Kind.COMPARTMENT_SEARCH;
        if (compartment && !route.name().equals("*")) {
            checkType(route.name());
            if (provided.has(route.name())) {
                throw new FhirException(Problem.UNKNOWN_TYPE, route.name() + " is not searched in a compartment: search it as [base]/" + route.name());
            }
        }
        if (route.name().startsWith("$")) {
            operations.check(method, route);
        } else if (provided.has(route.type())) {
            provided.check(method, route);
        } else if (route.kind() != Route.Kind.METADATA) {
            interaction(method, route);
        } else if (!method.equals("GET")) {
            throw notAllowed("GET, HEAD, OPTIONS");
        }
    }

    /** Refuses what is of a type that there is not, by whatever method; the definitions of operations are read although they are of none. */
    void checkOffered(Route route) {
        if (defined.read(route).isEmpty()) {
            checkType(route);
        }
    }

    private void checkType(Route route) {
        if (!route.type().isEmpty()) {
            checkType(route.type());
        }
    }

    private void checkType(String type) {
        if (!allTypes.contains(type)) {
            throw new FhirException(Problem.UNKNOWN_TYPE, "FHIR R4 has no such resource type: mind upper and lower case, as in ExplanationOfBenefit");
        }
        if (!base.offersType(type)) {
            throw new FhirException(Problem.UNKNOWN_TYPE, "this API has no " + type + ": its metadata names the types that it has");
        }
    }

    private RestInteraction interaction(String method, Route route) {
        Map<String, RestInteraction> byMethod = INTERACTIONS.getOrDefault(route.kind(), Map.of());
        RestInteraction interaction = byMethod.get(method);
        if (interaction == null || !offered(interaction) && written.of(method, route) == null) {
            throw notAllowed(allowed(route));
        }
        return interaction;
    }

    private boolean offered(RestInteraction interaction) {
        return base.offers(interaction) || interaction == RestInteraction.TRANSACTION && base.offers(RestInteraction.BATCH);
    }

    /** For Allow. */
    String allowed(Route route) {
        if (provided.has(route.type()) && !route.name().startsWith("$")) {
            return provided.allowed(route);
        }
        List<String> methods = new ArrayList<>();
        INTERACTIONS.getOrDefault(route.kind(), Map.of()).forEach((method, interaction) -> {
            if (offered(interaction) || written.of(method, route) != null) {
                methods.add(method);
            }
        });
        if (route.name().startsWith("$")) {
            methods.addAll(operations.methods(route));
        }
        if (route.kind() == Route.Kind.METADATA) {
            methods.add("GET");
        }
        if (methods.contains("GET")) {
            methods.add("HEAD");
        }
        methods.add("OPTIONS");
        return String.join(", ", methods);
    }

    /** FHIR's name of the interaction that a method and a route mean, offered or not. */
    static String meant(String method, Route route) {
        if (route.name().startsWith("$")) {
            return route.name();
        }
        if (route.kind() == Route.Kind.METADATA) {
            return "capabilities";
        }
        RestInteraction interaction = INTERACTIONS.getOrDefault(route.kind(), Map.of()).get(method);
        return interaction == null ? UNKNOWN : interaction.code();
    }

    /** What is counted: of operations those that this base has, since callers could make up any number of names. */
    CallName name(String method, Route route) {
        return name(route.name().startsWith("$") && !operations.have(route.name()) ? UNKNOWN : meant(method, route));
    }

    /** @param operation one of the few that there are */
    CallName name(String operation) {
        return names.computeIfAbsent(operation, it -> new CallName(base.name(), it));
    }

    private FhirException notAllowed(String allowed) {
        return new FhirException(Problem.METHOD_NOT_ALLOWED, "this method is not offered here; these are: " + allowed).with("Allow", allowed);
    }

    Answer dispatch(Call call, FhirRequest request) {
        Route route = request.route();
        if (provided.has(route.type()) && !route.name().startsWith("$")) {
            return provided.answer(call, request);
        }
        TypeWriter writer = written.of(request.method(), route);
        if (writer != null) {
            return writes.handOver(call, request, writer);
        }
        return switch (route.kind()) {
            case SYSTEM -> request.method().equals("POST") ? bundles.run(call, request, this) : search(call, call.view(), request);
            case SYSTEM_HISTORY, TYPE_HISTORY, INSTANCE_HISTORY -> histories.history(call, request);
            case TYPE -> ofType(call, request);
            case INSTANCE -> ofInstance(call, request);
            case VERSION -> version(call, call.view(), request);
            case SYSTEM_OPERATION, TYPE_OPERATION, INSTANCE_OPERATION -> operations.invoke(call, request);
            case TYPE_SEARCH, SYSTEM_SEARCH, COMPARTMENT, COMPARTMENT_SEARCH -> search(call, call.view(), request);
            case METADATA -> throw new IllegalStateException("metadata needs no grant");
        };
    }

    private Answer ofType(Call call, FhirRequest request) {
        return switch (request.method()) {
            case "POST" -> writes.create(call, request);
            case "PUT" -> writes.updateMatching(call, request);
            case "PATCH" -> writes.patchMatching(call, request);
            case "DELETE" -> writes.deleteMatching(call, request);
            default -> search(call, call.view(), request);
        };
    }

    private Answer ofInstance(Call call, FhirRequest request) {
        return switch (request.method()) {
            case "PUT" -> writes.update(call, request);
            case "PATCH" -> writes.patch(call, request);
            case "DELETE" -> writes.delete(call, request);
            default -> read(call, call.view(), request);
        };
    }

    private Answer read(Call call, RecordReader records, FhirRequest request) {
        return defined.read(request.route()).orElseGet(() -> operations.subset(Reads.read(call, records, request.route(), request.conditions()), request));
    }

    private Answer version(Call call, RecordReader records, FhirRequest request) {
        return operations.subset(Reads.version(call, records, request.route(), request.conditions()), request);
    }

    /** The GET of a transaction's entry, which sees what the transaction has written. */
    Answer get(Call call, RecordReader written, FhirRequest request) {
        Route route = request.route();
        if (provided.has(route.type()) && !route.name().startsWith("$")) {
            return provided.answer(call, request);
        }
        return switch (route.kind()) {
            case INSTANCE -> read(call, written, request);
            case VERSION -> version(call, written, request);
            case TYPE, SYSTEM, COMPARTMENT -> search(call, written, request);
            default -> throw new FhirException(Problem.BAD_BUNDLE, "a transaction reads and searches only: ask for histories and operations by themselves or in a batch");
        };
    }

    private Answer search(Call call, RecordReader records, FhirRequest request) {
        return searches.search(call, records, scope(request), request);
    }

    private Scope scope(FhirRequest request) {
        Route route = request.route();
        switch (route.kind()) {
            case TYPE, TYPE_SEARCH -> {
                return new Scope(List.of(route.type()), route.type(), null);
            }
            case COMPARTMENT, COMPARTMENT_SEARCH -> {
                return compartment(route, request);
            }
            default -> {
                return new Scope(types(request, searchedTypes), "", null);
            }
        }
    }

    private Scope compartment(Route route, FhirRequest request) {
        String path = route.type() + "/" + route.id() + "/" + route.name();
        if (!route.name().equals("*")) {
            return new Scope(List.of(route.name()), path, compartments.criterion(route.type(), route.id(), route.name()));
        }
        Criterion.InCompartment criterion = compartments.criterion(route.type(), route.id());
        return new Scope(types(request, compartments.types(route.type()).stream().filter(base::offersType).toList()), path, criterion);
    }

    private List<String> types(FhirRequest request, List<String> all) {
        Set<String> asked = Everything.list(request.parameter("_type"));
        asked.forEach(this::checkType);
        asked.stream().filter(provided::has).findFirst().ifPresent(type -> {
            throw new FhirException(Problem.UNSUPPORTED_PARAMETER, type + " is not searched together with other types: search it as [base]/" + type);
        });
        return asked.isEmpty() ? all : List.copyOf(asked);
    }
}
