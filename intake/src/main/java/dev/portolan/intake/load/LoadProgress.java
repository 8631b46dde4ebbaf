package dev.portolan.intake.load;

/** Is told how far a load is. Called by several threads. */
@FunctionalInterface
public interface LoadProgress {

    LoadProgress NONE = (file, read, bytes, lines) -> { };

    /**
     * @param file the file's name
     * @param read bytes of it that were read
     * @param bytes its length
     * @param lines lines of it that are done
     */
    void at(String file, long read, long bytes, long lines);
}
