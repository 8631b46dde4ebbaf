package dev.portolan.rest;

/** batch and transaction. */
final class BundleInteraction {

    Answer run(Call call, FhirRequest request, Dispatcher dispatcher) {
        throw new FhirException(Problem.NOT_IMPLEMENTED, "batch and transaction are not here yet");
    }
}
