package dev.portolan.intake.x12;

import java.math.BigDecimal;
import java.util.List;
import java.util.Set;

/**
 * What was decided about a line or a claim, in the terms of CARIN Blue Button: what a member owes is what the payer says is the patient's (group PR); of the rest, contractual reductions are a discount, and what is not covered is the
 * remainder.
 */
record Amounts(BigDecimal submitted, BigDecimal allowed, BigDecimal paid, BigDecimal deductible, BigDecimal coinsurance, BigDecimal copay, BigDecimal noncovered, BigDecimal otherPayers, BigDecimal liability,
    BigDecimal discount) {

    /** CARC 45 and its like: the charge is above what was agreed. */
    private static final Set<String> CONTRACT = Set.of("24", "44", "45", "59", "131", "253");

    static final Amounts NONE = new Amounts(BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO);

    /** @param told the allowed amount that the remittance names (AMT B6), or an empty string to reckon it */
    static Amounts of(BigDecimal submitted, BigDecimal paid, List<Payment.Adjustment> adjustments, String told) {
        BigDecimal deductible = BigDecimal.ZERO;
        BigDecimal coinsurance = BigDecimal.ZERO;
        BigDecimal copay = BigDecimal.ZERO;
        BigDecimal noncovered = BigDecimal.ZERO;
        BigDecimal otherPayers = BigDecimal.ZERO;
        BigDecimal liability = BigDecimal.ZERO;
        BigDecimal discount = BigDecimal.ZERO;
        for (Payment.Adjustment adjustment : adjustments) {
            boolean isPatients = adjustment.group().equals("PR");
            liability = isPatients ? liability.add(adjustment.amount()) : liability;
            switch (adjustment.reason()) {
                case "1", "66" -> deductible = deductible.add(adjustment.amount());
                case "2" -> coinsurance = coinsurance.add(adjustment.amount());
                case "3" -> copay = copay.add(adjustment.amount());
                case "23" -> otherPayers = otherPayers.add(adjustment.amount());
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
        return new Amounts(submitted, allowed, paid, deductible, coinsurance, copay, noncovered, otherPayers, liability, discount);
    }

    Amounts plus(Amounts other) {
        return new Amounts(submitted.add(other.submitted), allowed.add(other.allowed), paid.add(other.paid), deductible.add(other.deductible), coinsurance.add(other.coinsurance), copay.add(other.copay),
            noncovered.add(other.noncovered), otherPayers.add(other.otherPayers), liability.add(other.liability), discount.add(other.discount));
    }

    /** @param toProvider false if the subscriber is paid */
    void onLine(Rows.Row row, boolean toProvider) {
        row.set("Line submitted amount", Money.text(submitted)).set("Line allowed amount", Money.text(allowed)).set("Line payment amount", Money.text(paid))
            .set(toProvider ? "Line amount paid to provider" : "Line member reimbursement", Money.text(paid)).set("Line patient deductible", Money.text(deductible)).set("Line coinsurance amount", Money.text(coinsurance))
            .set("Line copay amount", Money.text(copay)).set("Line disallowed amount", Money.text(noncovered)).set("Line primary payer paid amount", Money.text(otherPayers))
            .set("Line member liability", Money.text(liability)).set("Line discount amount", Money.text(discount));
    }

    void inTotal(Rows rows, boolean toProvider) {
        rows.all("Claim total submitted amount", Money.text(submitted)).all("Claim total allowed amount", Money.text(allowed)).all("Claim payment amount", Money.text(paid))
            .all(toProvider ? "Claim amount paid to provider" : "Member reimbursement", Money.text(paid)).all("Member paid deductible", Money.text(deductible)).all("Co-insurance liability amount", Money.text(coinsurance))
            .all("Copay amount", Money.text(copay)).all("Claim disallowed amount", Money.text(noncovered)).all("Claim primary payer paid amount", Money.text(otherPayers)).all("Member liability", Money.text(liability))
            .all("Claim discount amount", Money.text(discount));
    }
}
