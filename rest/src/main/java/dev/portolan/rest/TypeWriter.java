package dev.portolan.rest;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.store.Grant;
import dev.portolan.store.ReadResult;
import dev.portolan.store.WriteTransaction;
import dev.portolan.store.WriteTransaction.Written;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes what callers write of one type at a base that does not write that type itself: what is written means something, and whoever knows what decides whether it may be and what follows from it. A
 * resource can be created (POST) and updated by its id (PUT), and nothing more. The caller's grant allows the interaction on the whole type; whom it reaches is for the writer to hold.
 */
public interface TypeWriter {

    /** The type, for instance {@code Consent}. */
    String type();

    /**
     * Writes, or refuses.
     *
     * @param id of the resource that is updated; null for one that is created
     * @param precondition looks at the present resource, locked, before anything is written
     * @param beforeCommit is called once everything is written, and before anybody sees it; what it throws undoes all
     * @throws FhirException for what cannot be written as it stands
     * @throws dev.portolan.store.GrantRefusedException if the grant does not reach it
     */
    <R> R write(Grant grant, @Nullable String id, JsonDocument body, Consumer<ReadResult> precondition, BiFunction<WriteTransaction, Written, R> beforeCommit);
}
