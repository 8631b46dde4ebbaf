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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    Provenances(Feed feed, String deliverer, Feed.Part part, LoadLedger.OpenFile file) {
        this.feed = feed;
        this.deliverer = deliverer;
        this.part = part;
        this.file = file;
    }

    /** The security labels of what was made are added by the store. */
    Optional<FileLoad.Body> of(SourceItem item, List<ResourceKey> made) {
        List<ResourceKey> targets = made.stream().filter(key -> !SHARED.contains(key.type())).toList();
        if (!feed.provenance() || targets.isEmpty()) {
            return Optional.empty();
        }
        ResourceKey key = new ResourceKey("Provenance", "p-" + digest(deliverer + '/' + part.name() + '/' + targets.get(0)));
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("resourceType", "Provenance");
        body.put("id", key.id());
        body.put("meta", Map.of("profile", List.of(PDEX + "StructureDefinition/pdex-provenance")));
        body.put("target", targets.stream().map(target -> Map.of("reference", target.toString())).toList());
        body.put("recorded", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        body.put("activity", coding("http://terminology.hl7.org/CodeSystem/v3-DataOperation", "CREATE"));
        body.put("agent", List.of(agent("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "author", deliverer),
            agent("http://hl7.org/fhir/us/core/CodeSystem/us-core-provenance-participant-type", "transmitter", deliverer)));
        body.put("entity", List.of(source(item)));
        return Optional.of(new FileLoad.Body(key, JsonDocument.parse(LoadLedger.write(body)), false));
    }

    /** File and line stand as an identifier: the raw record is looked up by it, by whoever may. */
    private Map<String, Object> source(SourceItem item) {
        Map<String, Object> entity = new LinkedHashMap<>();
        entity.put("extension", List.of(ordered("url", PDEX + "StructureDefinition/ProvenanceSourceFrom",
            "valueCodeableConcept", coding(PDEX + "CodeSystem/ProvenancePayerDataSource", part.sourceFormatCode()))));
        entity.put("role", "source");
        Map<String, Object> what = new LinkedHashMap<>();
        what.put("identifier", ordered("system", "urn:portolan:source", "value", HexFormat.of().formatHex(file.sha256(), 0, 8) + ":" + item.line()));
        what.put("display", file.name() + ", line " + item.line() + ", by " + part.mapper().name() + " " + part.mapper().version());
        entity.put("what", what);
        return entity;
    }

    private static Map<String, Object> agent(String system, String code, String name) {
        return ordered("type", coding(system, code), "who", Map.of("display", name));
    }

    private static Map<String, Object> coding(String system, String code) {
        return Map.of("coding", List.of(ordered("system", system, "code", code)));
    }

    /** The same record gives the same bytes, in every process. */
    private static Map<String, Object> ordered(String first, Object value, String second, Object other) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(first, value);
        map.put(second, other);
        return map;
    }

    private static String digest(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)), 0, 20);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
