package dev.portolan.intake.source;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads files of one kind. Reading the same bytes gives the same items in the same order: a resumed load counts on it. */
public interface SourceFormat {

    /** @throws SourceException if the file is none of this kind at all; the message says what to change */
    Items open(Path file) throws IOException;

    /** Whether several lines may be one record that could also be read without some of them. */
    default boolean isGrouped() {
        return false;
    }

    /** Whether a file whose name would do is of this kind by what stands in it. */
    default boolean recognizes(Path file) throws IOException {
        return true;
    }

    /** Reads a file for what it says of itself as a whole, or returns null if files of this kind say nothing. */
    default @Nullable Inspection inspect(Path file) throws IOException {
        return null;
    }

    /** The items of a file that was inspected: those of refused envelopes are unreadable. */
    default Items open(Path file, @Nullable Inspection inspection) throws IOException {
        return open(file);
    }

    /** @param work where a copy of the file may be made while it is read */
    default Items open(Path file, @Nullable Inspection inspection, WorkFolder work) throws IOException {
        return open(file, inspection);
    }

    /** Items one after the other. */
    interface Items extends AutoCloseable {

        /** The next item, or null at the end. */
        @Nullable SourceItem next() throws IOException;

        /** The names of the columns, if there are any. */
        default List<String> columns() {
            return List.of();
        }

        /** Bytes of the file that are read, for the progress. */
        long position();

        @Override
        void close() throws IOException;
    }
}
