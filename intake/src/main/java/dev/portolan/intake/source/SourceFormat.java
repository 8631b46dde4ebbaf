package dev.portolan.intake.source;

import java.io.IOException;
import java.nio.file.Path;

/** Reads files of one kind. Reading the same bytes gives the same items in the same order: a resumed load counts on it. */
public interface SourceFormat {

    /** @throws SourceException if the file is none of this kind at all; the message says what to change */
    Items open(Path file) throws IOException;

    /** Items one after the other. */
    interface Items extends AutoCloseable {

        /** The next item, or null at the end. */
        @org.jspecify.annotations.Nullable SourceItem next() throws IOException;

        /** Bytes of the file that are read, for the progress. */
        long position();

        @Override
        void close() throws IOException;
    }
}
