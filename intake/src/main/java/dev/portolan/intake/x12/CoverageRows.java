package dev.portolan.intake.x12;

import dev.portolan.intake.mapping.LogicalId;
import java.util.ArrayList;
import java.util.List;

/** Health coverages of a member (2300) and the other payers beside them (2320, 2330) as rows. */
final class CoverageRows {

    private final Enrollment enrollment;
    private final String memberId;
    private final CoverageKeys keys;

    CoverageRows(Enrollment enrollment, String memberId, CoverageKeys keys) {
        this.enrollment = enrollment;
        this.memberId = memberId;
        this.keys = keys;
    }

    void add(Rows rows, List<Segment> coverage) {
        Segment hd = coverage.get(0);
        String start = keys.start(coverage);
        String end = keys.end(coverage);
        Rows.Row row = rows.row(hd.number()).set("Coverage key", keys.key(coverage)).set("Coverage status", status(hd, start, end)).set("Insurance line", hd.at(3))
            .set("Plan id", CoverageKeys.planId(coverage)).set("Plan description", hd.at(4)).set("Group id", enrollment.groupId(CoverageKeys.own(coverage))).set("Group name", enrollment.groupName()).set("Start", start)
            .set("End", end.compareTo(start) >= 0 || start.isEmpty() ? end : "").set("Maintenance", maintenance(hd));
        if (row.get("Plan id").isEmpty()) {
            row.set("Plan id", hd.at(3));
        }
        otherPayers(rows, coverage);
        primaryCare(rows, coverage);
    }

    /** HD01 speaks for the coverage; what says nothing of its own follows INS03. */
    private String maintenance(Segment hd) {
        return hd.at(1).equals("030") || hd.at(1).equals("026") ? enrollment.maintenance() : hd.at(1);
    }

    /**
     * A coverage that ends is in force until then; once its end has come, by the file's own date, it is cancelled. One that ends before it begins never was (retroactive termination). HD01 002 takes back what should not have been sent.
     */
    private String status(Segment hd, String start, String end) {
        if (hd.at(1).equals("002")) {
            return "entered-in-error";
        }
        boolean never = !end.isEmpty() && !start.isEmpty() && end.compareTo(start) < 0;
        return never || !end.isEmpty() && end.compareTo(enrollment.madeOn()) <= 0 ? "cancelled" : "active";
    }

    private void otherPayers(Rows rows, List<Segment> coverage) {
        for (int i = 0; i < coverage.size(); i++) {
            if (coverage.get(i).is("COB")) {
                List<Segment> loop = new ArrayList<>(coverage.subList(i + 1, coverage.size()).stream().takeWhile(segment -> !segment.is("COB")).toList());
                otherPayer(rows, coverage.get(i), loop);
            }
        }
    }

    /** COB01 says in which order the other payer pays. */
    private void otherPayer(Rows rows, Segment cob, List<Segment> loop) {
        Segment insurer = loop.stream().filter(segment -> segment.is("NM1", "IN")).findFirst().orElse(null);
        if (insurer == null) {
            return;
        }
        String payerId = insurer.at(9).isEmpty() ? "payer-" + LogicalId.digest(insurer.at(3).toUpperCase(java.util.Locale.ROOT)).substring(0, 32) : insurer.at(9);
        String end = Enrollment.date(loop, "345");
        rows.row(cob.number()).set("Other coverage key", memberId + "-cob-" + payerId + (cob.at(2).isEmpty() ? "" : '-' + cob.at(2))).set("Other payer id", payerId).set("Other payer name", insurer.at(3))
            .set("Other policy", first(cob.at(2), "unknown")).set("Other relationship", "unknown").set("Other start", Enrollment.date(loop, "344")).set("Other end", end)
            .set("Other status", !end.isEmpty() && end.compareTo(enrollment.madeOn()) <= 0 ? "cancelled" : "active").set("Other group", Enrollment.reference(loop, "6P"))
            .set("Other order", switch (cob.at(1)) {
                case "P" -> "1";
                case "S" -> "2";
                case "T" -> "3";
                default -> "";
            });
    }

    private static void primaryCare(Rows rows, List<Segment> coverage) {
        coverage.stream().filter(segment -> segment.is("NM1", "P3") && segment.at(2).equals("1") && segment.at(8).equals("XX")).findFirst()
            .ifPresent(name -> rows.all("PCP", name.at(9)).all("PCP family", name.at(3)).all("PCP given", name.at(4)));
    }

    private static String first(String one, String other) {
        return one.isEmpty() ? other : one;
    }
}
