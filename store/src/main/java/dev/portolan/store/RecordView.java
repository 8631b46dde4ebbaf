package dev.portolan.store;

import java.util.Collection;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The records that one grant reaches. Cheap to open, safe for use by many threads. */
public interface RecordView extends RecordReader {

    Grant grant();

    /** Whose records resources stood in: the logical ids of the Patients, in order, for the audit trail. */
    Set<String> patientIds(Collection<StoredResource.Home> homes);

    /** What the grant's labels hold back, for the audit trail. */
    Withheld withheld();

    /** Versions of one resource, of a type or of everything, newest first. */
    HistoryPage history(HistoryRequest request);

    /** Everything about one member: the Patient first, then the compartment, then what it refers to outside. */
    SearchPage everything(EverythingRequest request);

    /** Many members' records, for an export. */
    RecordScan scan(ScanRequest request);

    /**
     * Runs work that writes in one database transaction: all of it is durable when this returns, or none of it has happened. If the database reports that two transactions got
     * into each other's way the work runs again from its start, so it must have no effects of its own.
     *
     * @throws WriteConflictException if it cannot be done although it was tried again
     */
    default <T> T write(Function<WriteTransaction, T> work) {
        return write(work, (transaction, result) -> result);
    }

    /**
     * The same for work that the caller does again after a crash: it does not wait for the disk. A failing machine can lose it, though never without what this database was told afterwards; whatever is
     * written durably later makes it durable too, since the database's log is written in order. So the caller notes what it did, in this database, and at the end, durably, makes sure that all its notes are there.
     */
    <T> T writeRepeatable(Function<WriteTransaction, T> work);

    /**
     * The same as {@link #write(Function)}, with what has to be done before anything of it may stand: the entry of the audit trail.
     *
     * @param beforeCommit called when the database has accepted all rows, right before they are committed, with the transaction and what the work gave; if it throws nothing is written. It writes nothing itself
     * @return what {@code beforeCommit} gives
     */
    <T, R> R write(Function<WriteTransaction, T> work, BiFunction<WriteTransaction, T, R> beforeCommit);
}
