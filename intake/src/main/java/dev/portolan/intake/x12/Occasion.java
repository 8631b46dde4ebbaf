package dev.portolan.intake.x12;

import dev.portolan.intake.mapping.LogicalId;
import java.util.List;

/**
 * What tells a claim from the others that its provider gave the same number. The guides recommend a number of its own for each claim, or the patient's account number (CLM01, note 1): so it may be that of all visits of a patient, and of
 * a family.
 */
final class Occasion {

    private static final int DIGITS = 12;

    private Occasion() {}

    /** Of a first submission: whose it is, of which kind, the days, the charge. What is the same in all of these is the same claim sent again. */
    static String of(Submission claim) {
        return LogicalId.digest(String.join("|", claim.kind(), claim.frequency(), claim.patientKey(), claim.firstDay(), claim.lastDay(), claim.charge().stripTrailingZeros().toPlainString())).substring(0, DIGITS);
    }

    /**
     * The name of a submission among the parts of its number: the first claim that came needs none but how often it was sent, those after it have their occasion in it.
     *
     * @param known parts of that number
     */
    static String document(Submission claim, List<ClaimLedger.Part> known, ClaimLedger ledger) {
        String plain = claim.frequency() + '|' + claim.replaces();
        if (!claim.isOriginal()) {
            return plain;
        }
        String own = of(claim);
        boolean taken = known.stream().filter(part -> part.kind() == ClaimLedger.Kind.SUBMISSION && in(part.document()).isEmpty()).map(ledger::submission)
            .anyMatch(other -> other.isOriginal() && !of(other).equals(own));
        return taken ? plain + '|' + own : plain;
    }

    /** The occasion that stands in the name of an original submission; an empty string for the first one. */
    static String in(String document) {
        int end = document.lastIndexOf("||");
        return end < 0 || end + 2 + DIGITS != document.length() ? "" : document.substring(end + 2);
    }
}
