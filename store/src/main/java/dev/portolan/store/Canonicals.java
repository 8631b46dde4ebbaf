package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchValue;
import dev.portolan.fhir.search.SearchValueExtractor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * References by canonical URL (R4 references, section 2.3.0.2), as a response's to its questionnaire. A row holds the hash of the URL and not of what it names, so the resource itself is read:
 * only for parameters that lead to nothing but definitions.
 */
final class Canonicals {

    private static final String URL = "url";

    private final StoreContext context;
    private final SearchValueExtractor extractor;

    /** @param version null: any */
    record Name(String url, @Nullable String version) {

        boolean names(Name definition) {
            return url.equals(definition.url) && (version == null || version.equals(definition.version));
        }
    }

    Canonicals(StoreContext context, SearchValueExtractor extractor) {
        this.context = context;
        this.extractor = extractor;
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
        extractor.extract(JsonDocument.parse(hit.resource().content().json()), by, (parameter, value) -> {
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

    /** The hash under which value rows lead to definitions of that URL. */
    long hash(String type, String url) {
        return context.hash().uri(context.names().type(type), context.names().parameter(URL), url);
    }
}
