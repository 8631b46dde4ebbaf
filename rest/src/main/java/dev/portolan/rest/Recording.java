package dev.portolan.rest;

import dev.portolan.audit.AuditEntry;
import dev.portolan.audit.AuditTrail;
import dev.portolan.store.StoredResource;
import dev.portolan.store.WriteTransaction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The entries of one request. What only gives out is recorded when its answer is there, and waits for the entry without a thread; a write is recorded before it is committed (AUD-01, AUD-09), so that
 * no version can stand that no entry names. Of one thread.
 */
final class Recording {

    private static final CompletableFuture<Void> RECORDED = CompletableFuture.completedFuture(null);

    private final AuditTrail trail;
    private final BiFunction<Answer, Patients, AuditEntry> entry;
    private List<Answer> durable = List.of();

    /** Tells whose records resources stand in. */
    interface Patients extends Function<Collection<StoredResource.Home>, Set<String>> {}

    /** @param entry makes the entry of an answer */
    Recording(AuditTrail trail, BiFunction<Answer, Patients, AuditEntry> entry) {
        this.trail = trail;
        this.entry = entry;
    }

    /**
     * Makes the entry of a write durable. Called before the write's commit: if it comes to nothing after that, there is an entry too many and never one too few.
     *
     * @throws dev.portolan.audit.AuditUnavailableException if the trail does not take it: then nothing may be committed
     */
    Answer beforeCommit(WriteTransaction transaction, Answer answer) {
        trail.appendAndWait(entry.apply(answer, transaction::patientIds));
        if (durable.isEmpty()) {
            durable = new ArrayList<>(1);
        }
        durable.add(answer);
        return answer;
    }

    /** Whether this very answer has its entry. */
    boolean has(Answer answer) {
        return durable.stream().anyMatch(each -> each == answer);
    }

    /** Hands in the entry of the request's answer, unless it has one. */
    CompletableFuture<Void> of(Answer answer, Patients patients) {
        return has(answer) ? RECORDED : trail.append(entry.apply(answer, patients));
    }
}
