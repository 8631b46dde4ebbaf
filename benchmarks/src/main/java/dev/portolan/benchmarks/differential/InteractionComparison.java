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

    private static final String UNKNOWN_ELEMENT = "R4 3.1.0.8, create: \"422 Unprocessable Entity - the proposed resource violated applicable FHIR profiles or server business rules\"; "
            + "the peer drops the element without a word";

    static final List<AcceptedLine> ACCEPTED = List.of(
            delete("delete, then read, then bring back", "Patient/tx-d1"),
            delete("delete what is not there", "Patient/tx-never"),
            delete("delete twice", "Patient/tx-d2"),
            delete("conditional delete, one there", "Patient?identifier=http://example.org/tx%7Cx1"),
            delete("conditional delete, nobody there", "Patient?identifier=http://example.org/tx%7Cx2"),
            new AcceptedLine("If-Match with an old version", "PUT Patient/tx-m2 -> 412", "PUT Patient/tx-m2 -> 409",
                    "R4 3.1.0.5: \"If the version id given in the If-Match header does not match, the server returns a 412 Precondition Failed status code\""),
            new AcceptedLine("conditional update, nobody there, id in the body",
                    "state Patient?identifier=http://example.org/tx%7Cq2 -> 200 [v1 {id=tx-q2, identifier=[{system=http://example.org/tx, value=q2}], name=[{family=Transaction, given=[q2]}], resourceType=Patient}]",
                    "state Patient?identifier=http://example.org/tx%7Cq2 -> 200 [v1 {identifier=[{system=http://example.org/tx, value=q2}], name=[{family=Transaction, given=[q2]}], resourceType=Patient}]",
                    "R4 3.1.0.4.3: \"No matches, id provided: The server treats the interaction as an Update as Create interaction\""),
            new AcceptedLine("transaction with a conditional reference to nobody", "POST  -> 400", "POST  -> 404",
                    "R4 3.1.0.11.2: \"If there are no matches, or multiple matches, the transaction fails, and an error is returned to the user\""),
            failsWhole("POST  -> 412", "POST  -> 200 [201, 201]"),
            failsWhole("state Patient?identifier=http://example.org/tx%7Ct7 -> 200 []",
                    "state Patient?identifier=http://example.org/tx%7Ct7 -> 200 [v1 {identifier=[{system=http://example.org/tx, value=t7}], name=[{family=Transaction, given=[t7]}], resourceType=Patient}]"),
            failsWhole("state Patient/tx-t7 -> 404 ",
                    "state Patient/tx-t7 -> 200 [v1 {id=tx-t7, identifier=[{system=http://example.org/tx, value=t7x}], name=[{family=Transaction, given=[t7x]}], resourceType=Patient}]"),
            new AcceptedLine("transaction with an unknown method", "POST  -> 405", "POST  -> 400",
                    "R4 3.1.0.1.5: \"405 Method Not Allowed\" names what is wrong; both refuse the whole transaction"),
            new AcceptedLine("JSON Patch whose test fails", "PATCH Patient/tx-p2 -> 422", "PATCH Patient/tx-p2 -> 400",
                    "RFC 5789 2.2: \"a 422 (Unprocessable Entity) response when the server understands the patch document and the syntax of the patch document appears to be valid, but the server is incapable of processing the request\""),
            new AcceptedLine("unknown element", "POST Patient -> 422", "POST Patient -> 201", UNKNOWN_ELEMENT),
            new AcceptedLine("unknown element", "state Patient?identifier=http://example.org/tx%7Ci1 -> 200 []",
                    "state Patient?identifier=http://example.org/tx%7Ci1 -> 200 [v1 {identifier=[{system=http://example.org/tx, value=i1}], name=[{family=Transaction, given=[i1]}], resourceType=Patient}]",
                    UNKNOWN_ELEMENT));

    private static AcceptedLine failsWhole(String ours, String peers) {
        return new AcceptedLine("transaction that fails leaves nothing", ours, peers,
                "R4 Bundle.entry.request.ifMatch: \"Only perform the operation if the Etag value matches\"; the peer creates all the same");
    }

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
