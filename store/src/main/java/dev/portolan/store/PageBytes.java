package dev.portolan.store;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/** What a page may come to as JSON: it is put together in memory, and many are at once. */
final class PageBytes {

    static final long MOST = 16 << 20;
    private static final long MOST_WITH_INCLUDED = 3 * MOST;

    private PageBytes() {}

    /** How many of these, from the first on, make a page; one at least, however large. */
    static <T> int fitting(List<T> rows, Function<T, StoredResource> resource) {
        long bytes = 0;
        for (int i = 0; i < rows.size(); i++) {
            bytes += size(resource.apply(rows.get(i)));
            if (bytes > MOST && i > 0) {
                return i;
            }
        }
        return rows.size();
    }

    private static int size(StoredResource resource) {
        return resource.content().size();
    }

    /** Has all that is on a page in memory, so that it can be written without the database. */
    static void keep(Collection<SearchPage.Entry> page) throws SQLException {
        for (SearchPage.Entry entry : page) {
            keep(entry.resource());
        }
    }

    static void keep(StoredResource resource) throws SQLException {
        ((StoredContent) resource.content()).keep();
    }

    /** A page is cut where it is full, and what is included cannot be: refused. */
    static void requireRoom(Collection<SearchPage.Entry> page) {
        long bytes = 0;
        for (SearchPage.Entry entry : page) {
            bytes += size(entry.resource());
        }
        if (bytes > MOST_WITH_INCLUDED) {
            throw new SearchTooCostlyException("The page would come to more than " + MOST_WITH_INCLUDED + " bytes with what is included. Ask for fewer matches on a page with _count, or for what is included by a search of its own.");
        }
    }
}
