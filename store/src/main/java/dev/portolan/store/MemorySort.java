package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.InvalidSearchException;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchQuery;
import dev.portolan.fhir.search.SearchValue;
import dev.portolan.fhir.search.SearchValueExtractor;
import dev.portolan.fhir.search.SortKey;
import dev.portolan.fhir.search.StringNormalization;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Orders that no column gives: several keys, strings, codes, numbers. All matches are read and ordered anew for each page, so there is a bound. A page goes on after the place that the last
 * resource of the one before had when it was shown, whatever became of that resource since.
 */
final class MemorySort {

    /** Of its own, so that a place in this order is never read as one in a column's. */
    static final String KIND = "sorted search";
    private static final int MAX_SORTED = 20_000;

    private final SearchRun run;
    private final SearchValueExtractor extractor;
    private final List<SortKey> keys;

    /** Where a resource stands: by the values of the keys, then by member and rid, so that no two stand at the same place. */
    private record Rank(@Nullable Comparable<?>[] values, long member, long rid) {}

    private record Sorted(Hit hit, Rank rank) {}

    MemorySort(SearchRun run, SearchValueExtractor extractor, List<SortKey> keys) {
        this.run = run;
        this.extractor = extractor;
        this.keys = keys;
    }

    List<SearchRun.Match> page(List<TypePlan> plans, SignedCursors.@Nullable Cursor cursor, int wanted) throws SQLException {
        Rank last = cursor == null ? null : lastShown(cursor);
        List<Sorted> all = new ArrayList<>();
        for (TypePlan plan : plans) {
            for (SearchRun.Match match : run.matches(plan, RowOrder.DEFAULT, null, MAX_SORTED + 1 - all.size(), true)) {
                Hit hit = match.hit();
                all.add(new Sorted(hit, new Rank(values(hit.resource()), hit.member(), hit.rid())));
            }
            if (all.size() > MAX_SORTED) {
                throw new SearchTooCostlyException("More than " + MAX_SORTED + " resources match, too many for this _sort. Narrow the search, or sort by date, _lastUpdated or _id alone.");
            }
        }
        Comparator<Rank> order = order();
        return all.stream().filter(sorted -> last == null || order.compare(sorted.rank(), last) > 0).sorted(Comparator.comparing(Sorted::rank, order)).limit(wanted)
            .map(sorted -> new SearchRun.Match(sorted.hit(), RowOrder.DEFAULT.placeOf(sorted.hit(), 0))).toList();
    }

    /**
     * Names the version that was shown last, and none of its values: links are logged on their way, and values are the member's data. A version also stays what it was when the resource is changed
     * or deleted.
     */
    SignedCursors.Cursor cursor(SearchQuery query, int pageSize, Hit last) {
        ResourceKey key = last.resource().key();
        long[] position = {run.context().names().type(key.type()), last.resource().version(), last.member(), last.rid()};
        return new SignedCursors.Cursor(KIND, query.types(), query.applied(), pageSize, position, key.id());
    }

    /**
     * The version is read without the grant's predicate, since it may be the grant's no longer: only its keys are taken, to begin the page after them, and nothing of it is given. That the caller was
     * shown it is what the cursor's signature says.
     */
    private Rank lastShown(SignedCursors.Cursor cursor) throws SQLException {
        long[] position = cursor.position();
        short type = (short) position[0];
        long self = run.context().hash().self(type, cursor.mark());
        Sql sql = new Sql();
        for (String table : List.of("SELECT " + StoredRows.COLUMNS + " FROM store.resource r", " UNION ALL SELECT " + StoredRows.COLUMNS + " FROM store.history r")) {
            sql.add(table).add(" WHERE r.self = ").bind(self).add(" AND r.version = ").bind(position[1]).add(" AND r.id = ").bind(cursor.mark()).add(" AND r.type = ").bind(type)
                .add(" AND r.content IS NOT NULL");
        }
        List<StoredResource> shown = new ArrayList<>();
        run.query(sql, row -> shown.add(StoredRows.read(row, 1, run.context())));
        if (shown.isEmpty()) {
            throw new InvalidSearchException("page", "This page link can no longer be used: the version after which the page begins is gone. Start again from the first page.", false);
        }
        return new Rank(values(shown.get(0)), position[2], position[3]);
    }

    private @Nullable Comparable<?>[] values(StoredResource stored) {
        JsonDocument resource = null;
        Comparable<?>[] values = new Comparable<?>[keys.size()];
        for (int i = 0; i < values.length; i++) {
            String code = keys.get(i).parameter().code();
            if (code.equals("_id")) {
                values[i] = stored.key().id();
            } else if (code.equals("_lastUpdated")) {
                values[i] = stored.lastUpdated();
            } else {
                resource = resource == null ? JsonDocument.parse(stored.content().json()) : resource;
                values[i] = value(resource, stored.key().type(), keys.get(i));
            }
        }
        return values;
    }

    /** The least of several values going up, the greatest going down; null if there is none. */
    private @Nullable Comparable<?> value(JsonDocument resource, String type, SortKey key) {
        SearchParameter parameter = run.context().definitions().find(type, key.parameter().code()).orElse(key.parameter());
        List<Comparable<?>> values = new ArrayList<>();
        extractor.extract(resource, parameter, (of, value) -> {
            Comparable<?> comparable = comparable(value);
            if (comparable != null) {
                values.add(comparable);
            }
        });
        Comparator<Comparable<?>> order = MemorySort::compare;
        return values.stream().min(key.descending() ? order.reversed() : order).orElse(null);
    }

    private static @Nullable Comparable<?> comparable(SearchValue value) {
        if (value instanceof SearchValue.Date date) {
            return date.low();
        } else if (value instanceof SearchValue.Text text) {
            return StringNormalization.normalize(text.value());
        } else if (value instanceof SearchValue.Token token) {
            return token.code() == null ? token.text() : (token.system() == null ? "" : token.system()) + "|" + token.code();
        } else if (value instanceof SearchValue.Number number) {
            return number.value();
        } else if (value instanceof SearchValue.Quantity quantity) {
            BigDecimal least = quantity.value() != null ? quantity.value() : quantity.low();
            return least != null ? least : quantity.high();
        } else if (value instanceof SearchValue.Reference reference) {
            return reference.id() != null ? reference.type() + "/" + reference.id() : reference.url();
        } else if (value instanceof SearchValue.Uri uri) {
            return uri.value();
        }
        return null;
    }

    /** Values of one parameter are of one kind; of different kinds only for choice types, which then stand by kind. */
    @SuppressWarnings("unchecked")
    private static int compare(Comparable<?> a, Comparable<?> b) {
        return a.getClass() == b.getClass() ? ((Comparable<Object>) a).compareTo(b) : a.getClass().getName().compareTo(b.getClass().getName());
    }

    /** What has no value stands last in both directions. */
    private Comparator<Rank> order() {
        Comparator<Rank> order = (a, b) -> 0;
        for (int i = 0; i < keys.size(); i++) {
            int at = i;
            Comparator<Comparable<?>> values = MemorySort::compare;
            Comparator<Comparable<?>> directed = Comparator.nullsLast(keys.get(i).descending() ? values.reversed() : values);
            order = order.thenComparing((a, b) -> directed.compare(a.values()[at], b.values()[at]));
        }
        return order.thenComparingLong(Rank::member).thenComparingLong(Rank::rid);
    }
}
