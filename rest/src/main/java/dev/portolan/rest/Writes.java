package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordReader;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.SearchPage;
import dev.portolan.store.SearchRequest;
import dev.portolan.store.WriteTransaction;
import dev.portolan.store.WriteTransaction.Written;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The writing interactions inside of a transaction of the store (R4 http, sections 3.1.0.4 to 3.1.0.8). */
final class Writes {

    /** How often a resource is looked for that others change meanwhile. */
    private static final int MOST_LOOKS = 8;

    private final FhirServices services;

    Writes(FhirServices services) {
        this.services = services;
    }

    /** What a conditional interaction goes by: {@code Patient?identifier=x}. */
    record Condition(String type, List<RawParameter> parameters) {

        static Condition of(String type, String query) {
            String bare = query.startsWith("?") ? query.substring(1) : query;
            int mark = bare.indexOf('?');
            // If-None-Exist holds the query alone (R4 http, section 3.1.0.8.1), but some send the type with it.
            if (mark >= 0 && bare.substring(0, mark).equals(type)) {
                bare = bare.substring(mark + 1);
            }
            return new Condition(type, UrlParameters.decode(bare));
        }

        /** The same for the same parameters in whatever order. */
        String key() {
            return type + "?" + UrlParameters.encode(parameters.stream().sorted(Comparator.comparing(RawParameter::name).thenComparing(RawParameter::value)).toList());
        }
    }

    /** The version that fulfilled a condition when it was looked for. */
    record Match(ResourceKey key, long version) {}

    /**
     * The one resource that fulfils a condition, locked as it is then; null if there is none. It may have become another, or gone, between the search and the lock: then it is looked for again, as what a
     * condition does not select any more must not be changed by it.
     */
    @Nullable ResourceKey matchAndLock(Call call, WriteTransaction tx, Condition condition) {
        for (int i = 0; i < MOST_LOOKS; i++) {
            Match match = match(call, tx, condition);
            if (match == null) {
                return null;
            }
            if (stands(match, tx.lock(List.of(match.key())).get(match.key()))) {
                return match.key();
            }
        }
        throw changedMeanwhile();
    }

    /** @param present locked; as absent stands what may be searched and neither read nor written: whoever writes it is refused for that */
    static boolean stands(Match match, @Nullable ReadResult present) {
        return present instanceof ReadResult.Absent || present instanceof ReadResult.Found found && found.resource().version() == match.version();
    }

    static FhirException changedMeanwhile() {
        return new FhirException(Problem.CONFLICT, "the resource that matches the condition was changed at the same time: send the request again");
    }

    /** The one resource that fulfils a condition, or null; 412 if there are several. */
    @Nullable Match match(Call call, RecordReader records, Condition condition) {
        SearchQuery query = services.searchParser().parse(List.of(condition.type()), condition.parameters(), call.ownBases(), true);
        if (query.criteria().isEmpty()) {
            throw new FhirException(Problem.MISSING_PARAMETER, "a conditional interaction needs at least one search parameter that selects resources");
        }
        if (saysWhatIsShown(query)) {
            throw new FhirException(Problem.BAD_PARAMETER, "a condition only selects: leave out _count, _total, _sort, _summary, _elements, _include and _revinclude");
        }
        List<SearchPage.Entry> matches = records.search(new SearchRequest(query, null, 2)).entries().stream()
            .filter(entry -> entry.mode() == SearchPage.Mode.MATCH).toList();
        if (matches.size() > 1) {
            throw new FhirException(Problem.MULTIPLE_MATCHES, "several resources of type " + condition.type() + " match the condition: make it select one, for instance by an identifier");
        }
        return matches.isEmpty() ? null : new Match(matches.get(0).resource().key(), matches.get(0).resource().version());
    }

    private static boolean saysWhatIsShown(SearchQuery query) {
        return query.count().isPresent() || query.total() != SearchQuery.Total.NONE || !query.sort().isEmpty() || query.summary() != SearchQuery.Summary.FALSE || !query.elements().isEmpty() || !query.inclusions().isEmpty();
    }

    Written create(WriteTransaction tx, String type, JsonDocument body) {
        return tx.put(new ResourceKey(type, tx.newId()), body);
    }

    /** @return null if nothing was created because {@code condition} names a resource that is there: see {@link #match} */
    Written createUnlessThere(Call call, WriteTransaction tx, Condition condition, JsonDocument body) {
        tx.serialize(List.of(condition.key()));
        Match there = match(call, tx, condition);
        return there == null ? create(tx, condition.type(), body) : unchanged(tx, there.key());
    }

    static Written unchanged(WriteTransaction tx, ResourceKey key) {
        if (tx.read(key) instanceof ReadResult.Found found) {
            return new Written(found.resource(), Written.Outcome.UNCHANGED);
        }
        throw new FhirException(Problem.CONFLICT, "the matching resource was deleted at the same time: send the request again");
    }

    Written update(WriteTransaction tx, ResourceKey key, JsonDocument body, Preconditions conditions) {
        ReadResult present = tx.lock(List.of(key)).get(key);
        conditions.check(present);
        return tx.put(key, body);
    }

    /** R4 http, section 3.1.0.4.3. */
    Written updateMatching(Call call, WriteTransaction tx, Condition condition, @Nullable String bodyId, JsonDocument body, Preconditions conditions) {
        tx.serialize(List.of(condition.key()));
        ResourceKey there = matchAndLock(call, tx, condition);
        if (there == null) {
            // A new id: what If-Match names is not there either (RFC 9110, section 13.1.1).
            ResourceKey made = new ResourceKey(condition.type(), bodyId == null ? tx.newId() : bodyId);
            if (bodyId != null) {
                requireNew(tx.lock(List.of(made)).get(made));
            }
            return update(tx, made, body, conditions);
        }
        if (bodyId != null && !bodyId.equals(there.id())) {
            throw new FhirException(Problem.ID_MISMATCH, "the resource that matches the condition has another id than the body: leave the id out of the body");
        }
        return update(tx, there, body, conditions);
    }

    /** "No matches, id provided: the server treats the interaction as an update as create" (R4 http, section 3.1.0.4.3): what is there already fulfils no condition and must not be written over. */
    static void requireNew(@Nullable ReadResult present) {
        if (present instanceof ReadResult.Found) {
            throw new FhirException(Problem.CONFLICT, "nothing matches the condition, but there is a resource with the body's id: leave the id out to create another, or update that one by its id");
        }
    }

    Written delete(WriteTransaction tx, ResourceKey key, Preconditions conditions) {
        ReadResult present = tx.lock(List.of(key)).get(key);
        conditions.check(present);
        return tx.delete(key);
    }

    /** @return null if nothing matches: that is an ordinary delete of nothing (R4 http, section 3.1.0.7.1) */
    @Nullable Written deleteMatching(Call call, WriteTransaction tx, Condition condition, Preconditions conditions) {
        tx.serialize(List.of(condition.key()));
        ResourceKey there = matchAndLock(call, tx, condition);
        return there == null ? null : delete(tx, there, conditions);
    }
}
