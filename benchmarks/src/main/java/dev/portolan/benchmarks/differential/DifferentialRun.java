package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.benchmarks.http.FhirClient;
import dev.portolan.benchmarks.http.FhirResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Gives two servers the same resources and asks both the same questions. */
final class DifferentialRun {

    private static final int RESOURCES_A_BUNDLE = 100;

    private final FhirClient ours;
    private final FhirClient peer;
    private final AcceptedDifferences accepted;

    DifferentialRun(FhirClient ours, FhirClient peer, AcceptedDifferences accepted) {
        this.ours = ours;
        this.peer = peer;
        this.accepted = accepted;
    }

    /** Writes every resource under its own id, in transactions. */
    static void load(FhirClient server, List<ObjectNode> resources) throws IOException {
        for (int from = 0; from < resources.size(); from += RESOURCES_A_BUNDLE) {
            ObjectNode bundle = FhirClient.JSON.createObjectNode().put("resourceType", "Bundle").put("type", "transaction");
            ArrayNode entries = bundle.putArray("entry");
            for (ObjectNode resource : resources.subList(from, Math.min(resources.size(), from + RESOURCES_A_BUNDLE))) {
                ObjectNode entry = entries.addObject();
                entry.set("resource", resource);
                entry.putObject("request").put("method", "PUT").put("url", SampleData.reference(resource));
            }
            FhirResponse response = server.send("POST", "", FhirClient.JSON.writeValueAsBytes(bundle), Map.of());
            if (!response.successful()) {
                throw new IllegalStateException(server.base() + " refused a load bundle: " + response.status() + " " + response.diagnostics());
            }
        }
    }

    DifferentialReport searches(List<SearchQuestion> questions) {
        DifferentialReport report = new DifferentialReport(accepted);
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            List<CompletableFuture<Void>> all = questions.stream()
                    .map(question -> CompletableFuture.runAsync(() -> put(question, report), threads))
                    .toList();
            all.forEach(CompletableFuture::join);
        } finally {
            threads.shutdown();
        }
        report.askAgain(question -> SearchAnswer.ask(ours, question), question -> askPeer(peer, question));
        return report;
    }

    private void put(SearchQuestion question, DifferentialReport report) {
        report.add(question, SearchAnswer.ask(ours, question), askPeer(peer, question));
    }

    static SearchAnswer askPeer(FhirClient peer, SearchQuestion question) {
        return question.compartment().isEmpty() ? SearchAnswer.ask(peer, question) : PatientCompartment.ask(peer, question);
    }
}
