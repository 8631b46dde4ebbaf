package dev.portolan.bulkdata;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Set;

/** Where the files of exports are kept. Every node sees the same. */
public interface OutputFiles {

    /** A file that is being written: not there for others until it is {@link #keep kept}. */
    interface Writing {

        /** Buffered. */
        OutputStream out();

        /** Ends it: it is there for others once its export is {@link #settle settled}. */
        void keep() throws IOException;

        /** Ends it without a trace, if it was not kept. */
        void discard() throws IOException;
    }

    Writing write(String export, String name) throws IOException;

    /** Returns when the files of an export that were kept are durable. */
    void settle(String export) throws IOException;

    /** Whether a file that was kept is still there: whoever restores a database without the exports' files has none. */
    boolean has(String export, String name) throws IOException;

    /** @param from the first byte wanted */
    InputStream read(String export, String name, long from) throws IOException;

    /** Deletes these of an export's files; those that are not there are not missed. */
    void delete(String export, Set<String> names) throws IOException;

    /** Deletes an export's files but those named, which may be none of them. */
    void deleteAllBut(String export, Set<String> names) throws IOException;
}
