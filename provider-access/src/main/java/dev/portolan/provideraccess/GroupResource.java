package dev.portolan.provideraccess;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.members.attribution.Attribution;
import dev.portolan.members.attribution.ProviderGroup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A list as a Group (PDex 2.1, profile pdex-provider-group, whose parent is ATR's; for matched members PDex 2.2, pdex-provider-member-match). */
final class GroupResource {

    static final String NPI = "http://hl7.org/fhir/sid/us-npi";
    static final String TIN = "urn:oid:2.16.840.1.113883.4.4";
    static final String ATTRIBUTION = "http://hl7.org/fhir/us/davinci-pdex/CodeSystem/PdexMemberAttributionCS";
    static final String MATCH_RESULT = "http://hl7.org/fhir/us/davinci-pdex/CodeSystem/PdexMultiMemberMatchResultCS";
    private static final String PDEX = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/";
    private static final String ATR = "http://hl7.org/fhir/us/davinci-atr/StructureDefinition/";
    /** Fewer are not told: in a small list a number says who (the least cell size of CMS's reports). */
    private static final int LEAST_TOLD = 11;
    private static final DateTimeFormatter INSTANT = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ObjectNode json = JSON.createObjectNode();

    private GroupResource() {}

    /** @param members null to leave them out and say so (SUBSETTED). Of a large list one at a time becomes JSON */
    static byte[] of(ProviderGroup group, @org.jspecify.annotations.Nullable List<Attribution.Listed> members, long quantity, int optedOut) {
        GroupResource resource = new GroupResource();
        resource.head(group, members == null, optedOut);
        resource.json.put("quantity", quantity);
        managingEntity(resource.json.putObject("managingEntity"), group);
        resource.characteristic(group);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator out = JSON.createGenerator(bytes)) {
            out.writeStartObject();
            for (Map.Entry<String, JsonNode> field : resource.json.properties()) {
                out.writeFieldName(field.getKey());
                out.writeTree(field.getValue());
            }
            if (members != null && !members.isEmpty()) {
                out.writeArrayFieldStart("member");
                for (Attribution.Listed member : members) {
                    out.writeTree(member(member));
                }
                out.writeEndArray();
            }
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("memory cannot be written", e);
        }
        return bytes.toByteArray();
    }

    private void head(ProviderGroup group, boolean subsetted, int optedOut) {
        boolean matched = group.kind() == ProviderGroup.Kind.MATCHED;
        json.put("resourceType", "Group").put("id", group.id());
        ObjectNode meta = json.putObject("meta");
        meta.put("lastUpdated", INSTANT.format(group.changedAt()));
        meta.putArray("profile").add(PDEX + (matched ? "pdex-provider-member-match" : "pdex-provider-group"));
        if (subsetted) {
            meta.putArray("tag").addObject().put("system", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue").put("code", "SUBSETTED");
        }
        if (!matched) {
            ArrayNode extensions = json.putArray("extension");
            extensions.addObject().put("url", ATR + "ext-attributionListStatus").put("valueCode", group.status().name().toLowerCase(Locale.ROOT));
            if (optedOut >= LEAST_TOLD) {
                extensions.addObject().put("url", PDEX + "base-ext-members-opted-out").putObject("valueQuantity").put("value", optedOut);
            }
        }
        ArrayNode identifiers = json.putArray("identifier");
        identifiers.addObject().put("system", NPI).put("value", group.npi());
        if (!group.tin().isEmpty()) {
            identifiers.addObject().put("system", TIN).put("value", group.tin());
        }
        if (!group.contract().isEmpty()) {
            ObjectNode contract = identifiers.addObject();
            contract.putObject("type").put("text", "Contract");
            contract.put("value", group.contract());
        }
        json.put("active", true).put("type", "person").put("actual", true);
        json.set("code", code(matched));
        json.put("name", group.name());
    }

    private static ObjectNode code(boolean matched) {
        ObjectNode code = JSON.createObjectNode();
        ObjectNode coding = code.putArray("coding").addObject();
        if (matched) {
            coding.put("system", MATCH_RESULT).put("code", "match").put("display", "Matched");
        } else {
            coding.put("system", ATTRIBUTION).put("code", "pdexprovidergroup").put("display", "PDex Provider Group");
        }
        return code;
    }

    private static void managingEntity(ObjectNode reference, ProviderGroup group) {
        if (!group.organization().isEmpty()) {
            reference.put("reference", group.organization());
        }
        reference.putObject("identifier").put("system", NPI).put("value", group.npi());
    }

    private void characteristic(ProviderGroup group) {
        ObjectNode characteristic = json.putArray("characteristic").addObject();
        characteristic.set("code", code(group.kind() == ProviderGroup.Kind.MATCHED));
        characteristic.putObject("valueReference").putObject("identifier").put("system", NPI).put("value", group.npi());
        characteristic.put("exclude", false);
        // When the list was made or last changed (PDex 2.1, Provider Access API, Searching for Attributed Groups).
        characteristic.putObject("period").put("start", INSTANT.format(group.changedAt()));
    }

    private static ObjectNode member(Attribution.Listed listed) {
        ObjectNode member = JSON.createObjectNode();
        Attribution attribution = listed.attribution();
        ArrayNode extensions = JSON.createArrayNode();
        extensions.addObject().put("url", ATR + "ext-changeType").put("valueCode", listed.change());
        if (!attribution.coverage().isEmpty()) {
            extensions.addObject().put("url", ATR + "ext-coverageReference").putObject("valueReference").put("reference", attribution.coverage());
        }
        if (!attribution.providerNpi().isEmpty()) {
            extensions.addObject().put("url", ATR + "ext-attributedProvider").putObject("valueReference").putObject("identifier").put("system", NPI).put("value", attribution.providerNpi());
        }
        Instant sent = listed.sentAt();
        if (sent != null) {
            extensions.addObject().put("url", PDEX + "base-ext-last-transmission").put("valueDateTime", INSTANT.format(sent));
            extensions.addObject().put("url", PDEX + "base-ext-last-types").put("valueString", listed.sentResources());
            if (!listed.sentFilters().isEmpty()) {
                extensions.addObject().put("url", PDEX + "base-ext-last-typefilter").put("valueString", listed.sentFilters());
            }
        }
        member.set("extension", extensions);
        member.putObject("entity").put("reference", "Patient/" + attribution.patient());
        ObjectNode period = member.putObject("period");
        period.put("start", INSTANT.format(attribution.starts()));
        Instant ends = attribution.ends();
        if (ends != null) {
            period.put("end", INSTANT.format(ends));
        }
        member.put("inactive", false);
        return member;
    }
}
