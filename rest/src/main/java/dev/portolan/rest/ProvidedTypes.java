package dev.portolan.rest;

import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.rest.Answer.Access;
import dev.portolan.store.Grant;
import dev.portolan.store.GrantRefusedException;
import dev.portolan.store.Interaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The types of a base that a {@link TypeProvider} answers instead of the store. */
final class ProvidedTypes {

    private static final Set<String> OF_ALL = Set.of("_id", "_count", "_page");

    private final Map<String, TypeProvider> byType = new TreeMap<>();
    private final BufferPool buffers;

    ProvidedTypes(List<TypeProvider> providers, BufferPool buffers) {
        providers.forEach(provider -> byType.put(provider.type(), provider));
        this.buffers = buffers;
    }

    boolean has(String type) {
        return byType.containsKey(type);
    }

    @Nullable TypeProvider of(String type) {
        return byType.get(type);
    }

    /** Whether a method on a route is a read or a search; else 405. */
    void check(String method, Route route) {
        boolean offered = switch (route.kind()) {
            case INSTANCE, TYPE -> method.equals("GET");
            case TYPE_SEARCH -> method.equals("GET") || method.equals("POST");
            default -> false;
        };
        if (!offered) {
            throw new FhirException(Problem.METHOD_NOT_ALLOWED, route.type() + " can be read and searched only").with("Allow", allowed(route));
        }
    }

    String allowed(Route route) {
        return switch (route.kind()) {
            case INSTANCE, TYPE -> "GET, HEAD, OPTIONS";
            case TYPE_SEARCH -> "GET, HEAD, POST, OPTIONS";
            default -> "OPTIONS";
        };
    }

    Answer answer(Call call, FhirRequest request) {
        Route route = request.route();
        TypeProvider provider = java.util.Objects.requireNonNull(byType.get(route.type()));
        return route.kind() == Route.Kind.INSTANCE ? read(call, provider, route.id()) : search(call, provider, request);
    }

    private static Answer read(Call call, TypeProvider provider, String id) {
        require(call.view().grant(), provider.type(), Interaction.READ);
        TypeProvider.Found found = provider.read(call.view().grant(), id);
        if (found == null) {
            throw new FhirException(Problem.NOT_FOUND, "there is no " + provider.type() + " with this id");
        }
        return Answer.json(200, found.json(), new Access("read", List.of(provider.type()), provider.type() + "/" + id, found.members(), null, new Disclosed().addProvided(provider.type(), found.json())));
    }

    private Answer search(Call call, TypeProvider provider, FhirRequest request) {
        Grant grant = call.view().grant();
        require(grant, provider.type(), Interaction.SEARCH);
        List<RawParameter> parameters = parameters(provider, request.parameters());
        String cursor = request.parameter(Searches.PAGE);
        boolean totalOnly = "0".equals(request.parameter("_count"));
        int count = totalOnly ? 0 : Histories.count(request.parameter("_count"), call.base().limits());
        TypeProvider.Page page = provider.search(grant, parameters, count, cursor);
        Disclosed disclosed = new Disclosed();
        ByteBuilder buffer = buffers.take();
        BundleWriter bundle = new BundleWriter(buffer, call.url(), "searchset");
        page.total().ifPresent(bundle::total);
        String path = call.url() + "/" + provider.type();
        bundle.link("self", Histories.link(path, request, cursor));
        if (page.next() != null) {
            bundle.link("next", Histories.link(path, request, page.next()));
        }
        TreeSet<String> about = new TreeSet<>(AskedMembers.of(List.of(provider.type()), parameters));
        for (TypeProvider.Found found : page.found()) {
            bundle.found(provider.type(), found.id(), found.json());
            disclosed.addProvided(provider.type(), found.json());
            about.addAll(found.members());
        }
        bundle.end();
        TreeSet<String> names = new TreeSet<>();
        parameters.forEach(parameter -> names.add(parameter.name()));
        return Answer.pooled(buffer, new Access("search-type", List.of(provider.type()), null, List.copyOf(about), String.join(",", names), disclosed));
    }

    /** What is not known is refused and not passed over: who searches a log must not take everything for the answer. */
    private static List<RawParameter> parameters(TypeProvider provider, List<RawParameter> all) {
        List<RawParameter> known = new ArrayList<>();
        for (RawParameter parameter : all) {
            String code = parameter.name().split(":", 2)[0];
            if (!OF_ALL.contains(code) && !provider.parameters().contains(code)) {
                throw new FhirException(Problem.UNSUPPORTED_PARAMETER, provider.type() + " is not searched by " + code + " here, but by _id, _count, " + String.join(", ", provider.parameters()));
            }
            if (!code.equals("_count") && !code.equals("_page")) {
                known.add(parameter);
            }
        }
        return known;
    }

    /** A granular scope is decided by rows, and there are none here: it would give everything. */
    private static void require(Grant grant, String type, Interaction interaction) {
        if (!grant.allowsEvery(type, interaction)) {
            throw new GrantRefusedException("This access does not include " + type + ".");
        }
    }
}
