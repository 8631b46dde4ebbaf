package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.search.SearchParameter;
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
 * Orders that no column gives: several keys, strings, codes, numbers. All matches are read and ordered anew for each page, so there is a bound. A page goes on after the last
 * resource of the one before; if that is gone, at its number.
 */
final class MemorySort {

    private static final int MAX_SORTED = 20_000;

    private final SearchRun run;
    private final SearchValueExtractor extractor;

    private record Sorted(Hit hit, @Nullable Comparable<?>[] keys) {}

    MemorySort(SearchRun run, SearchValueExtractor extractor) {
        this.run = run;
        this.extractor = extractor;
    }

    List<SearchRun.Match> page(List<TypePlan> plans, List<SortKey> keys, SignedCursors.@Nullable Cursor cursor, int wanted) throws SQLException {
        List<Sorted> all = new ArrayList<>();
        for (TypePlan plan : plans) {
            for (SearchRun.Match match : run.matches(plan, RowOrder.DEFAULT, null, MAX_SORTED + 1 - all.size(), true)) {
                all.add(sorted(match.hit(), keys));
            }
            if (all.size() > MAX_SORTED) {
                throw new SearchTooCostlyException("More than " + MAX_SORTED + " resources match, too many for this _sort. Narrow the search, or sort by date, _lastUpdated or _id alone.");
            }
        }
        all.sort(comparator(keys));
        int from = cursor == null ? 0 : start(all, cursor.position());
        List<SearchRun.Match> page = new ArrayList<>();
        for (int i = from; i < all.size() && page.size() < wanted; i++) {
            page.add(new SearchRun.Match(all.get(i).hit(), new RowOrder.Place(0, i, all.get(i).hit().rid(), "")));
        }
        return page;
    }

    /** @param position type, segment, number, rid of the last resource shown */
    private static int start(List<Sorted> all, long[] position) {
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).hit().rid() == position[3]) {
                return i + 1;
            }
        }
        return (int) position[2];
    }

    private Sorted sorted(Hit hit, List<SortKey> keys) {
        JsonDocument resource = null;
        Comparable<?>[] values = new Comparable<?>[keys.size()];
        for (int i = 0; i < values.length; i++) {
            String code = keys.get(i).parameter().code();
            if (code.equals("_id")) {
                values[i] = hit.resource().key().id();
            } else if (code.equals("_lastUpdated")) {
                values[i] = hit.resource().lastUpdated();
            } else {
                resource = resource == null ? JsonDocument.parse(hit.resource().content().json()) : resource;
                values[i] = key(resource, hit.resource().key().type(), keys.get(i));
            }
        }
        return new Sorted(hit, values);
    }

    /** The least of several values going up, the greatest going down; null if there is none. */
    private @Nullable Comparable<?> key(JsonDocument resource, String type, SortKey key) {
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

    /** What has no value stands last in both directions; equals stand by member and rid. */
    private static Comparator<Sorted> comparator(List<SortKey> keys) {
        Comparator<Sorted> order = (a, b) -> 0;
        for (int i = 0; i < keys.size(); i++) {
            int at = i;
            Comparator<Comparable<?>> values = MemorySort::compare;
            Comparator<Comparable<?>> directed = Comparator.nullsLast(keys.get(i).descending() ? values.reversed() : values);
            order = order.thenComparing((a, b) -> directed.compare(a.keys()[at], b.keys()[at]));
        }
        return order.thenComparingLong(sorted -> sorted.hit().member()).thenComparingLong(sorted -> sorted.hit().rid());
    }
}
