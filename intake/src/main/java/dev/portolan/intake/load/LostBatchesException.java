package dev.portolan.intake.load;

/** The database was restarted while a file was loaded, and has lost batches that did not wait for the disk: the load goes on with these. */
final class LostBatchesException extends LoadException {

    private static final long serialVersionUID = 1L;

    LostBatchesException(String message) {
        super(message);
    }
}
