package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * References by canonical URL (R4 references, section 2.3.0.2), as a response's to its questionnaire. A row holds the hash of the URL and not of what it names, so the resource itself is read:
 * only for parameters that lead to nothing but definitions.
 */
final class Canonicals {

    private static final String URL = "url";

    private final StoreContext context;

    /** @param version null: any */
    record Name(String url, @Nullable String version) {

        boolean names(Name definition) {
            return url.equals(definition.url) && (version == null || version.equals(definition.version));
        }
    }

    Canonicals(StoreContext context) {
        this.context = context;
    }

    /** True if all that the parameter may refer to is found by its URL. */
    boolean mayStandIn(SearchParameter by) {
        return !by.targets().isEmpty() && by.targets().stream().allMatch(this::isDefinition);
    }

    private boolean isDefinition(String type) {
        return context.homes().isShared(type) && context.definitions().find(type, URL).filter(url -> url.type() == ParameterType.URI).isPresent();
    }

    /** The canonicals that a resource holds for the parameter. */
    List<Name> heldBy(Hit hit, SearchParameter by) {
        List<Name> names = new ArrayList<>();
        context.extractor().extract(JsonDocument.parse(hit.resource().content().json()), by, (parameter, value) -> {
            if (value instanceof SearchValue.Reference reference && reference.id() == null && reference.url() != null) {
                names.add(new Name(reference.url(), reference.version()));
            }
        });
        return names;
    }

    /** What a definition calls itself, or null. */
    @Nullable Name of(Hit definition) {
        if (!isDefinition(definition.resource().key().type())) {
            return null;
        }
        JsonDocument resource = JsonDocument.parse(definition.resource().content().json());
        String url = resource.root().fieldText(URL);
        return url == null ? null : new Name(url, resource.root().fieldText("version"));
    }

    /** Of definitions with the URLs those that are named: every version if a name asks for none. */
    List<Hit> named(List<Hit> definitions, Set<Name> names) {
        return definitions.stream().filter(definition -> {
            Name own = of(definition);
            return own != null && (names.contains(own) || names.contains(new Name(own.url(), null)));
        }).toList();
    }

    /** The rows of definitions with these URLs, of any version, that the grant lets be seen so. */
    TypePlan withUrls(Set<Name> names, Set<String> types, GrantPredicate grant, Interaction interaction) {
        LongList hashes = new LongList(8);
        types.forEach(type -> names.forEach(name -> hashes.add(context.hash().uri(context.names().type(type), context.names().parameter(URL), name.url()))));
        Sql sql = Sql.of(" AND r.type = ANY(").bind(grant.numbers(types)).add(") AND NOT r.deleted AND ").add(grant.rows(types, interaction));
        return new TypePlan("", new Driver.Tokens(hashes.toSortedSet()), sql, null, List.of(), null);
    }

    /** What the row of a resource holds that names a definition of that URL, in whatever version. */
    long reference(SearchParameter by, String url) {
        return context.hash().url(context.names().type(by.resourceType()), context.names().parameter(by.code()), url, null);
    }
}
