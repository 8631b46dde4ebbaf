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
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
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
        if (submission.isPredetermination()) {
            return rejected("no-claim", "CLM", line, "CLM19 PB asks for a predetermination of benefits: nothing has been done yet that would be a claim");
        }
        if (!submission.isVoid() && (submission.lines().isEmpty() || submission.lines().stream().anyMatch(one -> one.first("SV1", "SV2", "SV3") == null))) {
            return rejected("missing-value", "SV", line, "the claim has no service line, or one without a service (SV1, SV2, SV3)");
        }
        if ((submission.isVoid() || submission.isReplacement()) && submission.replaces().isEmpty()) {
            return rejected("missing-value", "REF F8", line, "a claim that replaces or voids another (CLM05-3 is 7 or 8) needs the payer's number of that one (REF F8)");
        }
        String claim = key(billing.taxOrNpi(), submission.account());
        String replaces = submission.replaces();
        ClaimLedger.Part part = ClaimLedger.Part.of(claim, ClaimLedger.Kind.SUBMISSION, Occasion.document(submission, ledger.parts(claim), ledger), submission.sequence(), replaces.isEmpty() ? null : replaces, line, raw);
        List<String> also = replaces.isEmpty() ? List.of() : ledger.claimsWith(ClaimLedger.Kind.PAYMENT, List.of(replaces), claim);
        return add(part, also, ledger, earlier);
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
        Mapping.Outcome outcome = add(ClaimLedger.Part.of(claim, ClaimLedger.Kind.PAYMENT, payment.document(), payment.sequence(), payment.control(), payment.line(), raw), List.of(), ledger, earlier);
        return payment.isBalanced() ? outcome : new Mapping.Outcome(outcome.resources(), Stream.concat(outcome.problems().stream(), Stream.of(
            new Problem(false, "unbalanced", "CLP", payment.line(), "what is paid is not what was charged less the adjustments, of a service or of the claim; the amounts are told as they came"))).toList());
    }

    private static Mapping.Outcome rejected(String code, String field, long line, String message) {
        return new Mapping.Outcome(List.of(), List.of(new Problem(true, code, field, line, message)));
    }

    /**
     * Of the claims with the part's number that is made anew which the part belongs to, and each other that it changes: there may be many.
     *
     * @param also other numbers' claims that the part changes: the one that it replaces or voids
     */
    private Mapping.Outcome add(ClaimLedger.Part part, List<String> also, ClaimLedger ledger, Earlier earlier) {
        Map<String, String> before = ledger.parts(part.claim()).size() > 1 ? history(part.claim(), ledger).states() : Map.of();
        ledger.add(part);
        Making making = new Making(part.line(), earlier, new LinkedHashMap<>(), new ArrayList<>());
        History own = history(part.claim(), ledger);
        make(own, (told, id, adjudication) -> told.names().contains(part.document()) || !Told.state(adjudication).equals(before.get(id)), making, ledger);
        Map<String, String> after = before.isEmpty() ? before : own.states();
        before.keySet().stream().filter(id -> !after.containsKey(id)).forEach(id -> withdraw(id, making));
        // A decision gives the claim a number, which the claim that it replaces points to.
        Set<String> controls = own.controls();
        Set<String> replaced = own.told().stream().flatMap(one -> one.submissions().stream()).map(Submission::replaces).filter(number -> !number.isEmpty() && !controls.contains(number)).collect(Collectors.toCollection(TreeSet::new));
        Set<String> others = new TreeSet<>(also);
        others.addAll(ledger.claimsWith(ClaimLedger.Kind.PAYMENT, replaced, part.claim()));
        others.forEach(other -> make(history(other, ledger), (told, id, adjudication) -> replaced.contains(adjudication.control()), making, ledger));
        return making.problems().stream().anyMatch(Problem::reject) ? new Mapping.Outcome(List.of(), making.problems()) : new Mapping.Outcome(List.copyOf(making.made().values()), making.problems());
    }

    /** What is made of a record, and what there is to say of it. */
    private record Making(long line, Earlier earlier, Map<String, MappedResource> made, List<Problem> problems) {

        void reject(String code, String field, String message) {
            problems.add(new Problem(true, code, field, line, message));
        }
    }

    /** Which ExplanationOfBenefits are made anew. */
    private interface Meant {
        boolean test(Told told, String id, Adjudication adjudication);
    }

    /**
     * One claim of those with a number: its ExplanationOfBenefits and their ids.
     *
     * @param names of its parts
     */
    private record Told(Set<String> names, List<Submission> submissions, ClaimHistory history, IntFunction<String> ids) {

        /** All that its ExplanationOfBenefit is made of. */
        static String state(Adjudication of) {
            Submission submission = of.submission();
            Payment payment = of.payment();
            return String.join("\n", submission == null ? "" : submission.sequence() + Occasion.of(submission) + submission.replaces(), payment == null ? "" : payment.document() + payment.sequence(), of.control(), of.prior(), of.replacedBy(),
                String.valueOf(of.isCancelled()));
        }
    }

    /** All claims to which their provider gave one number. */
    private record History(String claim, List<Told> told) {

        Set<String> controls() {
            return told.stream().flatMap(one -> one.history().controls().stream()).collect(Collectors.toCollection(TreeSet::new));
        }

        Map<String, String> states() {
            Map<String, String> states = new LinkedHashMap<>();
            for (Told one : told) {
                List<Adjudication> adjudications = one.history().adjudications();
                for (int i = 0; i < adjudications.size(); i++) {
                    if (adjudications.get(i).submission() != null) {
                        states.put(one.ids().apply(i), Told.state(adjudications.get(i)));
                    }
                }
            }
            return states;
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
        for (Told other : replacing.told()) {
            if (other.submissions().stream().anyMatch(submission -> !submission.replaces().isEmpty())) {
                own.told().stream().filter(one -> one != other).forEach(one -> one.history().linkOther(other.history(), other.submissions(), other.ids()));
            }
        }
    }

    private static History read(String claim, ClaimLedger ledger) {
        List<ClaimEpisodes.Told> submissions = new ArrayList<>();
        List<Payment> payments = new ArrayList<>();
        for (ClaimLedger.Part part : ledger.parts(claim)) {
            if (part.kind() == ClaimLedger.Kind.SUBMISSION) {
                submissions.add(new ClaimEpisodes.Told(ledger.submission(part), part.document()));
            } else {
                payments.add(ledger.payment(part));
            }
        }
        return new History(claim, ClaimEpisodes.of(submissions, payments).stream().map(one -> {
            IntFunction<String> ids = ids(claim, one.occasion());
            Set<String> names = one.told().stream().map(ClaimEpisodes.Told::document).collect(Collectors.toCollection(TreeSet::new));
            one.payments().forEach(payment -> names.add(payment.document()));
            return new Told(names, one.submissions(), ClaimHistory.of(one.submissions(), one.payments(), ids), ids);
        }).toList());
    }

    private void make(History of, Meant meant, Making making, ClaimLedger ledger) {
        String lacks = null;
        for (Told told : of.told()) {
            List<Adjudication> adjudications = told.history().adjudications();
            for (int i = 0; i < adjudications.size(); i++) {
                Adjudication adjudication = adjudications.get(i);
                String id = told.ids().apply(i);
                if (adjudication.submission() == null) {
                    lacks = "claim";
                } else {
                    lacks = lacks == null && adjudication.payment() == null && !adjudication.isCancelled() ? "remittance" : lacks;
                    if (meant.test(told, id, adjudication)) {
                        one(adjudication, id, making);
                    }
                }
            }
        }
        if ("claim".equals(lacks)) {
            making.problems().add(new Problem(false, "waiting-for-claim", "CLP", making.line(), "no claim of this provider and number has come yet that the payment fits; it is kept and joined to it when it does"));
        }
        ledger.waiting(of.claim(), lacks);
    }

    /** What was taken for a further decision about a claim, until the claim came that it is about. */
    private static void withdraw(String id, Making making) {
        making.earlier().resource("ExplanationOfBenefit", id).map(found -> Resources.tree(found.bytes())).ifPresent(found -> {
            found.put("status", "entered-in-error");
            making.made().put("ExplanationOfBenefit/" + id, Resources.of(found, false));
        });
    }

    private void one(Adjudication adjudication, String id, Making making) {
        Earlier earlier = making.earlier();
        Submission submission = java.util.Objects.requireNonNull(adjudication.submission());
        Members.Person dependent = submission.dependent();
        Members.Found found = dependent == null ? members.subscriber(submission.subscriber(), earlier) : members.dependent(dependent, submission.subscriber(), earlier);
        if (found.patient().isEmpty()) {
            making.reject("unknown-member", "NM1", found.reason());
            return;
        }
        JsonDocument patient = found.patient().get();
        Payment payment = adjudication.payment();
        if (payment != null && (!Members.isSame(patient, payment.patient()) || members.isAnother(patient, payment.patient(), submission.subscriber(), earlier))) {
            making.reject("other-patient", "NM1 QC", "the payment and the claim with its number are about different patients: they are not joined");
            return;
        }
        String patientId = String.valueOf(patient.root().fieldText("id"));
        Optional<String> coverage = Coverages.of(patientId, submission, earlier);
        if (coverage.isEmpty()) {
            making.reject("no-coverage", "SBR", "the member has no coverage; load the enrolment first");
            return;
        }
        List<MappedResource> parties = providers.of(submission, earlier);
        parties.forEach(party -> making.made().putIfAbsent(party.type() + '/' + party.id(), party));
        Mapping.Outcome outcome = resources.of(adjudication, id, patientId, coverage.get(), making.line(), "urn:portolan:feed:" + earlier.feed() + ":claims", new WithProviders(earlier, parties));
        making.problems().addAll(outcome.problems());
        outcome.resources().forEach(resource -> making.made().put(resource.type() + '/' + resource.id(), resource));
    }
}
