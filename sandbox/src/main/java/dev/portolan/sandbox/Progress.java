package dev.portolan.sandbox;

/** Is told how far long work has come. Called by several threads. */
@FunctionalInterface
public interface Progress {

    /**
     * @param work what is being done, in words
     * @param done how many of {@code total}; the total is 0 while it is not known
     */
    void report(String work, long done, long total);
}
