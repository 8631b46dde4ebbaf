package dev.portolan.intake.load;

import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.mapping.References;
import dev.portolan.intake.source.SourceItem;

/** Makes resources of records that belong to others, of the same file or another: a payment to its claim, a change to the member whom it changes. It is asked for one record after the other, in the source's order. */
public interface InOrderMapper extends RecordMapper {

    /** What it keeps over the connection is kept only if the record is not rejected, and together with the note that its batch is through. */
    Mapping.Outcome map(SourceItem item, Earlier earlier);

    @Override
    default Mapping.Outcome map(SourceItem item, References references) {
        throw new IllegalStateException(name() + " maps records in their order only");
    }
}
