package dev.portolan.provideraccess;

import static org.assertj.core.api.Assertions.assertThat;

import dev.portolan.fhir.json.JsonDocument;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What a provider does not get is not in what is sent, and the rest is there byte for byte. */
class FinancialRedactionTest {

    private final FinancialRedaction redaction = new FinancialRedaction();

    private String redacted(String type, String json) {
        byte[] out = redaction.of(type, json.getBytes(StandardCharsets.UTF_8));
        JsonDocument.parse(out);
        return new String(out, StandardCharsets.UTF_8);
    }

    private static String money(String value) {
        return "{\"value\":" + value + ",\"currency\":\"USD\"}";
    }

    private static String category(String code) {
        return "\"category\":{\"coding\":[{\"code\":\"" + code + "\"}]}";
    }

    @Test
    void prv06_what_was_paid_and_what_the_member_pays_is_gone() {
        String json = "{\"resourceType\":\"ExplanationOfBenefit\",\"id\":\"e1\",\"meta\":{\"versionId\":\"1\",\"profile\":[\"http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-Pharmacy|2.1.0\"]},"
            + "\"text\":{\"status\":\"generated\",\"div\":\"<div>paid 9111.11</div>\"},\"disposition\":\"Paid $9112.22\",\"status\":\"active\",\"item\":[{\"sequence\":1,\"unitPrice\":" + money("9113.33") + ",\"net\":"
            + money("9114.44") + ",\"quantity\":{\"value\":2.50},\"adjudication\":[{" + category("submitted") + ",\"amount\":" + money("9115.55") + "},{" + category("allowedunits") + ",\"value\":3.10},{"
            + category("adjustmentreason") + ",\"reason\":{\"coding\":[{\"code\":\"45\"}]},\"amount\":" + money("9116.66") + "},{" + category("coinsurance") + ",\"value\":9117.77}],"
            + "\"detail\":[{\"sequence\":1,\"net\":" + money("9118.88") + ",\"adjudication\":[{" + category("copay") + ",\"amount\":" + money("9119.99") + "}]}]}],"
            + "\"total\":[{" + category("benefit") + ",\"amount\":" + money("9120.00") + "}],\"payment\":{\"amount\":" + money("9121.11") + ",\"date\":\"2024-05-05\"},\"benefitBalance\":[{\"financial\":[{\"allowedMoney\":"
            + money("9122.22") + "}]}],\"extension\":[{\"url\":\"x\",\"valueMoney\":" + money("9123.33") + "},{\"url\":\"y\",\"valueString\":\"stays\"}],"
            + "\"contained\":[{\"resourceType\":\"Coverage\",\"id\":\"c\",\"text\":{\"div\":\"copay 9124.44\"},\"costToBeneficiary\":[{\"valueMoney\":" + money("9125.55") + "}],\"status\":\"active\"}],"
            + "\"processNote\":[{\"number\":1,\"text\":\"You pay 9126.66 dollars\"},{\"number\":2,\"text\":\"Ends with the year\"}]}";
        assertThat(redacted("ExplanationOfBenefit", json)).isEqualTo(
            "{\"resourceType\":\"ExplanationOfBenefit\",\"id\":\"e1\",\"meta\":{\"versionId\":\"1\",\"profile\":[\"http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-Pharmacy-Basis|2.1.0\"]},"
            + "\"status\":\"active\",\"item\":[{\"sequence\":1,\"quantity\":{\"value\":2.50},\"adjudication\":[{" + category("allowedunits") + ",\"value\":3.10},{" + category("adjustmentreason")
            + ",\"reason\":{\"coding\":[{\"code\":\"45\"}]}}],\"detail\":[{\"sequence\":1}]}],\"extension\":[{\"url\":\"y\",\"valueString\":\"stays\"}],"
            + "\"contained\":[{\"resourceType\":\"Coverage\",\"id\":\"c\",\"status\":\"active\"}],\"processNote\":[{\"number\":2,\"text\":\"Ends with the year\"}]}");
    }

    @Test
    void prv06_a_decision_on_a_prior_authorization_stays_without_its_amount() {
        String json = "{\"resourceType\":\"ExplanationOfBenefit\",\"use\":\"preauthorization\",\"item\":[{\"adjudication\":[{\"extension\":[{\"url\":\"reviewAction\",\"valueCode\":\"A1\"}]," + category("submitted")
            + ",\"amount\":" + money("100.20") + "}]}]}";
        assertThat(redacted("ExplanationOfBenefit", json)).contains("\"valueCode\":\"A1\"").doesNotContain("100.20");
    }

    @Test
    void a_coverage_loses_what_the_member_pays() {
        assertThat(redacted("Coverage", "{\"resourceType\":\"Coverage\",\"costToBeneficiary\":[{\"valueQuantity\":{\"value\":20,\"system\":\"urn:iso:std:iso:4217\",\"code\":\"USD\"}}],\"subscriberId\":\"s\"}"))
            .isEqualTo("{\"resourceType\":\"Coverage\",\"subscriberId\":\"s\"}");
    }

    @Test
    void other_types_are_not_touched() {
        String json = "{\"resourceType\":\"Observation\",\"text\":{\"div\":\"x\"},\"valueQuantity\":{\"value\":1.0}}";
        assertThat(redacted("Observation", json)).isEqualTo(json);
    }

    @Test
    void prv06_a_claim_that_another_resource_contains_loses_its_money_and_the_rest_stays_as_it_is() {
        String claim = "{\"resourceType\":\"Claim\",\"id\":\"c\",\"total\":" + money("9131.11") + ",\"item\":[{\"sequence\":1,\"net\":" + money("9132.22") + "}]}";
        String list = "{\"resourceType\":\"List\",\"id\":\"l\",\"text\":{\"status\":\"generated\",\"div\":\"<div>paid 9133.33</div>\"},\"contained\":[" + claim + ",{\"resourceType\":\"Medication\",\"id\":\"m\",\"form\":{\"text\":\"tablet\"}}],"
            + "\"entry\":[{\"item\":{\"reference\":\"#c\"}}]}";
        String redacted = "{\"resourceType\":\"List\",\"id\":\"l\",\"contained\":[{\"resourceType\":\"Claim\",\"id\":\"c\",\"item\":[{\"sequence\":1}]},{\"resourceType\":\"Medication\",\"id\":\"m\",\"form\":{\"text\":\"tablet\"}}],"
            + "\"entry\":[{\"item\":{\"reference\":\"#c\"}}]}";
        assertThat(redacted("List", list)).isEqualTo(redacted);
        assertThat(redacted("List", list.replace("\"contained\"", "\"cont\\u0061ined\""))).as("by a name with an escape").doesNotContain("9131.11", "9132.22", "9133.33");
    }

    @Test
    void prv06_a_price_in_an_extension_goes_from_any_resource_and_an_amount_that_is_an_answer_stays() {
        assertThat(redacted("MedicationDispense", "{\"resourceType\":\"MedicationDispense\",\"extension\":[{\"url\":\"copay\",\"valueMoney\":" + money("9141.11") + "},{\"url\":\"y\",\"valueString\":\"stays\"}],\"status\":\"completed\"}"))
            .isEqualTo("{\"resourceType\":\"MedicationDispense\",\"extension\":[{\"url\":\"y\",\"valueString\":\"stays\"}],\"status\":\"completed\"}");
        String income = "{\"resourceType\":\"Observation\",\"contained\":[{\"resourceType\":\"Device\",\"id\":\"d\"}],\"valueQuantity\":{\"value\":20000,\"system\":\"urn:iso:std:iso:4217\",\"code\":\"USD\"}}";
        assertThat(redacted("Observation", income)).isEqualTo(income);
    }

    @Test
    void prv06_an_amount_in_words_or_without_a_code_system_goes_and_a_dose_stays() {
        String json = "{\"resourceType\":\"ExplanationOfBenefit\",\"supportingInfo\":[{\"sequence\":1,\"valueQuantity\":{\"value\":9151.11,\"unit\":\"USD\"}},{\"sequence\":2,\"valueString\":\"paid $9152.22\"},{\"sequence\":3,\"valueQuantity\":{\"value\":9155.55,\"unit\":\"US Dollars\"}}],"
            + "\"related\":[{\"claim\":{\"identifier\":{\"value\":\"c1\"},\"display\":\"paid $9156.66\"}}],"
            + "\"item\":[{\"sequence\":1,\"productOrService\":{\"text\":\"Semaglutide 0.25 mg\"},\"adjudication\":[{" + category("adjustmentreason") + ",\"reason\":{\"coding\":[{\"code\":\"3\"}],\"text\":\"you owe 9153 dollars\"}}]}],"
            + "\"processNote\":[{\"number\":1,\"text\":\"a copay of 9154.44 applies\"}]}";
        assertThat(redacted("ExplanationOfBenefit", json)).isEqualTo("{\"resourceType\":\"ExplanationOfBenefit\",\"supportingInfo\":[{\"sequence\":2}],\"related\":[{\"claim\":{\"identifier\":{\"value\":\"c1\"}}}],\"item\":[{\"sequence\":1,\"productOrService\":{\"text\":\"Semaglutide 0.25 mg\"},"
            + "\"adjudication\":[{" + category("adjustmentreason") + ",\"reason\":{\"coding\":[{\"code\":\"3\"}]}}]}]}");
    }

    /** There is no Basis profile before 2.1, which names the code system of these codes otherwise than 2.0. */
    @Test
    void prv06_codes_of_a_claim_by_version_2_0_have_the_name_that_the_basis_profiles_ask_for() {
        String nubc = "{\"system\":\"https://www.nubc.org/CodeSystem/PresentOnAdmissionIndicator\",\"code\":\"Y\"}";
        String cms = "{\"system\":\"https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/HospitalAcqCond/Coding\",\"code\":\"Y\"}";
        String json = "{\"resourceType\":\"ExplanationOfBenefit\",\"diagnosis\":[{\"sequence\":1,\"onAdmission\":{\"coding\":[%s]}}]}";
        assertThat(redacted("ExplanationOfBenefit", json.formatted(nubc))).isEqualTo(json.formatted(nubc + ',' + cms));
        String paid = ",\"payment\":{\"date\":\"";
        String asLong = json.formatted(nubc).replaceFirst("}$", java.util.regex.Matcher.quoteReplacement(paid + "2".repeat(cms.length() + 1 - paid.length() - 2) + "\"}}"));
        assertThat(redacted("ExplanationOfBenefit", asLong)).as("what goes is as long as what comes").isEqualTo(json.formatted(nubc + ',' + cms));
        assertThat(redacted("ExplanationOfBenefit", json.formatted(cms + ',' + nubc))).as("both are there").isEqualTo(json.formatted(cms + ',' + nubc));
    }

    @Test
    void npis_are_checked_by_their_last_digit() {
        assertThat(Npi.isValid("1679576722")).isTrue();
        assertThat(Npi.isValid("1234567893")).isTrue();
        assertThat(Npi.isValid("1234567890")).isFalse();
        assertThat(Npi.isValid("123456789")).isFalse();
    }
}
