package dev.portolan.intake.load;

import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.mapping.References;
import dev.portolan.intake.source.SourceItem;

/** Makes resources of a record. Safe for use by many threads. */
public interface RecordMapper {

    /** Name and version stand in the Provenance of what was made, and in the load's report. */
    String name();

    String version();

    /** Whether anything is made of a column, or might be. */
    default boolean reads(String column) {
        return true;
    }

    /** @param item a record; never one that is unreadable */
    Mapping.Outcome map(SourceItem item, References references);

    /** A mapping file as a mapper of rows. */
    static RecordMapper of(Mapping mapping) {
        return new RecordMapper() {
            @Override
            public String name() {
                return mapping.name();
            }

            @Override
            public String version() {
                return mapping.version();
            }

            @Override
            public boolean reads(String column) {
                return mapping.reads(column);
            }

            @Override
            public Mapping.Outcome map(SourceItem item, References references) {
                return mapping.map(java.util.Objects.requireNonNull(item.rows()), references);
            }
        };
    }
}
