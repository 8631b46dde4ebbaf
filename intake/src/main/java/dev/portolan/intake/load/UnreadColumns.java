package dev.portolan.intake.load;

import java.util.List;
import java.util.Optional;

/** Columns of a file of which no part of its feed makes anything: mostly something that is not meant, but one that is written otherwise than in the mapping is lost, and whoever loads has to hear of it. */
final class UnreadColumns {

    private static final int MOST_NAMED = 30;
    private static final int MOST_NAME = 60;

    private UnreadColumns() {}

    /** A note for the report, if there are any. Nothing is named if no column is known: then the first line may be no header, but a member's row. */
    static Optional<String> note(Feed feed, List<String> columns) {
        List<String> unread = columns.stream().filter(column -> !column.isBlank() && feed.parts().stream().noneMatch(part -> part.mapper().reads(column))).toList();
        if (unread.isEmpty() || unread.size() == columns.size()) {
            return Optional.empty();
        }
        List<String> named = unread.stream().limit(MOST_NAMED).map(column -> column.strip().substring(0, Math.min(MOST_NAME, column.strip().length())).replace('\0', '\uFFFD')).toList();
        return Optional.of("nothing is made of " + unread.size() + " of its " + columns.size() + " columns: " + String.join(", ", named) + (unread.size() > MOST_NAMED ? ", ..." : ""));
    }
}
