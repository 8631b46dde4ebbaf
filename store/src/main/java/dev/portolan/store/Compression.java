package dev.portolan.store;

import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the dictionaries good: gathers samples, trains in the background, publishes, and encodes anew what was written before. */
final class Compression {

    private static final Logger LOG = LoggerFactory.getLogger(Compression.class);

    private final BackgroundWork background;
    private final boolean trains;
    private final Dictionaries dictionaries;
    private final ContentCodec codec;
    private final DictionarySamples samples;
    private final Recompression recompression;

    Compression(DataSource dataSource, BackgroundWork background, boolean trains) throws SQLException {
        this.background = background;
        this.trains = trains;
        this.dictionaries = new Dictionaries(dataSource);
        this.samples = new DictionarySamples(type -> background.submit("training a compression dictionary", () -> train(type)));
        this.codec = new ContentCodec(dictionaries::find, trains ? samples : (type, json, storedLength) -> { });
        this.recompression = new Recompression(dataSource, codec);
        dictionaries.loadCurrent(codec).forEach(samples::start);
        background.repeat("looking for new compression dictionaries", () -> dictionaries.loadCurrent(codec).forEach(samples::start));
    }

    ContentCodec codec() {
        return codec;
    }

    /** Rows that were written without a dictionary, after their commit. The type may have got its dictionary while their transaction ran. */
    void remember(List<PendingRow> rows) {
        Set<Integer> late = new HashSet<>();
        for (PendingRow row : rows) {
            recompression.remember(row.type, row.self);
            if (codec.currentDictionary(row.type) != 0) {
                late.add((int) row.type);
            }
        }
        if (trains) {
            late.forEach(type -> background.submit("compressing anew", () -> recompression.run(type)));
        }
    }

    private void train(int type) throws SQLException {
        dictionaries.loadCurrent(codec).forEach(samples::start);
        List<byte[]> taken = samples.take(type);
        if (taken.isEmpty()) {
            return; // another node was first
        }
        long begun = System.nanoTime();
        Dictionaries.Dictionary present = dictionaries.current(type);
        byte[] better = DictionaryTraining.train(taken, present == null ? null : present.bytes());
        if (better != null) {
            dictionaries.publish(type, better, codec);
            int anew = recompression.run(type);
            LOG.debug("type {} has a new dictionary of {} bytes after {} ms, {} rows encoded anew", type, better.length, (System.nanoTime() - begun) / 1_000_000, anew);
        }
    }
}
