package dev.portolan.intake.x12;

import dev.portolan.intake.x12.ClaimHistory.Adjudication;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A claim and what was decided about it in the columns of CPCDS: a claim becomes the same resource whether it comes as X12 or as CPCDS. */
final class ClaimRows {

    /** Facility types (CLM05-1, NUBC type of bill) of inpatients. */
    private static final Set<String> INPATIENT = Set.of("11", "18", "21", "28", "41", "65", "66", "86");

    private final Submission claim;
    private final @Nullable Payment payment;
    private final Rows rows = new Rows();
    private final ServiceMatch match;
    private boolean paidToPatientAlone;

    /**
     * @param id of the resource
     * @param patientId logical key of the Patient
     * @param coverageId logical key of the Coverage
     */
    ClaimRows(Adjudication adjudication, String id, String patientId, String coverageId) {
        this.claim = java.util.Objects.requireNonNull(adjudication.submission());
        this.payment = adjudication.payment();
        this.match = new ServiceMatch(claim.lines(), payment == null ? List.of() : payment.services());
        rows.all("Claim unique identifier", id).all("Member id", patientId).all("Claim payer identifier", coverageId).all("Claim type", type()).all("Claim processing status code", adjudication.isCancelled() ? "cancelled" : "active");
        rows.all("Claim adjusted from identifier", adjudication.prior()).all("Claim adjusted to identifier", adjudication.replacedBy());
        dates();
        providers();
        if (isInstitutional()) {
            institutional();
        }
        rows.all("Medical record number", claim.reference("EA")).all("Patient account number", claim.account());
        lines();
        if (claim.kind().equals("dental")) {
            dental();
        }
        DiagnosisRows.add(rows, claim, isInpatient());
        if (payment != null && !payment.drg().isEmpty()) {
            rows.all("Claim diagnosis related group", payment.drg()); // the one that the payer has paid by
        }
        String paidBefore = payment == null || payment.paidByPatient().isEmpty() ? claim.paidByPatient() : payment.paidByPatient();
        rows.all("Amount paid by patient", paidBefore.isEmpty() ? "" : Money.text(Money.of(paidBefore)));
        decided();
    }

    Rows rows() {
        return rows;
    }

    Submission claim() {
        return claim;
    }

    ServiceMatch match() {
        return match;
    }

    boolean isInstitutional() {
        return claim.kind().equals("institutional");
    }

    boolean isInpatient() {
        return isInstitutional() && INPATIENT.contains(claim.claim().at(5, 1));
    }

    private String type() {
        return switch (claim.kind()) {
            case "institutional" -> isInpatient() ? "inpatient-facility" : "outpatient-facility";
            case "dental" -> "oral";
            default -> "professional-nonclinician";
        };
    }

    /** CLM08: benefits are assigned to the provider, or paid to the subscriber; whoever was paid alone (CARC 100), whatever was assigned. */
    boolean isPaidToProvider() {
        return !claim.claim().at(8).equals("N") && !paidToPatientAlone;
    }

    private void dates() {
        rows.all("Claim service start date", claim.firstDay());
        rows.all("Claim service end date", claim.lastDay());
        String received = payment == null ? "" : payment.date("050");
        rows.all("Claim received date", received.isEmpty() ? claim.record().sentOn() : received);
        rows.all("Claim paid date", payment == null ? "" : payment.paidOn());
    }

    private void providers() {
        rows.all("Claim billing provider NPI", claim.billing().number());
        rows.all("Claim attending provider NPI", claim.provider("71").number()).all("Claim operating provider NPI", claim.provider("72").number()).all("Claim referring provider NPI", claim.provider("DN").number())
            .all("Claim other operating provider NPI", claim.provider("ZZ").number())
            .all("Claim PCP NPI", claim.provider("P3").number()).all("Claim supervising provider NPI", claim.provider("DQ").number())
            .all("Claim site of service NPI", claim.provider("77").number());
    }

    private void institutional() {
        String bill = claim.claim().at(5, 1);
        rows.all("Claim bill facility type code", bill.isEmpty() ? "" : bill.substring(0, 1)).all("Claim service classification type code", bill.length() < 2 ? "" : bill.substring(1)).all("Claim frequency code", claim.frequency());
        for (Segment cl1 : claim.segments("CL1")) {
            rows.all("Claim inpatient admission type code", cl1.at(1)).all("Claim source inpatient admission code", cl1.at(2)).all("Patient discharge status code", cl1.at(3));
        }
        rows.all("Member admission date", claim.date("435", false));
        rows.all("Member discharge date", rows.all("Patient discharge status code").equals("30") ? "" : claim.date("434", true));
    }

    /** Who has rendered a line: its own provider (2420A), else the claim's, else the person who bills. */
    private void rendering(Rows.Row row, Submission.Line line) {
        Party billing = claim.billing();
        Party own = line.provider("82").isThere() ? line.provider("82") : claim.provider("82").isThere() ? claim.provider("82") : billing.person() ? billing : Party.NONE;
        row.set("Claim performing provider NPI", own.number()).set("Provider taxonomy", own.taxonomy().isEmpty() && own.number().equals(billing.number()) ? billing.taxonomy() : own.taxonomy());
    }

    private void lines() {
        int place = 0;
        for (Submission.Line line : claim.lines()) {
            place++;
            Segment service = line.first("SV1", "SV2", "SV3");
            if (service != null) {
                Rows.Row row = rows.row(service.number()).set("Line number", String.valueOf(place));
                rendering(row, line);
                ServiceRows.add(row, line, service, claim, rows);
            }
        }
    }

    /** DN1: months of orthodontic treatment; DTP 452: when the appliance was put in; DN2: teeth that are missing (M; E is to be extracted). */
    private void dental() {
        claim.segments("DN1").forEach(orthodontics -> rows.all("Total Number of Months for Orthodontia", orthodontics.at(1)));
        if (!claim.date("452", false).isEmpty()) {
            rows.all("Orthodontics Appliance Application Date", claim.date("452", false));
        }
        String lastLine = String.valueOf(claim.lines().size());
        claim.segments("DN2").stream().filter(tooth -> tooth.at(2).equals("M")).forEach(tooth -> rows.row(claim.line()).set("Line number", lastLine).set("Missing Tooth Number", tooth.at(1)));
    }

    /** Without a decision the charge is all that is known. */
    private void decided() {
        if (payment == null) {
            rows.all("Claim total submitted amount", Money.text(Money.of(claim.claim().at(2))));
            for (int i = 0; i < claim.lines().size() && i < rows.size(); i++) {
                rows.at(i).set("Line submitted amount", Money.text(ServiceMatch.charge(claim.lines().get(i))));
            }
            return;
        }
        boolean toProvider = isPaidToProvider();
        Amounts asAWhole = Amounts.of(BigDecimal.ZERO, BigDecimal.ZERO, payment.adjustments(), "");
        Amounts total = asAWhole;
        for (int i = 0; i < claim.lines().size() && i < rows.size(); i++) {
            Amounts line = Amounts.NONE;
            List<List<Segment>> services = match.of(claim.lines().get(i));
            BigDecimal units = BigDecimal.ZERO;
            for (List<Segment> service : services) {
                line = line.plus(of(service));
                units = units.add(service.get(0).at(5).isEmpty() ? BigDecimal.ONE : Money.of(service.get(0).at(5))); // SVC05: one, if it is not told
            }
            if (services.isEmpty()) {
                rows.at(i).set("Line submitted amount", Money.text(ServiceMatch.charge(claim.lines().get(i))));
            } else {
                line.onLine(rows.at(i).set("Allowed number of units", units.toPlainString()), toProvider);
                total = total.plus(line);
            }
        }
        for (List<Segment> service : match.unmatched()) {
            total = total.plus(of(service));
        }
        boolean byLine = !payment.services().isEmpty();
        // What stands at the claim holds: the sum of lines may differ from it by what was adjusted for the claim as a whole.
        BigDecimal allowed = byLine ? total.allowed() : payment.charge().subtract(total.noncovered()).subtract(total.discount());
        Amounts whole = new Amounts(payment.charge(), allowed, payment.paid(), total.deductible(), total.coinsurance(), total.copay(), total.noncovered(), total.otherPayers(),
            total.liability().signum() == 0 ? payment.patientResponsibility() : total.liability(), total.discount(), total.toPatient());
        whole.inTotal(rows, toProvider);
        paidToPatientAlone = whole.isPaidToPatientAlone();
        rows.all("Claim payment status code", asAWhole.noncovered().signum() > 0 && whole.isDenied() ? "denied" : status());
        rows.all("Claim payee type code", isPaidToProvider() ? "provider" : "subscriber");
    }

    private static Amounts of(List<Segment> service) {
        String allowed = service.stream().filter(segment -> segment.is("AMT", "B6")).map(segment -> segment.at(2)).findFirst().orElse("");
        return Amounts.of(Money.of(service.get(0).at(2)), Money.of(service.get(0).at(3)), Payment.adjustments(service), allowed);
    }

    /** Denied if the payer says so (CLP02 4, which the guide has for patients that it does not know), or denies all lines; partly paid if it denies some. */
    private String status() {
        Payment decided = java.util.Objects.requireNonNull(payment);
        if (decided.isDenied()) {
            return "denied";
        }
        long denied = decided.services().stream().filter(ClaimRows::isDenied).count();
        if (denied > 0) {
            return denied == decided.services().size() ? "denied" : "partial";
        }
        return "paid";
    }

    static boolean isDenied(List<Segment> service) {
        return of(service).isDenied();
    }
}
