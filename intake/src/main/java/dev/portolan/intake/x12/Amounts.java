package dev.portolan.intake.x12;

import java.math.BigDecimal;
import java.util.List;
import java.util.Set;

/**
 * What was decided about a line or a claim, in the terms of CARIN Blue Button: what a member owes is what the payer says is the patient's (group PR); of the rest, contractual reductions are a discount, and what is not covered is the
 * remainder.
 */
record Amounts(BigDecimal submitted, BigDecimal allowed, BigDecimal paid, BigDecimal deductible, BigDecimal coinsurance, BigDecimal copay, BigDecimal noncovered, BigDecimal otherPayers, BigDecimal liability,
    BigDecimal discount, BigDecimal toPatient) {

    /**
     * CARC 45 and its like: what payer and provider have agreed differs from the charge. It may be more than the charge (94, outliers 69 and 70, education 74, a large share of the poor 75 and 76), and the amount below zero.
     */
    private static final Set<String> CONTRACT = Set.of("24", "44", "45", "59", "69", "70", "74", "75", "76", "90", "91", "94", "103", "104", "105", "118", "131", "132", "137", "139", "144", "161", "237", "253");

    static final Amounts NONE = of(BigDecimal.ZERO, BigDecimal.ZERO, List.of(), "");

    /** @param told the allowed amount that the remittance names (AMT B6), or an empty string to reckon it */
    static Amounts of(BigDecimal submitted, BigDecimal paid, List<Payment.Adjustment> adjustments, String told) {
        BigDecimal deductible = BigDecimal.ZERO;
        BigDecimal coinsurance = BigDecimal.ZERO;
        BigDecimal copay = BigDecimal.ZERO;
        BigDecimal noncovered = BigDecimal.ZERO;
        BigDecimal otherPayers = BigDecimal.ZERO;
        BigDecimal liability = BigDecimal.ZERO;
        BigDecimal discount = BigDecimal.ZERO;
        BigDecimal toPatient = BigDecimal.ZERO;
        for (Payment.Adjustment adjustment : adjustments) {
            boolean isPatients = adjustment.group().equals("PR");
            liability = isPatients ? liability.add(adjustment.amount()) : liability;
            switch (adjustment.reason()) {
                case "1", "66" -> deductible = deductible.add(adjustment.amount());
                case "2" -> coinsurance = coinsurance.add(adjustment.amount());
                case "3" -> copay = copay.add(adjustment.amount());
                case "23" -> otherPayers = otherPayers.add(adjustment.amount());
                case "100" -> toPatient = toPatient.add(adjustment.amount()); // the plan has paid it, to somebody else than the payee
                default -> {
                    if (!isPatients && CONTRACT.contains(adjustment.reason())) {
                        discount = discount.add(adjustment.amount());
                    } else {
                        noncovered = noncovered.add(adjustment.amount());
                    }
                }
            }
        }
        BigDecimal allowed = told.isEmpty() ? submitted.subtract(noncovered).subtract(discount) : Money.of(told);
        return new Amounts(submitted, allowed, paid, deductible, coinsurance, copay, noncovered, otherPayers, liability, discount, toPatient);
    }

    Amounts plus(Amounts other) {
        return new Amounts(submitted.add(other.submitted), allowed.add(other.allowed), paid.add(other.paid), deductible.add(other.deductible), coinsurance.add(other.coinsurance), copay.add(other.copay),
            noncovered.add(other.noncovered), otherPayers.add(other.otherPayers), liability.add(other.liability), discount.add(other.discount), toPatient.add(other.toPatient));
    }

    /** Nothing is paid, to whomever, nothing of it is left to the patient as covered, and that is not for what was agreed alone. */
    boolean isDenied() {
        return submitted.signum() > 0 && benefit().signum() == 0 && allowed.signum() == 0 && noncovered.signum() > 0;
    }

    /** What the plan pays. */
    BigDecimal benefit() {
        return paid.add(toPatient);
    }

    boolean isPaidToPatientAlone() {
        return paid.signum() == 0 && toPatient.signum() > 0;
    }

    /** @param toProvider false if the subscriber is paid */
    void onLine(Rows.Row row, boolean toProvider) {
        row.set("Line submitted amount", Money.text(submitted)).set("Line allowed amount", Money.text(allowed)).set("Line payment amount", Money.text(benefit()))
            .set("Line amount paid to provider", toProvider ? Money.text(paid) : "").set("Line member reimbursement", Money.text(toProvider ? toPatient : benefit())).set("Line patient deductible", Money.text(deductible)).set("Line coinsurance amount", Money.text(coinsurance))
            .set("Line copay amount", Money.text(copay)).set("Line disallowed amount", Money.text(noncovered)).set("Line primary payer paid amount", Money.text(otherPayers))
            .set("Line member liability", Money.text(liability)).set("Line discount amount", Money.text(discount));
    }

    void inTotal(Rows rows, boolean toProvider) {
        rows.all("Claim total submitted amount", Money.text(submitted)).all("Claim total allowed amount", Money.text(allowed)).all("Claim payment amount", Money.text(benefit()))
            .all("Claim amount paid to provider", toProvider ? Money.text(paid) : "").all("Member reimbursement", !toProvider ? Money.text(benefit()) : toPatient.signum() == 0 ? "" : Money.text(toPatient)).all("Member paid deductible", Money.text(deductible)).all("Co-insurance liability amount", Money.text(coinsurance))
            .all("Copay amount", Money.text(copay)).all("Claim disallowed amount", Money.text(noncovered)).all("Claim primary payer paid amount", Money.text(otherPayers)).all("Member liability", Money.text(liability))
            .all("Claim discount amount", Money.text(discount));
    }
}
