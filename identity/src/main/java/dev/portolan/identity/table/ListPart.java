package dev.portolan.identity.table;

import java.util.List;
import java.util.function.BiFunction;

/**
 * The part of a long list that one page shows, for the frame's {@code pager}: three hundred lines in one page are nobody's to read.
 *
 * @param number of the part, from 1 on
 * @param parts how many there are, one at least
 * @param total rows of the whole list
 */
public record ListPart<T>(List<T> rows, int number, int parts, long total) {

    /** @param wanted the part that was asked for; for one that there is not, the nearest that there is */
    public static <T> ListPart<T> of(List<T> all, int wanted, int most) {
        return of(all.size(), wanted, most, (skip, rows) -> all.subList(skip, Math.min(all.size(), skip + rows)));
    }

    /** @param from gives rows: after so many, so many at most */
    public static <T> ListPart<T> of(long total, int wanted, int most, BiFunction<Integer, Integer, List<T>> from) {
        int parts = (int) Math.max(1, (total + most - 1) / most);
        int number = Math.max(1, Math.min(wanted, parts));
        return new ListPart<>(List.copyOf(from.apply((number - 1) * most, most)), number, parts, total);
    }
}
