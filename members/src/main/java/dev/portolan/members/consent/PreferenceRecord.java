package dev.portolan.members.consent;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.identity.scope.SensitiveCategory;
import dev.portolan.members.consent.Preference.Decision;
import dev.portolan.members.consent.Preference.Kind;
import dev.portolan.store.Grant;
import dev.portolan.store.Interaction;
import dev.portolan.store.Purpose;
import dev.portolan.store.ReadResult;
import dev.portolan.store.RecordDatabase;
import dev.portolan.store.ResourceKey;
import dev.portolan.store.WriteTransaction;
import dev.portolan.store.WriteTransaction.Written;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** A member's decisions as FHIR Consent resources in the member's record: for providers as PDex profiles it, for payers as HRex does. */
public final class PreferenceRecord {

    private static final Grant OWN = new Grant("members", "portolan", null, Purpose.OPERATIONS, new Grant.Members.Everyone(),
        Map.of("Consent", new Grant.Rule(EnumSet.of(Interaction.READ, Interaction.CREATE, Interaction.UPDATE), List.of())), Set.of(), Set.of());
    private static final String IDENTIFIED_DISCLOSURE = "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"IDSCL\"}]}";
    private static final String PRIVACY = "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":\"patient-privacy\"}]}";
    private static final String DISCLOSE = "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentaction\",\"code\":\"disclose\"}]}";
    /** What somebody decided about sensitive data tells of it: who may not see such data, as a minor's parent, does not see that. */
    private static final String CONFIDENTIAL = "\"security\":[{\"system\":\"" + SensitiveCategory.CONFIDENTIALITY + "\",\"code\":\"R\"}]";
    private static final String HREX = "http://hl7.org/fhir/us/davinci-hrex/StructureDefinition-hrex-consent.html";

    private final RecordDatabase records;
    private final String plan;

    /** @param plan who holds the data, as members know it */
    public PreferenceRecord(RecordDatabase records, String plan) {
        this.records = records;
        this.plan = plan;
    }

    /**
     * In the decision's own transaction: a Consent that says no while the decision does not hold would deceive the member.
     *
     * @param precondition looks at the resource that stands, locked
     * @param beforeCommit runs when the database has taken the resource, and before anybody sees it
     */
    <R> R keep(Connection connection, Preference preference, Consumer<ReadResult> precondition, BiFunction<WriteTransaction, Written, R> beforeCommit) throws SQLException {
        ResourceKey key = new ResourceKey("Consent", id(preference));
        JsonDocument resource = JsonDocument.parse(json(preference).getBytes(StandardCharsets.UTF_8));
        return records.write(connection, OWN, transaction -> {
            precondition.accept(transaction.lock(List.of(key)).get(key));
            return transaction.put(key, resource);
        }, beforeCommit);
    }

    /** The id of a decision's resource. */
    static String id(Preference preference) {
        return "decision-" + preference.id();
    }

    private String json(Preference preference) {
        StringBuilder json = new StringBuilder("{\"resourceType\":\"Consent\"");
        profile(preference.kind()).ifPresent(profile -> json.append(",\"meta\":{\"profile\":[\"").append(profile).append("\"]").append(preference.categories().isEmpty() ? "" : "," + CONFIDENTIAL).append('}'));
        if (preference.kind() == Kind.SENSITIVE) {
            json.append(",\"meta\":{").append(CONFIDENTIAL).append('}');
        }
        json.append(",\"status\":\"active\",\"scope\":").append(PRIVACY).append(",\"category\":[").append(IDENTIFIED_DISCLOSURE).append("]")
            .append(",\"patient\":{\"reference\":\"Patient/").append(preference.patient()).append("\"}")
            .append(",\"dateTime\":\"").append(preference.recordedAt()).append('"')
            .append(",\"performer\":[{\"reference\":\"Patient/").append(preference.patient()).append("\",\"display\":").append(quoted(performer(preference))).append("}]")
            .append(",\"organization\":[{\"display\":").append(quoted(plan)).append("}]")
            .append(",\"sourceReference\":{\"display\":").append(quoted("Recorded by " + preference.recorded().method() + ", in " + preference.recorded().language())).append('}');
        if (preference.kind() == Kind.PAYER_TO_PAYER) {
            json.append(",\"policy\":[{\"uri\":\"").append(HREX).append(preference.categories().isEmpty() ? "#regular" : "#sensitive").append("\"}]");
        } else {
            json.append(",\"policyRule\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentpolicycodes\",\"code\":\"cric\",\"display\":\"Common Rule Informed Consent\"}]}"); // PDex's pattern has the display
        }
        return json.append(",\"provision\":").append(provision(preference)).append('}').toString();
    }

    private static java.util.Optional<String> profile(Kind kind) {
        return java.util.Optional.ofNullable(kind == Kind.PROVIDER_ACCESS ? "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-provider-consent"
            : kind == Kind.PAYER_TO_PAYER ? "http://hl7.org/fhir/us/davinci-hrex/StructureDefinition/hrex-consent" : null);
    }

    private static String performer(Preference preference) {
        return switch (preference.recorded().relation()) {
            case "self" -> "the member";
            case "staff" -> "the member, through the plan's staff";
            default -> "for the member: " + preference.recorded().relation();
        };
    }

    private String provision(Preference preference) {
        Instant end = preference.validUntil();
        StringBuilder json = new StringBuilder("{\"type\":\"").append(preference.decision() == Decision.PERMIT ? "permit" : "deny").append("\",\"period\":{\"start\":\"")
            .append(preference.recordedAt()).append('"');
        if (end != null) {
            json.append(",\"end\":\"").append(end).append('"');
        }
        json.append("},\"actor\":[{\"role\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/provenance-participant-type\",\"code\":\"performer\"}]},\"reference\":{\"display\":")
            .append(quoted(plan)).append("}}");
        if (!preference.app().isEmpty()) {
            json.append(",{\"role\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ParticipationType\",\"code\":\"IRCP\"}]},\"reference\":{\"identifier\":{\"value\":").append(quoted(preference.app())).append("},\"display\":")
                .append(quoted(preference.app())).append("}}");
        }
        json.append("],\"action\":[").append(DISCLOSE).append(']');
        if (preference.kind() == Kind.SENSITIVE && !preference.categories().isEmpty()) {
            json.append(",\"securityLabel\":[").append(SensitiveCategory.securityLabels(preference.categories()).stream().map(PreferenceRecord::coding).collect(Collectors.joining(","))).append(']');
        }
        return json.append('}').toString();
    }

    private static String coding(String label) {
        int bar = label.indexOf('|');
        return "{\"system\":\"" + label.substring(0, bar) + "\",\"code\":\"" + label.substring(bar + 1) + "\"}";
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                json.append('\\');
            }
            json.append(c < ' ' ? ' ' : (char) c);
        });
        return json.append('"').toString();
    }
}
