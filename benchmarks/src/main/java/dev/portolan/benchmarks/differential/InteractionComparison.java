package dev.portolan.benchmarks.differential;

import dev.portolan.benchmarks.http.FhirClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Plays every script on both servers and reports the lines that differ. */
final class InteractionComparison {

    /** The peer's line, by script, where the specification makes us right; with the sentence that says so. */
    record AcceptedLine(String script, String ours, String peers, String specification) {}

    private static final String DELETE = "R4 3.1.0.7: \"the server should return either a 200 OK if the response contains a payload, or a 204 No Content with no response payload\"";

    static final List<AcceptedLine> ACCEPTED = List.of(
            delete("delete, then read, then bring back", "Patient/tx-d1"),
            delete("delete what is not there", "Patient/tx-never"),
            delete("delete twice", "Patient/tx-d2"),
            delete("conditional delete, one there", "Patient?identifier=http://example.org/tx%7Cx1"),
            delete("conditional delete, nobody there", "Patient?identifier=http://example.org/tx%7Cx2"),
            new AcceptedLine("If-Match with an old version", "PUT Patient/tx-m2 -> 412", "PUT Patient/tx-m2 -> 409",
                    "R4 3.1.0.5: \"If the version id given in the If-Match header does not match, the server returns a 412 Precondition Failed status code\""));

    private static AcceptedLine delete(String script, String path) {
        return new AcceptedLine(script, "DELETE " + path + " -> 204", "DELETE " + path + " -> 200", DELETE);
    }

    record Difference(String script, String ours, String peers) {}

    private final List<Difference> unexplained = new ArrayList<>();
    private final Map<String, Integer> excused = new java.util.TreeMap<>();
    private int played;

    static InteractionComparison of(FhirClient ours, FhirClient peer) throws IOException {
        InteractionComparison comparison = new InteractionComparison();
        for (InteractionScript script : InteractionScript.all()) {
            comparison.compare(script.name(), script.playOn(ours), script.playOn(peer));
        }
        return comparison;
    }

    private void compare(String script, List<String> ours, List<String> peers) {
        played++;
        for (int i = 0; i < ours.size(); i++) {
            String our = ours.get(i);
            String theirs = peers.get(i);
            if (!our.equals(theirs)) {
                ACCEPTED.stream()
                        .filter(line -> line.script().equals(script) && line.ours().equals(our) && line.peers().equals(theirs))
                        .findFirst()
                        .ifPresentOrElse(
                                line -> excused.merge(line.specification(), 1, Integer::sum),
                                () -> unexplained.add(new Difference(script, our, theirs)));
            }
        }
    }

    int played() {
        return played;
    }

    List<Difference> unexplained() {
        return List.copyOf(unexplained);
    }

    void print(java.io.PrintStream out) {
        out.printf("%d scripts played, %d lines excused, %d unexplained%n", played,
                excused.values().stream().mapToInt(Integer::intValue).sum(), unexplained.size());
        excused.forEach((sentence, count) -> out.println("  excused " + count + ": " + sentence));
        unexplained.forEach(d -> out.println("script '" + d.script() + "'\n    ours " + d.ours() + "\n    peer " + d.peers()));
    }
}
