package dev.portolan.intake.x12;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which service of a remittance decides which line of the claim: by the line's control number (REF 6R); without one by procedure and charge, then by procedure, then by place if there are as many of both. */
final class ServiceMatch {

    private final Map<Submission.Line, List<List<Segment>>> byLine = new HashMap<>();
    private final List<List<Segment>> unmatched = new ArrayList<>();

    ServiceMatch(List<Submission.Line> lines, List<List<Segment>> services) {
        List<List<Segment>> open = new ArrayList<>(services);
        take(lines, open, true, (line, service) -> !line.control().isEmpty() && line.control().equals(Enrollment.reference(service, "6R")));
        take(lines, open, true, (line, service) -> Enrollment.reference(service, "6R").equals(String.valueOf(line.number())));
        take(lines, open, false, (line, service) -> procedure(service, 1).equals(procedure(line)) && Money.of(service.get(0).at(2)).compareTo(charge(line)) == 0);
        take(lines, open, false, (line, service) -> procedure(service, 1).equals(procedure(line)) || procedure(service, 6).equals(procedure(line)) && !procedure(line).isEmpty());
        if (open.size() == services.size() && open.size() == lines.size()) {
            for (int i = 0; i < lines.size(); i++) {
                byLine.put(lines.get(i), List.of(open.get(i)));
            }
            open.clear();
        }
        unmatched.addAll(open);
    }

    private interface Fits {
        boolean test(Submission.Line line, List<Segment> service);
    }

    /** @param several whether a line may have more than one service: one that the payer has split names the line's number each time */
    private void take(List<Submission.Line> lines, List<List<Segment>> open, boolean several, Fits fits) {
        for (Submission.Line line : lines) {
            if (byLine.containsKey(line)) {
                continue;
            }
            List<List<Segment>> of = open.stream().filter(service -> fits.test(line, service)).limit(several ? Long.MAX_VALUE : 1).toList();
            if (!of.isEmpty()) {
                byLine.put(line, of);
                open.removeAll(of);
            }
        }
    }

    static String procedure(Submission.Line line) {
        Segment service = line.first("SV1", "SV2", "SV3");
        return service == null ? "" : service.is("SV2") ? service.at(2, 2).isEmpty() ? service.at(1) : service.at(2, 2) : service.at(1, 2);
    }

    /** SVC01, what was decided, or SVC06, what was submitted if it is another. A revenue code (NU) is one too. */
    private static String procedure(List<Segment> service, int element) {
        return service.get(0).at(element, 2);
    }

    static BigDecimal charge(Submission.Line line) {
        Segment service = line.first("SV1", "SV2", "SV3");
        return service == null ? BigDecimal.ZERO : Money.of(service.at(service.is("SV2") ? 3 : 2));
    }

    List<List<Segment>> of(Submission.Line line) {
        return byLine.getOrDefault(line, List.of());
    }

    /** Services that no line of the claim fits. */
    List<List<Segment>> unmatched() {
        return unmatched;
    }
}
