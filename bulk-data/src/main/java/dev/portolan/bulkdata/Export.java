package dev.portolan.bulkdata;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An export as it was asked for and as far as it is.
 *
 * @param baseUrl the base as the client saw it: files and references are below it
 * @param panel whom it is for, beside what the grant reaches; null for all of those
 * @param transactionTime the instant whose state it holds; null until it has begun
 * @param failure why it failed, for the client
 */
record Export(
    String id, String baseUrl, ExportAuthority.Caller caller, Order order, @Nullable String panel, State state, @Nullable Instant transactionTime, Instant created, @Nullable Instant expires,
    @Nullable Instant lastPolled, @Nullable String failure) {

    enum State {
        QUEUED,
        RUNNING,
        COMPLETE,
        FAILED
    }

    /**
     * What was asked for.
     *
     * @param groupId null unless the level is a group's
     * @param types never empty
     * @param filters {@code Type?query}
     * @param elements for all types, or with {@code Type.} before them; empty for whole resources
     * @param provenance which of the Provenance resources, if that is one of the types
     * @param ignored what was passed over, for the error file
     */
    record Order(
        ExportPolicy.Place level, @Nullable String groupId, String requestUrl, Set<String> types, List<String> filters, List<String> elements, @Nullable Instant since, @Nullable Instant until,
        AssociatedProvenance.Wanted provenance, List<String> ignored) {

        Order ignoring(List<String> more) {
            List<String> all = new ArrayList<>(ignored);
            all.addAll(more);
            return new Order(level, groupId, requestUrl, types, filters, elements, since, until, provenance, all);
        }
    }

    /** Some of the members, or what is nobody's. */
    record Part(int number, long after, long upTo, int members, boolean done) {

        /** The part with what is nobody's. */
        static final int SHARED = 0;
    }

    /** @param categories of the data in it, as the trail names them */
    record File(int part, String name, Kind kind, String type, long lines, long bytes, List<String> members, List<String> categories) {

        enum Kind {
            OUTPUT,
            DELETED,
            ERROR
        }
    }

    /** How far it is. */
    record Progress(int parts, int done, long members, long membersDone, long resources) {}

    /**
     * What is left out of it beside what its types and filters leave out, in words that are the same where the same is: fields, Provenance, what scopes with conditions do not reach. Empty for nothing. That
     * it begins with a {@code _since} is not among it.
     */
    String narrowed() {
        List<String> all = new ArrayList<>();
        caller.scopes().stream().filter(scope -> scope.contains("?")).sorted().forEach(all::add);
        order.elements().stream().sorted().forEach(element -> all.add("_elements=" + element));
        if (order.provenance() != AssociatedProvenance.Wanted.UNASKED) {
            all.add("includeAssociatedData=" + order.provenance());
        }
        return String.join(" ", all);
    }

    boolean ended() {
        return state == State.COMPLETE || state == State.FAILED;
    }
}
