package dev.portolan.benchmarks.differential;

import dev.portolan.benchmarks.http.FhirClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * R4's Patient compartment, for the types of the sample: a resource is in it if one of these parameters names the patient. The peer offers no compartment searches, so it is asked by each
 * parameter, and its answers are taken together.
 */
final class PatientCompartment {

    /** R4 compartmentdefinition-patient.html. */
    static final Map<String, List<String>> PARAMETERS = Map.ofEntries(
            Map.entry("AllergyIntolerance", List.of("patient", "recorder", "asserter")),
            Map.entry("CarePlan", List.of("patient", "performer")),
            Map.entry("CareTeam", List.of("patient", "participant")),
            Map.entry("Claim", List.of("patient", "payee")),
            Map.entry("Condition", List.of("patient", "asserter")),
            Map.entry("Coverage", List.of("policy-holder", "subscriber", "beneficiary", "payor")),
            Map.entry("DiagnosticReport", List.of("subject")),
            Map.entry("DocumentReference", List.of("subject", "author")),
            Map.entry("Encounter", List.of("patient")),
            Map.entry("ExplanationOfBenefit", List.of("patient", "payee")),
            Map.entry("ImagingStudy", List.of("patient")),
            Map.entry("Immunization", List.of("patient")),
            Map.entry("List", List.of("subject", "source")),
            Map.entry("MedicationAdministration", List.of("patient", "performer", "subject")),
            Map.entry("MedicationRequest", List.of("subject")),
            Map.entry("Observation", List.of("subject", "performer")),
            Map.entry("Procedure", List.of("patient", "performer")),
            Map.entry("Provenance", List.of("patient")),
            Map.entry("QuestionnaireResponse", List.of("subject", "author")),
            Map.entry("RiskAssessment", List.of("subject")),
            Map.entry("SupplyDelivery", List.of("patient")));

    private PatientCompartment() {}

    static SearchAnswer ask(FhirClient server, SearchQuestion question) {
        Set<String> matches = new TreeSet<>();
        for (String parameter : PARAMETERS.get(question.resourceType())) {
            SearchAnswer answer = SearchAnswer.ask(server, question.by(parameter));
            if (answer.status() != 200) {
                return answer;
            }
            matches.addAll(answer.matches());
        }
        return new SearchAnswer(200, new ArrayList<>(matches), Set.of(), "", "");
    }
}
