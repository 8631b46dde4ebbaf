package dev.portolan.intake.x12;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.intake.load.Earlier;
import dev.portolan.intake.mapping.LogicalId;
import dev.portolan.intake.mapping.MappedResource;
import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.mapping.Problem;
import dev.portolan.intake.x12.ClaimHistory.Adjudication;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;

/** Claims of 837s joined with what 835s say of them. Whichever comes, all ExplanationOfBenefits of its claim are made anew of all that has come so far: so the order of arrival does not matter. */
final class ClaimMapper {

    private final Members members;
    private final ProviderMapper providers;
    private final ClaimResources resources;

    ClaimMapper(Mapping claims, Mapping providers, Members members) {
        this.members = members;
        this.providers = new ProviderMapper(providers);
        this.resources = new ClaimResources(claims);
    }

    /** The claim's key: who bills and the number that it gives the claim. Both 837 and 835 tell them, and nothing else that both do identifies a claim before the payer has numbered it. */
    private static String key(String provider, String account) {
        return LogicalId.digest(provider.replace("-", "") + '|' + account.toUpperCase(Locale.ROOT)).substring(0, 40);
    }

    private static IntFunction<String> ids(String claim) {
        return place -> "x12-" + claim + '-' + (place + 1);
    }

    /**
     * What the mapping of a record will ask the ledger for.
     *
     * @param claims takes the claim's key
     * @param numbers takes the payer's numbers that the record tells
     */
    void ask(X12Record record, Set<String> claims, Set<String> numbers) {
        if (record.set().equals("837")) {
            Submission submission = new Submission(record);
            claims.add(key(submission.billing().taxOrNpi(), submission.account()));
            numbers.add(submission.replaces());
        } else if (record.set().equals("835")) {
            Payment payment = new Payment(record);
            claims.add(key(payment.payee(), payment.account()));
            numbers.add(payment.control());
        }
    }

    Mapping.Outcome submission(X12Record record, byte[] raw, ClaimLedger ledger, Earlier earlier) {
        Submission submission = new Submission(record);
        long line = submission.line();
        Party billing = submission.billing();
        if (submission.account().isEmpty() || !billing.isThere()) {
            return rejected("no-key", "CLM", line, "the claim has no number (CLM01) or no billing provider with a number (NM1 85)");
        }
        if (!submission.isVoid() && submission.lines().isEmpty()) {
            return rejected("missing-value", "LX", line, "the claim has no service line");
        }
        if ((submission.isVoid() || submission.isReplacement()) && submission.replaces().isEmpty()) {
            return rejected("missing-value", "REF F8", line, "a claim that replaces or voids another (CLM05-3 is 7 or 8) needs the payer's number of that one (REF F8)");
        }
        String claim = key(billing.taxOrNpi(), submission.account());
        String replaces = submission.replaces();
        ledger.add(ClaimLedger.Part.of(claim, ClaimLedger.Kind.SUBMISSION, submission.frequency() + '|' + replaces, submission.sequence(), replaces.isEmpty() ? null : replaces, line, raw));
        List<String> also = replaces.isEmpty() ? List.of() : ledger.claimsWith(ClaimLedger.Kind.PAYMENT, List.of(replaces), claim);
        return all(claim, also, line, ledger, earlier);
    }

    Mapping.Outcome payment(X12Record record, byte[] raw, ClaimLedger ledger, Earlier earlier) {
        Payment payment = new Payment(record);
        if (payment.account().isEmpty() || payment.control().isEmpty() || payment.payee().isEmpty()) {
            return rejected("no-key", "CLP", payment.line(), "the payment needs the claim's number (CLP01), the payer's number of it (CLP07) and the payee's number (N104 of N1 PE)");
        }
        if (payment.status().equals("25") || payment.status().equals("23")) {
            return rejected("no-claim", "CLP", payment.line(), "CLP02 " + payment.status() + " decides no claim of this plan: a predetermination, or not the plan's claim");
        }
        String claim = key(payment.payee(), payment.account());
        ledger.add(ClaimLedger.Part.of(claim, ClaimLedger.Kind.PAYMENT, payment.document(), payment.sequence(), payment.control(), payment.line(), raw));
        return all(claim, List.of(), payment.line(), ledger, earlier);
    }

    private static Mapping.Outcome rejected(String code, String field, long line, String message) {
        return new Mapping.Outcome(List.of(), List.of(new Problem(true, code, field, line, message)));
    }

    /** @param also other claims that the record changes: the one that it replaces or voids */
    private Mapping.Outcome all(String claim, List<String> also, long line, ClaimLedger ledger, Earlier earlier) {
        List<Problem> problems = new ArrayList<>();
        Map<String, MappedResource> made = new LinkedHashMap<>();
        History own = history(claim, ledger);
        make(own, line, ledger, earlier, made, problems);
        for (String other : also) {
            make(history(other, ledger), line, ledger, earlier, made, problems);
        }
        // A decision gives the claim a number, which the claim that it replaces points to.
        List<String> replaced = own.submissions().stream().map(Submission::replaces).filter(number -> !number.isEmpty() && !own.history().controls().contains(number)).toList();
        for (String other : ledger.claimsWith(ClaimLedger.Kind.PAYMENT, replaced, claim)) {
            if (!also.contains(other)) {
                make(history(other, ledger), line, ledger, earlier, made, problems);
            }
        }
        return problems.stream().anyMatch(Problem::reject) ? new Mapping.Outcome(List.of(), problems) : new Mapping.Outcome(List.copyOf(made.values()), problems);
    }

    private record History(String claim, List<Submission> submissions, ClaimHistory history) {}

    private static History history(String claim, ClaimLedger ledger) {
        History own = read(claim, ledger);
        for (String other : ledger.claimsWith(ClaimLedger.Kind.SUBMISSION, own.history().controls(), claim)) {
            History replacing = read(other, ledger);
            own.history().linkOther(replacing.history(), replacing.submissions(), ids(other));
        }
        return own;
    }

    private static History read(String claim, ClaimLedger ledger) {
        List<Submission> submissions = new ArrayList<>();
        List<Payment> payments = new ArrayList<>();
        for (ClaimLedger.Part part : ledger.parts(claim)) {
            X12Record record = part.record();
            if (part.kind() == ClaimLedger.Kind.SUBMISSION) {
                submissions.add(new Submission(record));
            } else {
                payments.add(new Payment(record));
            }
        }
        return new History(claim, submissions, ClaimHistory.of(submissions, payments, ids(claim)));
    }

    private void make(History of, long line, ClaimLedger ledger, Earlier earlier, Map<String, MappedResource> made, List<Problem> problems) {
        List<Adjudication> adjudications = of.history().adjudications();
        String lacks = null;
        for (int i = 0; i < adjudications.size(); i++) {
            Adjudication adjudication = adjudications.get(i);
            if (adjudication.submission() == null) {
                lacks = "claim";
                problems.add(new Problem(false, "waiting-for-claim", "CLP", line, "no claim of this provider and number has come yet; the payment is kept and joined to it when it does"));
                continue;
            }
            lacks = lacks == null && adjudication.payment() == null && !adjudication.isCancelled() ? "remittance" : lacks;
            one(adjudication, ids(of.claim()).apply(i), line, earlier, made, problems);
        }
        ledger.waiting(of.claim(), lacks);
    }

    private void one(Adjudication adjudication, String id, long line, Earlier earlier, Map<String, MappedResource> made, List<Problem> problems) {
        Submission submission = java.util.Objects.requireNonNull(adjudication.submission());
        Members.Person dependent = submission.dependent();
        Members.Found found = dependent == null ? members.subscriber(submission.subscriber(), earlier) : members.dependent(dependent, submission.subscriber(), earlier);
        if (found.patient().isEmpty()) {
            problems.add(new Problem(true, "unknown-member", "NM1", line, found.reason()));
            return;
        }
        JsonDocument patient = found.patient().get();
        Payment payment = adjudication.payment();
        if (payment != null && !Members.isSame(patient, payment.patient())) {
            problems.add(new Problem(true, "other-patient", "NM1 QC", line, "the payment and the claim with its number are about different patients: they are not joined"));
            return;
        }
        String patientId = String.valueOf(patient.root().fieldText("id"));
        Optional<String> coverage = Coverages.of(patientId, submission, earlier);
        if (coverage.isEmpty()) {
            problems.add(new Problem(true, "no-coverage", "SBR", line, "the member has no coverage; load the enrolment first"));
            return;
        }
        List<MappedResource> parties = providers.of(submission, earlier);
        parties.forEach(party -> made.putIfAbsent(party.type() + '/' + party.id(), party));
        Mapping.Outcome outcome = resources.of(adjudication, id, patientId, coverage.get(), line, "urn:portolan:feed:" + earlier.feed() + ":claims", new WithProviders(earlier, parties));
        problems.addAll(outcome.problems());
        outcome.resources().forEach(resource -> made.put(resource.type() + '/' + resource.id(), resource));
    }
}
