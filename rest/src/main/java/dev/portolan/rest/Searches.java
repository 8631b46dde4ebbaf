package dev.portolan.rest;

import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.fhir.search.SearchQuery.Summary;
import dev.portolan.rest.Answer.Access;
import dev.portolan.store.PageCursors;
import dev.portolan.store.RecordReader;
import dev.portolan.store.SearchPage;
import dev.portolan.store.SearchRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Searches of a type, of several types and of a compartment (R4 search). */
final class Searches {

    /** The parameter of a next link that holds the place where to go on. */
    static final String PAGE = "_page";
    /** Most characters of a next link: with the request's headers it must stay below what the HTTP server takes, 32 KB. */
    static final int LONGEST_LINK = 24_000;

    private final FhirServices services;
    private final Subsetter subsetter;
    private final BufferPool buffers;

    Searches(FhirServices services, Subsetter subsetter, BufferPool buffers) {
        this.services = services;
        this.subsetter = subsetter;
        this.buffers = buffers;
    }

    /**
     * @param path what stands between base and query in the links
     * @param compartment for a compartment search, or null
     */
    record Scope(List<String> types, String path, Criterion.@Nullable InCompartment compartment) {

        /** The scope of a page's search: its link says only where it stands, so the types that were asked for come from the link's cursor. */
        Scope ofPage(List<String> searched) {
            boolean some = types.size() > 1 && !searched.isEmpty() && types.containsAll(searched);
            if (!some && !searched.equals(types)) {
                throw new FhirException(Problem.BAD_PARAMETER, "this page link is of another search: use the next link as it was given");
            }
            return new Scope(searched, path, compartment);
        }
    }

    Answer search(Call call, RecordReader records, Scope asked, FhirRequest request) {
        String cursor = request.parameter(PAGE);
        if (cursor == null) {
            return search(call, records, asked, request, request.parameters(), -1);
        }
        PageCursors.Opened opened = services.cursors().open(cursor, call.view().grant());
        return search(call, records, asked.ofPage(opened.types()), request, opened.parameters(), opened.pageSize());
    }

    /** @param size of the page, if its link says it; else -1 */
    private Answer search(Call call, RecordReader records, Scope scope, FhirRequest request, List<RawParameter> parameters, int size) {
        String cursor = request.parameter(PAGE);
        SearchQuery query = query(call, scope, parameters);
        int pageSize = size >= 0 ? size : query.summary() == Summary.COUNT ? 0 : Math.min(query.count().orElse(call.base().limits().defaultCount()), call.base().limits().maxCount());
        SearchRequest asked = new SearchRequest(query, cursor, pageSize);
        SearchPage page = records.search(asked);
        // What is held back of a search is counted with its first page.
        Disclosed disclosed = new Disclosed().withhold(cursor == null ? page.withheld().orElseGet(() -> call.view().withheld().ofSearch(asked)) : 0);
        return answer(call, scope, request, query, page, disclosed);
    }

    private SearchQuery query(Call call, Scope scope, List<RawParameter> parameters) {
        SearchQuery query = services.searchParser().parse(scope.types(), parameters, call.ownBases(), call.prefer().strict());
        List<Criterion> offered = new OfferedWays(call.base()).of(query.criteria());
        if (scope.compartment() == null && offered == query.criteria()) {
            return query;
        }
        List<Criterion> criteria = new ArrayList<>(offered);
        if (scope.compartment() != null) {
            criteria.add(scope.compartment());
        }
        return new SearchQuery(
            query.types(), criteria, query.inclusions(), query.sort(), query.count(), query.total(), query.summary(), query.elements(), query.applied(), query.ignored());
    }

    private Answer answer(Call call, Scope scope, FhirRequest request, SearchQuery query, SearchPage page, Disclosed disclosed) {
        String cursor = request.parameter(PAGE);
        call.room().accept(page.bytes());
        ByteBuilder buffer = buffers.take();
        BundleWriter bundle = new BundleWriter(buffer, call.url(), "searchset");
        page.total().ifPresent(bundle::total);
        String path = call.url() + (scope.path().isEmpty() ? "" : "/" + scope.path());
        bundle.link("self", link(path, cursor == null ? query.applied() : List.of(new RawParameter(PAGE, cursor)), request.presentation()));
        if (page.next() != null) {
            String next = link(path, List.of(new RawParameter(PAGE, page.next())), request.presentation());
            if (next.length() > LONGEST_LINK) {
                throw new FhirException(Problem.BAD_PARAMETER, "this search is too long for a link to its next page: ask for fewer values at a time, or for more on a page with _count");
            }
            bundle.link("next", next);
        }
        for (SearchPage.Entry entry : page.entries()) {
            boolean match = entry.mode() == SearchPage.Mode.MATCH;
            byte[] json = subsetter.apply(entry.resource(), query.summary(), match ? query.elements() : ofType(entry.resource().key().type(), query.elements()));
            bundle.found(entry.resource(), json, match);
            disclosed.add(entry.resource(), json);
        }
        if (!query.ignored().isEmpty() && cursor == null) {
            bundle.outcome(Outcomes.ignored(query.ignored().stream().map(each -> new Outcomes.Ignored(each.parameter().name(), each.reason())).toList()));
        }
        bundle.end();
        return Answer.pooled(buffer, access(scope, query, disclosed));
    }

    /** "The list of elements does not apply to included resources" (R4 search, section 3.1.1.5.8): only what names their type does. */
    private static Set<String> ofType(String type, Set<String> elements) {
        return elements.stream().filter(element -> element.startsWith(type + ".")).collect(Collectors.toSet());
    }

    private static String link(String path, List<RawParameter> parameters, List<RawParameter> presentation) {
        List<RawParameter> all = new ArrayList<>(parameters);
        all.addAll(presentation);
        return all.isEmpty() ? path : path + "?" + UrlParameters.encode(all);
    }

    private static Access access(Scope scope, SearchQuery query, Disclosed disclosed) {
        TreeSet<String> names = new TreeSet<>();
        for (RawParameter parameter : query.applied()) {
            names.add(parameter.name());
        }
        Criterion.InCompartment compartment = scope.compartment();
        List<String> about = compartment != null && compartment.ownerType().equals("Patient") ? List.of(compartment.ownerId()) : AskedMembers.of(scope.types(), query.applied());
        // All of R4's types are no information.
        List<String> types = scope.types().size() > 20 ? List.of() : scope.types();
        return new Access(scope.types().size() == 1 ? "search-type" : "search-system", types, null, about, String.join(",", names), disclosed);
    }
}
