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
import java.util.stream.Stream;

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

    private static IntFunction<String> ids(String claim, String occasion) {
        return place -> "x12-" + claim + (occasion.isEmpty() ? "" : '-' + occasion) + '-' + (place + 1);
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
        if (!submission.isVoid() && (submission.lines().isEmpty() || submission.lines().stream().anyMatch(one -> one.first("SV1", "SV2", "SV3") == null))) {
            return rejected("missing-value", "SV", line, "the claim has no service line, or one without a service (SV1, SV2, SV3)");
        }
        if ((submission.isVoid() || submission.isReplacement()) && submission.replaces().isEmpty()) {
            return rejected("missing-value", "REF F8", line, "a claim that replaces or voids another (CLM05-3 is 7 or 8) needs the payer's number of that one (REF F8)");
        }
        String claim = key(billing.taxOrNpi(), submission.account());
        String replaces = submission.replaces();
        ledger.add(ClaimLedger.Part.of(claim, ClaimLedger.Kind.SUBMISSION, Occasion.document(submission, ledger.parts(claim)), submission.sequence(), replaces.isEmpty() ? null : replaces, line, raw));
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
        List<String> replaced = own.replaces().filter(number -> !own.controls().contains(number)).toList();
        for (String other : ledger.claimsWith(ClaimLedger.Kind.PAYMENT, replaced, claim)) {
            if (!also.contains(other)) {
                make(history(other, ledger), line, ledger, earlier, made, problems);
            }
        }
        return problems.stream().anyMatch(Problem::reject) ? new Mapping.Outcome(List.of(), problems) : new Mapping.Outcome(List.copyOf(made.values()), problems);
    }

    /** One claim of those with a number: its ExplanationOfBenefits and their ids. */
    private record Told(List<Submission> submissions, ClaimHistory history, IntFunction<String> ids) {}

    /** All claims to which their provider gave one number. */
    private record History(String claim, List<Told> told) {

        List<String> controls() {
            return told.stream().flatMap(one -> one.history().controls().stream()).toList();
        }

        Stream<String> replaces() {
            return told.stream().flatMap(one -> one.submissions().stream()).map(Submission::replaces).filter(number -> !number.isEmpty());
        }
    }

    private static History history(String claim, ClaimLedger ledger) {
        History own = read(claim, ledger);
        link(own, own);
        for (String other : ledger.claimsWith(ClaimLedger.Kind.SUBMISSION, own.controls(), claim)) {
            link(own, read(other, ledger));
        }
        return own;
    }

    private static void link(History own, History replacing) {
        for (Told one : own.told()) {
            replacing.told().stream().filter(other -> other != one).forEach(other -> one.history().linkOther(other.history(), other.submissions(), other.ids()));
        }
    }

    private static History read(String claim, ClaimLedger ledger) {
        List<ClaimEpisodes.Told> submissions = new ArrayList<>();
        List<Payment> payments = new ArrayList<>();
        for (ClaimLedger.Part part : ledger.parts(claim)) {
            X12Record record = part.record();
            if (part.kind() == ClaimLedger.Kind.SUBMISSION) {
                submissions.add(new ClaimEpisodes.Told(new Submission(record), part.document()));
            } else {
                payments.add(new Payment(record));
            }
        }
        return new History(claim, ClaimEpisodes.of(submissions, payments).stream().map(one -> {
            IntFunction<String> ids = ids(claim, one.occasion());
            return new Told(one.submissions(), ClaimHistory.of(one.submissions(), one.payments(), ids), ids);
        }).toList());
    }

    private void make(History of, long line, ClaimLedger ledger, Earlier earlier, Map<String, MappedResource> made, List<Problem> problems) {
        String lacks = null;
        for (Told told : of.told()) {
            List<Adjudication> adjudications = told.history().adjudications();
            for (int i = 0; i < adjudications.size(); i++) {
                Adjudication adjudication = adjudications.get(i);
                if (adjudication.submission() == null) {
                    lacks = "claim";
                    problems.add(new Problem(false, "waiting-for-claim", "CLP", line, "no claim of this provider and number has come yet that the payment fits; it is kept and joined to it when it does"));
                    continue;
                }
                lacks = lacks == null && adjudication.payment() == null && !adjudication.isCancelled() ? "remittance" : lacks;
                one(adjudication, told.ids().apply(i), line, earlier, made, problems);
            }
            if (of.told().size() > 1 && !told.submissions().isEmpty()) {
                withdraw(told.ids().apply(adjudications.size()), earlier, made);
            }
        }
        ledger.waiting(of.claim(), lacks);
    }

    /** What was taken for a further decision about a claim, until the claim came that it is about. */
    private static void withdraw(String id, Earlier earlier, Map<String, MappedResource> made) {
        earlier.resource("ExplanationOfBenefit", id).map(found -> Resources.tree(found.bytes())).filter(found -> !found.path("status").asText().equals("entered-in-error")).ifPresent(found -> {
            found.put("status", "entered-in-error");
            made.put("ExplanationOfBenefit/" + id, Resources.of(found, false));
        });
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
        if (payment != null && (!Members.isSame(patient, payment.patient()) || members.isAnother(patient, payment.patient(), submission.subscriber(), earlier))) {
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
