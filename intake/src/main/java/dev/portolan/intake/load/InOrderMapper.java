package dev.portolan.intake.load;

import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.mapping.References;
import dev.portolan.intake.source.SourceItem;
import java.util.List;

/** Makes resources of records that belong to others, of the same file or another: a payment to its claim, a change to the member whom it changes. It is asked for one record after the other, in the source's order. */
public interface InOrderMapper extends RecordMapper {

    /**
     * Begins a batch.
     *
     * @param items what it will be asked for: what their mapping needs can be read together
     */
    Batch begin(List<SourceItem> items, Earlier earlier);

    /** Records of one batch. What it keeps over the connection is kept together with the note that the batch is through. */
    interface Batch {

        /** @param item one of the batch's, and never one that is unreadable */
        Mapping.Outcome map(SourceItem item);

        /** What became of the record that was mapped last. Of one that is rejected nothing is kept. */
        void settle(boolean rejected);

        /** Sends what is to be kept. */
        void end();
    }

    @Override
    default Mapping.Outcome map(SourceItem item, References references) {
        throw new IllegalStateException(name() + " maps records in their order only");
    }
}
