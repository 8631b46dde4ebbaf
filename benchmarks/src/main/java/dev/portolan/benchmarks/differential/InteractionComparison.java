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

    static final List<AcceptedLine> ACCEPTED = List.of();

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
