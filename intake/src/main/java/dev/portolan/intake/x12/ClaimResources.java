package dev.portolan.intake.x12;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.intake.mapping.LogicalId;
import dev.portolan.intake.mapping.MappedResource;
import dev.portolan.intake.mapping.Mapping;
import dev.portolan.intake.mapping.Problem;
import dev.portolan.intake.mapping.References;
import dev.portolan.intake.x12.ClaimHistory.Adjudication;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An ExplanationOfBenefit: what the CPCDS mapping makes of the claim's columns, and what X12 says beyond them (reasons and remarks of every adjustment, the payee, the payer's number, claims that are not decided yet). */
final class ClaimResources {

    private static final String DISCRIMINATOR = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudicationDiscriminator";
    private static final String CARC = "https://x12.org/codes/claim-adjustment-reason-codes";
    private static final String RARC = "https://x12.org/codes/remittance-advice-remark-codes";
    private static final Set<String> AMOUNT_SYSTEMS = Set.of("http://terminology.hl7.org/CodeSystem/adjudication", "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication");

    private static final Set<String> NUBC = Set.of("urn:portolan:concept-map:point-of-origin", "urn:portolan:concept-map:admission-type", "urn:portolan:concept-map:discharge-status");

    private static final int MOST_POINTERS = 4;
    private static final Map<String, String[]> UNITS = Map.of("MJ", new String[] {"minutes", "min"}, "DA", new String[] {"days", "d"});

    private final Mapping mapping;
    private final Headers headers = new Headers();

    ClaimResources(Mapping mapping) {
        this.mapping = mapping;
    }

    /** @param source one for what both files say: which of them came last must not show */
    Mapping.Outcome of(Adjudication adjudication, String id, String patientId, String coverageId, long line, String source, References references) {
        ClaimRows rows = new ClaimRows(adjudication, id, patientId, coverageId);
        Mapping.Outcome outcome = mapping.map(rows.rows().record(line, headers), references);
        // Of lines of earlier records nobody finds the segment here: what there is to say is said of the record that came.
        List<Problem> problems = outcome.problems().stream().filter(problem -> !isStandard(problem))
            .map(problem -> new Problem(problem.reject(), problem.code(), problem.column(), line, problem.message(), problem.unmapped())).toList();
        if (outcome.rejected()) {
            return new Mapping.Outcome(List.of(), problems);
        }
        return new Mapping.Outcome(outcome.resources().stream().map(resource -> completed(resource, adjudication, rows, source)).toList(), problems);
    }

    /** The codes of 837s are those of the NUBC already, for which CPCDS has maps of local codes; and nothing in them tells the network. */
    private static boolean isStandard(Problem problem) {
        Problem.UnmappedCode unmapped = problem.unmapped();
        return unmapped != null && (NUBC.contains(unmapped.table()) || unmapped.code().equals("other"));
    }

    private static MappedResource completed(MappedResource resource, Adjudication adjudication, ClaimRows rows, String source) {
        ObjectNode claim = Resources.tree(resource.json());
        (claim.path("meta") instanceof ObjectNode meta ? meta : claim.putObject("meta")).put("source", source);
        number(claim, adjudication);
        Party billing = rows.claim().billing();
        claim.putObject("provider").put("reference", (ProviderMapper.isPractitioner(billing, rows.claim()) ? "Practitioner/" : "Organization/") + LogicalId.of(billing.number()));
        units(claim, rows.claim());
        Teeth.add(claim, rows.claim());
        pointers(claim, rows.claim());
        ArrayNode insurances = claim.path("insurance") instanceof ArrayNode there ? there : claim.putArray("insurance");
        rows.claim().otherPayers().forEach(name -> insurances.addObject().put("focal", false).putObject("coverage").put("display", name)); // as CARIN names other carriers
        Payment payment = adjudication.payment();
        if (payment == null) {
            claim.remove("payment");
            if (!adjudication.isCancelled()) {
                claim.put("outcome", "queued");
                claim.put("disposition", "Received; the plan has not decided on it yet");
            }
            return Resources.of(claim, resource.onlyIfAbsent());
        }
        if (rows.isPaidToProvider() && claim.path("payee") instanceof ObjectNode payee) {
            payee.set("party", claim.path("provider").deepCopy());
        }
        reasons(claim, payment, rows);
        if (payment.services().isEmpty() && rows.isInstitutional()) {
            onHeader(claim);
        }
        return Resources.of(claim, resource.onlyIfAbsent());
    }

    /** The unique claim identifier is the payer's number as soon as there is one; the resource keeps its id. */
    private static void number(ObjectNode claim, Adjudication adjudication) {
        if (!adjudication.control().isEmpty() && claim.path("identifier").path(0) instanceof ObjectNode identifier) {
            identifier.put("value", adjudication.control());
        }
    }

    /** What is counted, if it is no services: minutes of anesthesia (MJ), days of a room (DA). */
    private static void units(ObjectNode claim, Submission submission) {
        for (int i = 0; i < submission.lines().size(); i++) {
            Segment service = submission.lines().get(i).first("SV1", "SV2");
            String[] unit = service == null ? null : UNITS.get(service.at(service.is("SV1") ? 3 : 4));
            if (unit != null && claim.path("item").path(i).path("quantity") instanceof ObjectNode quantity) {
                quantity.put("unit", unit[0]).put("system", "http://unitsofmeasure.org").put("code", unit[1]);
            }
        }
    }

    /** Which diagnoses a line is for: SV107 and SV311 point to them by their place in HI. */
    private static void pointers(ObjectNode claim, Submission submission) {
        List<String> diagnoses = DiagnosisRows.pointedTo(submission);
        for (int i = 0; i < submission.lines().size(); i++) {
            Segment service = submission.lines().get(i).first("SV1", "SV3");
            Set<Integer> sequences = new LinkedHashSet<>();
            for (int pointer = 1; service != null && pointer <= MOST_POINTERS; pointer++) {
                String place = service.at(service.is("SV1") ? 7 : 11, pointer);
                if (place.matches("\\d{1,2}") && Integer.parseInt(place) >= 1 && Integer.parseInt(place) <= diagnoses.size()) {
                    sequences.add(sequence(claim, diagnoses.get(Integer.parseInt(place) - 1)));
                }
            }
            sequences.remove(0);
            if (!sequences.isEmpty() && claim.path("item").path(i) instanceof ObjectNode item) {
                ArrayNode numbers = item.putArray("diagnosisSequence");
                sequences.forEach(numbers::add);
            }
        }
    }

    /** Of the diagnosis with this code, or 0. */
    private static int sequence(ObjectNode claim, String code) {
        for (com.fasterxml.jackson.databind.JsonNode diagnosis : claim.path("diagnosis")) {
            if (diagnosis.path("diagnosisCodeableConcept").path("coding").path(0).path("code").asText().replace(".", "").equals(code.replace(".", ""))) {
                return diagnosis.path("sequence").asInt();
            }
        }
        return 0;
    }

    private static void reasons(ObjectNode claim, Payment payment, ClaimRows rows) {
        List<Submission.Line> lines = rows.claim().lines();
        for (int i = 0; i < lines.size() && i < claim.path("item").size(); i++) {
            Set<String> carcs = new LinkedHashSet<>();
            Set<String> rarcs = new LinkedHashSet<>();
            for (List<Segment> service : rows.match().of(lines.get(i))) {
                Payment.adjustments(service).forEach(adjustment -> carcs.add(adjustment.reason()));
                rarcs.addAll(Payment.remarks(service));
            }
            add((ObjectNode) claim.path("item").path(i), carcs, rarcs, !rows.isInstitutional());
        }
        Set<String> carcs = new LinkedHashSet<>();
        payment.adjustments().forEach(adjustment -> carcs.add(adjustment.reason()));
        Set<String> rarcs = new LinkedHashSet<>(payment.remarks());
        for (List<Segment> service : rows.match().unmatched()) {
            Payment.adjustments(service).forEach(adjustment -> carcs.add(adjustment.reason()));
            rarcs.addAll(Payment.remarks(service));
        }
        add(claim, carcs, rarcs, !rows.isInstitutional());
    }

    /**
     * Without their amounts: these are in the categories that CARIN has for them, which are left out where no money may be told.
     *
     * @param together as codings of one reason: the profiles of professional and oral claims allow one (item.adjudication:adjustmentreason 0..1)
     */
    private static void add(ObjectNode of, Set<String> carcs, Set<String> rarcs, boolean together) {
        if (carcs.isEmpty() && rarcs.isEmpty()) {
            return;
        }
        ArrayNode adjudications = of.path("adjudication") instanceof ArrayNode there ? there : of.putArray("adjudication");
        ArrayNode codings = null;
        for (String code : carcs) {
            codings = together && codings != null ? codings : reason(adjudications);
            codings.addObject().put("system", CARC).put("code", code);
        }
        for (String code : rarcs) {
            codings = together && codings != null ? codings : reason(adjudications);
            codings.addObject().put("system", RARC).put("code", code);
        }
    }

    private static ArrayNode reason(ArrayNode adjudications) {
        ObjectNode adjudication = adjudications.addObject();
        adjudication.putObject("category").putArray("coding").addObject().put("system", DISCRIMINATOR).put("code", "adjustmentreason");
        return adjudication.putObject("reason").putArray("coding");
    }

    /** An institutional claim that was decided as a whole has its amounts on the header, and none on the lines (EOB-institutional-item-or-header-adjudication). */
    private static void onHeader(ObjectNode claim) {
        for (com.fasterxml.jackson.databind.JsonNode item : claim.path("item")) {
            if (item.path("adjudication") instanceof ArrayNode adjudications) {
                for (int i = adjudications.size() - 1; i >= 0; i--) {
                    if (AMOUNT_SYSTEMS.contains(adjudications.get(i).path("category").path("coding").path(0).path("system").asText())) {
                        adjudications.remove(i);
                    }
                }
                if (adjudications.isEmpty()) {
                    ((ObjectNode) item).remove("adjudication");
                }
            }
        }
        ArrayNode header = claim.path("adjudication") instanceof ArrayNode there ? there : claim.putArray("adjudication");
        claim.path("total").forEach(total -> header.add(total.deepCopy()));
    }
}
