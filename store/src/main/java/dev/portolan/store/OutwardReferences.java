package dev.portolan.store;

import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.SearchParameter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What the rows of a record refer to, by its hashes, and which of it may lead to nobody's resources. */
final class OutwardReferences {

    private final ReferenceHashes hashes;
    private final Map<Short, LongList> byType = new HashMap<>();
    private final LongSet known = new LongSet();
    /** Candidates, and at the same places the references that they were made from, to learn which candidate was the right one. Most of who asks never learns, so it is noted without a box for each. */
    private final LongList guesses = new LongList(64);
    private final LongList guessedFrom = new LongList(64);
    /** The same for whoever does learn. */
    private @Nullable Map<Long, Long> madeFrom;

    OutwardReferences(ReferenceHashes hashes) {
        this.hashes = hashes;
    }

    /** @param type of what refers */
    void add(short type, long self, long[] refs) {
        known.add(self);
        LongList list = byType.computeIfAbsent(type, t -> new LongList(256));
        for (long ref : refs) {
            list.add(ref);
        }
    }

    /** Hashes that may be the {@code self} of something outside of the rows added, sorted. */
    long[] outside() {
        LongList candidates = new LongList(256);
        madeFrom = null;
        byType.forEach((type, list) -> {
            ReferenceHashes.Added added = hashes.of(type);
            for (long ref : list.toSortedSet()) {
                boolean inside = false;
                for (int i = 0; i < added.all().length && !inside; i++) {
                    inside = known.contains(ref ^ added.all()[i]);
                }
                Long settled = inside ? null : hashes.settled(ref);
                if (settled != null) {
                    candidates.add(settled);
                    continue;
                }
                for (int i = 0; i < added.outward().length && !inside; i++) {
                    candidates.add(ref ^ added.outward()[i]);
                    guesses.add(ref ^ added.outward()[i]);
                    guessedFrom.add(ref);
                }
            }
        });
        return candidates.toSortedSet();
    }

    /** One of the candidates is there. */
    void found(long self) {
        if (madeFrom == null) {
            madeFrom = new HashMap<>(2 * guesses.size());
            for (int i = 0; i < guesses.size(); i++) {
                madeFrom.put(guesses.get(i), guessedFrom.get(i));
            }
        }
        Long from = madeFrom.get(self);
        if (from != null) {
            hashes.settle(from, self);
        }
    }

    /** What reference parameters add to their targets' hashes, by type; remembered. Safe for use by many threads. */
    static final class ReferenceHashes {

        /** A plan's records refer to few thousands of practitioners, organizations and places again and again. */
        private static final int MOST_SETTLED = 50_000;

        private final StoreContext context;
        private final Map<Short, Added> byType = new ConcurrentHashMap<>();
        private final Map<Long, Long> settled = new ConcurrentHashMap<>();

        ReferenceHashes(StoreContext context) {
            this.context = context;
        }

        /**
         * @param all of every parameter: what one of them explains by a row of the record is settled
         * @param outward of those that may point to nobody's resources
         */
        record Added(long[] all, long[] outward) {}

        /** What a reference leads to, if it was found once; whether that is there now and may be read is still to be asked. */
        @Nullable Long settled(long ref) {
            return settled.get(ref);
        }

        void settle(long ref, long self) {
            if (settled.size() >= MOST_SETTLED) {
                settled.clear();
            }
            settled.put(ref, self);
        }

        Added of(short type) {
            return byType.computeIfAbsent(type, this::find);
        }

        private Added find(short type) {
            List<SearchParameter> parameters = context.definitions().of(context.names().typeName(type)).stream().filter(parameter -> parameter.type() == ParameterType.REFERENCE).toList();
            List<SearchParameter> outward = parameters.stream()
                .filter(parameter -> parameter.targets().isEmpty() || parameter.targets().stream().anyMatch(target -> !context.homes().compartmentTypes().contains(target))).toList();
            return new Added(hashes(type, parameters), hashes(type, outward));
        }

        private long[] hashes(short type, List<SearchParameter> parameters) {
            return parameters.stream().mapToLong(parameter -> context.hash().reference(type, context.names().parameter(parameter.code()))).toArray();
        }
    }
}
