package dev.portolan.server;

import java.util.function.BiFunction;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.members.consent.AppConsents;
import dev.portolan.rest.FhirException;
import dev.portolan.rest.Problem;
import dev.portolan.rest.TypeWriter;
import dev.portolan.store.Grant;
import dev.portolan.store.ReadResult;
import dev.portolan.store.WriteTransaction;
import dev.portolan.store.WriteTransaction.Written;

/** Consent, as members' apps write it at the base of Patient Access. */
final class ConsentWriter implements TypeWriter {

    private final AppConsents consents;

    ConsentWriter(AppConsents consents) {
        this.consents = consents;
    }

    @Override
    public String type() {
        return "Consent";
    }

    @Override
    public <R> R write(Grant grant, @Nullable String id, JsonDocument body, Consumer<ReadResult> precondition, BiFunction<WriteTransaction, Written, R> beforeCommit) {
        try {
            return consents.write(grant, id, body, precondition, beforeCommit);
        } catch (IllegalArgumentException e) {
            throw new FhirException(Problem.UNPROCESSABLE, String.valueOf(e.getMessage()));
        }
    }
}
