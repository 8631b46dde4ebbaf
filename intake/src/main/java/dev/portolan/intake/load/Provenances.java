package dev.portolan.intake.load;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.intake.source.SourceItem;
import dev.portolan.store.ResourceKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One Provenance for what one record of a member became (PDex Provenance: source format, author, transmitter), written anew only when something of it changed. Resources that are no member's have none: whom they concern is everybody.
 */
final class Provenances {

    private static final Set<String> SHARED = Set.of("Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService", "Endpoint", "InsurancePlan", "Medication", "MedicationKnowledge", "ConceptMap");
    private static final String PDEX = "http://hl7.org/fhir/us/davinci-pdex/";

    private final Feed feed;
    private final String deliverer;
    private final Feed.Part part;
    private final LoadLedger.OpenFile file;
    /** What all have alike, as JSON: behind the time, and of the source. */
    private final String agents;
    private final String name;
    private final String mapping;

    Provenances(Feed feed, String deliverer, Feed.Part part, LoadLedger.OpenFile file) {
        this.feed = feed;
        this.deliverer = deliverer;
        this.part = part;
        this.file = file;
        this.agents = ",\"activity\":" + concept("http://terminology.hl7.org/CodeSystem/v3-DataOperation", "CREATE") + ",\"agent\":["
            + agent("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "author", deliverer) + ','
            + agent("http://hl7.org/fhir/us/core/CodeSystem/us-core-provenance-participant-type", "transmitter", deliverer) + "],\"entity\":[{\"extension\":[{\"url\":\"" + PDEX
            + "StructureDefinition/ProvenanceSourceFrom\",\"valueCodeableConcept\":" + concept(PDEX + "CodeSystem/ProvenancePayerDataSource", part.sourceFormatCode())
            + "}],\"role\":\"source\",\"what\":{\"identifier\":{\"system\":\"urn:portolan:source\",\"value\":\"" + HexFormat.of().formatHex(file.sha256(), 0, 8) + ':';
        this.name = inner(file.name());
        this.mapping = inner(", by " + part.mapper().name() + " " + part.mapper().version()) + "\"}}]}";
    }

    /** The security labels of what was made are added by the store. File and line stand as an identifier: the raw record is looked up by it, by whoever may. */
    Optional<FileLoad.Body> of(SourceItem item, List<ResourceKey> made) {
        List<ResourceKey> targets = made.stream().filter(key -> !SHARED.contains(key.type())).toList();
        if (!feed.provenance() || targets.isEmpty()) {
            return Optional.empty();
        }
        ResourceKey key = new ResourceKey("Provenance", "p-" + digest(deliverer + '/' + part.name() + '/' + targets.get(0)));
        StringBuilder json = new StringBuilder(1_500).append("{\"resourceType\":\"Provenance\",\"id\":\"").append(key.id()).append("\",\"meta\":{\"profile\":[\"").append(PDEX)
            .append("StructureDefinition/pdex-provenance\"]},\"target\":[");
        String before = "{\"reference\":\"";
        for (ResourceKey target : targets) {
            json.append(before).append(target.type()).append('/').append(target.id());
            before = "\"},{\"reference\":\"";
        }
        json.append("\"}],\"recorded\":\"").append(Instant.now().truncatedTo(ChronoUnit.SECONDS)).append('"').append(agents).append(item.line())
            .append("\"},\"display\":\"").append(name).append(", line ").append(item.line()).append(mapping);
        return Optional.of(new FileLoad.Body(key, JsonDocument.parse(json.toString()), false));
    }

    private static String agent(String system, String code, String name) {
        return "{\"type\":" + concept(system, code) + ",\"who\":{\"display\":\"" + inner(name) + "\"}}";
    }

    private static String concept(String system, String code) {
        return "{\"coding\":[{\"system\":\"" + inner(system) + "\",\"code\":\"" + inner(code) + "\"}]}";
    }

    /** A text as it stands between the quotation marks of JSON. */
    private static String inner(String text) {
        String quoted = LoadLedger.write(text);
        return quoted.substring(1, quoted.length() - 1);
    }

    private static String digest(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)), 0, 20);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
