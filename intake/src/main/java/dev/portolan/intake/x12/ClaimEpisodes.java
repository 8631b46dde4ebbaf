package dev.portolan.intake.x12;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The claims that a provider gave one number, each with what replaces it and what was decided about it; and the payments that fit none of them. */
final class ClaimEpisodes {

    /**
     * A claim with its replacements.
     *
     * @param occasion see {@link Occasion#in}
     * @param told its submissions in the order in which they were made; none of payments that wait for their claim
     * @param payments likewise
     */
    record Episode(String occasion, List<Told> told, List<Payment> payments) {

        List<Submission> submissions() {
            return told.stream().map(Told::submission).toList();
        }
    }

    /** A submission with its name among the parts. */
    record Told(Submission submission, String document) {}

    private static final String WAITS = "waits";
    private static final int SAME_CHARGE = 4;
    private static final int SAME_NAME = 2;

    private final Map<String, List<Submission>> episodes = new LinkedHashMap<>();
    private final Map<String, Set<String>> controls = new LinkedHashMap<>();
    /** Which claim has a number of the payer's. */
    private final Map<String, String> byControl = new HashMap<>();
    /** Charges of decisions that were taken back: what follows under another number corrects them. */
    private final Map<String, Set<BigDecimal>> reversed = new HashMap<>();
    private final Map<Submission, String> occasions = new IdentityHashMap<>();
    private final Map<Payment, String> placed = new IdentityHashMap<>();

    private ClaimEpisodes() {}

    /**
     * @param told in the order in which they were made
     * @param payments likewise
     */
    static List<Episode> of(List<Told> told, List<Payment> payments) {
        ClaimEpisodes all = new ClaimEpisodes();
        told.stream().filter(one -> one.submission().isOriginal()).forEach(one -> all.add(Occasion.in(one.document()), one.submission()));
        // What is told of a payment that fits a claim entirely says which number the claim has; by that what replaces it finds it, and then there is more that payments can be about.
        payments.forEach(payment -> all.place(payment, true));
        told.stream().filter(one -> !one.submission().isOriginal()).forEach(one -> all.add(all.replaced(one.submission()), one.submission()));
        payments.stream().filter(payment -> !all.placed.containsKey(payment)).forEach(payment -> all.place(payment, false));
        return all.inOrder(told, payments);
    }

    private List<Episode> inOrder(List<Told> told, List<Payment> payments) {
        Map<String, Episode> made = new LinkedHashMap<>();
        episodes.keySet().forEach(occasion -> made.put(occasion, new Episode(occasion, new ArrayList<>(), new ArrayList<>())));
        told.forEach(one -> made.get(occasions.get(one.submission())).told().add(one));
        Episode waiting = new Episode("", List.of(), new ArrayList<>());
        payments.forEach(payment -> made.getOrDefault(placed.getOrDefault(payment, WAITS), waiting).payments().add(payment));
        List<Episode> all = new ArrayList<>(made.values());
        if (!waiting.payments().isEmpty()) {
            all.add(waiting);
        }
        return all;
    }

    private void add(String occasion, Submission submission) {
        episodes.computeIfAbsent(occasion, none -> new ArrayList<>()).add(submission);
        controls.computeIfAbsent(occasion, none -> new LinkedHashSet<>());
        occasions.put(submission, occasion);
    }

    /** Which claim a submission replaces or voids: that of the payer's number, else the patient's on these days, else the only one of the patient. If there is none here it is one by itself. */
    private String replaced(Submission submission) {
        String known = byControl.get(submission.replaces());
        if (known != null) {
            return known;
        }
        List<String> own = episodes.entrySet().stream().filter(one -> one.getValue().stream().anyMatch(other -> other.patientKey().equals(submission.patientKey()))).map(Map.Entry::getKey).toList();
        return own.stream().filter(occasion -> episodes.get(occasion).stream().anyMatch(other -> !isApart(other, List.of(submission.firstDay(), submission.lastDay())))).findFirst()
            .orElse(own.size() == 1 ? own.get(0) : episodes.isEmpty() ? "" : Occasion.of(submission));
    }

    /** @param entirely whether charge and days have to agree */
    private void place(Payment payment, boolean entirely) {
        String best = byControl.get(payment.control());
        int most = best == null ? -1 : Integer.MAX_VALUE;
        for (Map.Entry<String, List<Submission>> one : best == null ? episodes.entrySet() : Set.<Map.Entry<String, List<Submission>>>of()) {
            int score = score(payment, one.getValue(), controls.get(one.getKey()), entirely, reversed.getOrDefault(one.getKey(), Set.of()).contains(charge(payment)));
            if (score > most) {
                best = one.getKey();
                most = score;
            }
        }
        if (best != null) {
            placed.put(payment, best);
            controls.get(best).add(payment.control());
            byControl.put(payment.control(), best);
            if (payment.isReversal()) {
                reversed.computeIfAbsent(best, none -> new HashSet<>()).add(charge(payment));
            }
        }
    }

    private static BigDecimal charge(Payment payment) {
        return payment.charge().abs().stripTrailingZeros();
    }

    /** How well a payment under a new number fits a claim; negative if it does not. A claim that is decided takes another number only for the same charge: else it is the number of a claim that has not come yet. */
    private static int score(Payment payment, List<Submission> submissions, Set<String> numbers, boolean entirely, boolean corrects) {
        int best = -1;
        int decidable = 0;
        for (Submission submission : submissions) {
            decidable += submission.isVoid() ? 0 : 1;
        }
        boolean open = numbers.size() < decidable;
        for (Submission submission : submissions) {
            boolean sameCharge = corrects || submission.charge().compareTo(payment.charge().abs()) == 0;
            if (!isApart(submission, payment.days()) && (sameCharge || !entirely && open)) {
                best = Math.max(best, (sameCharge ? SAME_CHARGE : 0) + (Members.sharesGivenName(submission.patient(), payment.patient()) ? SAME_NAME : 0) + (open ? 1 : 0));
            }
        }
        return best;
    }

    /** Whether both tell days, and none of them is the same. */
    private static boolean isApart(Submission submission, List<String> days) {
        String from = submission.firstDay();
        String to = submission.lastDay();
        return !from.isEmpty() && !days.isEmpty() && !days.get(0).isEmpty() && (days.get(days.size() - 1).compareTo(from) < 0 || days.get(0).compareTo(to) > 0);
    }
}
