package dev.portolan.intake.x12;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A claim with its adjustments, made of all its parts, in whatever order they arrived: one adjudication for each number that the payer has given it, and one for what is submitted and not decided yet.
 *
 * <p>A new decision about the same number is a new version. A decision under a new number, and a replacement (frequency code 7), is the next adjudication; the two point to each other (PAC-24).
 */
final class ClaimHistory {

    /** One ExplanationOfBenefit. */
    static final class Adjudication {
        private final @Nullable Submission submission;
        private String control = "";
        private @Nullable Payment payment;
        private boolean reversed;
        private boolean voided;
        private String prior = "";
        private String replacedBy = "";
        private boolean replaced;

        private Adjudication(@Nullable Submission submission) {
            this.submission = submission;
        }

        @Nullable Submission submission() {
            return submission;
        }

        @Nullable Payment payment() {
            return payment;
        }

        /** The payer's number of it; empty as long as none is known. */
        String control() {
            return control;
        }

        boolean isCancelled() {
            return reversed || voided || replaced;
        }

        /** The payer's number of the one before, or an empty string. */
        String prior() {
            return prior;
        }

        /** The number of the one after, or an empty string. */
        String replacedBy() {
            return replacedBy;
        }
    }

    private final List<Adjudication> adjudications = new ArrayList<>();

    private ClaimHistory() {}

    List<Adjudication> adjudications() {
        return adjudications;
    }

    /** All numbers that the payer has given. */
    Set<String> controls() {
        Set<String> controls = new LinkedHashSet<>();
        adjudications.stream().map(Adjudication::control).filter(control -> !control.isEmpty()).forEach(controls::add);
        return controls;
    }

    /**
     * @param submissions in the order in which they were made
     * @param payments likewise
     * @param ids of an adjudication by its place, which stands for its number as long as there is none
     */
    static ClaimHistory of(List<Submission> submissions, List<Payment> payments, java.util.function.IntFunction<String> ids) {
        ClaimHistory history = new ClaimHistory();
        for (Submission submission : submissions) {
            history.submit(submission);
        }
        for (Payment payment : payments) {
            history.decide(payment);
        }
        history.voidAndLink(submissions, ids);
        return history;
    }

    private void submit(Submission submission) {
        if (submission.isVoid()) {
            return;
        }
        if (submission.isReplacement() && !adjudications.isEmpty() && last().control.isEmpty() && !controls().contains(submission.replaces())) {
            last().control = submission.replaces(); // the number of what it replaces tells that of the claim before it
        }
        Adjudication next = new Adjudication(submission);
        if (submission.isReplacement() && adjudications.isEmpty()) {
            next.prior = submission.replaces();
        }
        adjudications.add(next);
    }

    private Adjudication last() {
        return adjudications.get(adjudications.size() - 1);
    }

    private void decide(Payment payment) {
        Adjudication of = adjudications.stream().filter(one -> one.control.equals(payment.control())).findFirst().orElse(null);
        if (of == null && payment.isReversal() && takenBack(payment)) {
            return;
        }
        of = of == null ? next(payment) : of;
        of.control = payment.control();
        if (payment.isReversal()) {
            of.reversed = true;
        } else {
            of.payment = payment;
            of.reversed = false;
        }
    }

    /** A reversal that has a number of its own takes back the last decision about the same charge. */
    private boolean takenBack(Payment reversal) {
        for (int i = adjudications.size() - 1; i >= 0; i--) {
            Payment decided = adjudications.get(i).payment;
            if (decided != null && !adjudications.get(i).reversed && decided.charge().compareTo(reversal.charge().abs()) == 0) {
                adjudications.get(i).reversed = true;
                return true;
            }
        }
        return false;
    }

    /** The first without a number yet, of the same kind (CLP09 as CLM05-3) if the remittance tells it; else the payer has taken the last submission up again. */
    private Adjudication next(Payment payment) {
        boolean replacement = payment.frequency().equals("7");
        for (Adjudication one : adjudications) {
            if (one.control.isEmpty() && one.submission != null && (payment.frequency().isEmpty() || one.submission.isReplacement() == replacement)) {
                return one;
            }
        }
        for (Adjudication one : adjudications) {
            if (one.control.isEmpty()) {
                return one;
            }
        }
        Adjudication again = new Adjudication(adjudications.isEmpty() ? null : last().submission);
        adjudications.add(again);
        return again;
    }

    private void voidAndLink(List<Submission> submissions, java.util.function.IntFunction<String> ids) {
        for (Submission submission : submissions) {
            if (submission.isVoid() && !adjudications.isEmpty()) {
                String control = submission.replaces();
                adjudications.stream().filter(one -> one.control.equals(control)).findFirst().ifPresentOrElse(one -> one.voided = true, () -> {
                    if (last().control.isEmpty()) {
                        last().voided = true;
                    }
                });
            }
        }
        for (int i = 0; i + 1 < adjudications.size(); i++) {
            Adjudication one = adjudications.get(i);
            Adjudication next = adjudications.get(i + 1);
            next.prior = one.control.isEmpty() ? ids.apply(i) : one.control;
            one.replacedBy = next.control.isEmpty() ? ids.apply(i + 1) : next.control;
            one.replaced |= next.payment != null && !next.payment.isDenied();
        }
    }

    /** Claims under other numbers of the provider that replace or void one of these. */
    void linkOther(ClaimHistory other, List<Submission> submissionsOfOther, java.util.function.IntFunction<String> idsOfOther) {
        for (Submission submission : submissionsOfOther) {
            String replaces = submission.replaces();
            for (Adjudication one : adjudications) {
                if (!replaces.isEmpty() && one.control.equals(replaces)) {
                    if (submission.isVoid()) {
                        one.voided = true;
                    } else if (!other.adjudications.isEmpty()) {
                        Adjudication first = other.adjudications.get(0);
                        one.replacedBy = first.control.isEmpty() ? idsOfOther.apply(0) : first.control;
                        one.replaced |= first.payment != null && !first.payment.isDenied();
                    }
                }
            }
        }
    }
}
