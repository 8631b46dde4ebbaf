package dev.portolan.benchmarks.differential;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** Counts what was asked and keeps every difference that nothing explains. */
final class DifferentialReport {

    record Difference(SearchQuestion question, SearchAnswer ours, SearchAnswer peers) {

        /** One block of text: the question, both answers, and what only one side has. */
        String describe() {
            TreeSet<String> onlyOurs = new TreeSet<>(ours.everything());
            onlyOurs.removeAll(peers.everything());
            TreeSet<String> onlyPeers = new TreeSet<>(peers.everything());
            onlyPeers.removeAll(ours.everything());
            return question.kind() + "  GET " + question + "\n    " + question.url()
                    + "\n    ours " + summary(ours) + "\n    peer " + summary(peers)
                    + "\n    only ours " + first(onlyOurs) + "\n    only peer " + first(onlyPeers)
                    + (onlyOurs.isEmpty() && onlyPeers.isEmpty()
                            ? "\n    order ours " + first(ours.matches()) + "\n    order peer " + first(peers.matches()) : "");
        }

        private static String summary(SearchAnswer answer) {
            return answer.status() + " " + answer.matches().size() + " matches, " + answer.included().size() + " included "
                    + answer.fault() + " " + answer.diagnostics();
        }

        private static String first(java.util.Collection<String> ids) {
            return ids.size() + " " + ids.stream().limit(4).toList();
        }
    }

    private final Map<String, Integer> askedByKind = new TreeMap<>();
    private final Map<String, Integer> answeredByKind = new TreeMap<>();
    private final Map<String, Integer> excused = new TreeMap<>();
    private final List<Difference> unexplained = new ArrayList<>();
    private int asked;
    private int refusedByBoth;
    private int empty;
    private final AcceptedDifferences accepted;

    DifferentialReport(AcceptedDifferences accepted) {
        this.accepted = accepted;
    }

    synchronized void add(SearchQuestion question, SearchAnswer ours, SearchAnswer peers) {
        asked++;
        askedByKind.merge(question.kind(), 1, Integer::sum);
        if (ours.sameAs(peers, question.ordered())) {
            if (ours.refused()) {
                refusedByBoth++;
            } else {
                answeredByKind.merge(question.kind(), 1, Integer::sum);
                empty += ours.matches().isEmpty() ? 1 : 0;
            }
            return;
        }
        accepted.explain(question, ours, peers).ifPresentOrElse(
                name -> excused.merge(name, 1, Integer::sum),
                () -> unexplained.add(new Difference(question, ours, peers)));
    }

    int asked() {
        return asked;
    }

    /** Questions that both servers answered, with something in the answer. */
    int answeredWithMatches() {
        return answeredByKind.values().stream().mapToInt(Integer::intValue).sum() - empty;
    }

    /**
     * Puts every unexplained question once more, when nothing else is asked, and to the peer for one page: it finishes the pages of a search in the background, where it sometimes leaves the later ones out
     * (a resource with several values counts more than once towards a page), and gives such an answer again for a minute. It is excused if its one page is our answer, or what an entry explains, and if
     * ours is what it was.
     */
    void askAgain(Function<SearchQuestion, SearchAnswer> ours, Function<SearchQuestion, SearchAnswer> peer) {
        unexplained.removeIf(difference -> {
            SearchQuestion question = difference.question();
            SearchAnswer our = ours.apply(question);
            SearchAnswer onePage = peer.apply(question.onOnePage());
            boolean excusable = our.sameAs(difference.ours(), true)
                    && (our.sameAs(onePage, question.ordered()) || accepted.explain(question, our, onePage).isPresent());
            if (excusable) {
                excused.merge("an answer that the peer does not give on one page: " + question, 1, Integer::sum);
            }
            return excusable;
        });
    }

    List<Difference> unexplained() {
        return List.copyOf(unexplained);
    }

    Map<String, Integer> excused() {
        return Map.copyOf(excused);
    }

    void print(PrintStream out) {
        out.printf("%d searches asked: %d with the same matches, %d the same and empty, %d refused by both, %d excused, %d unexplained%n",
                asked, answeredWithMatches(), empty, refusedByBoth, excused.values().stream().mapToInt(Integer::intValue).sum(), unexplained.size());
        out.println("by kind (same / asked): " + askedByKind.entrySet().stream()
                .map(e -> e.getKey() + " " + answeredByKind.getOrDefault(e.getKey(), 0) + "/" + e.getValue()).toList());
        excused.forEach((name, count) -> out.printf("  accepted %4d  %s%n", count, name));
        unexplained.stream()
                .sorted(java.util.Comparator.comparing(d -> d.question().kind()))
                .forEach(difference -> out.println(difference.describe()));
    }
}
