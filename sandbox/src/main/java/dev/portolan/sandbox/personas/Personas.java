package dev.portolan.sandbox.personas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.portolan.sandbox.SandboxException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The sandbox's named members and all that belongs to them. */
public final class Personas {

    /** Goes up when the records change, so that a server that has older ones loads these. */
    public static final int EDITION = 6;

    /** Security labels of our own; {@code drug-prior-authorization} marks what the rule leaves out (42 CFR 422.119(b)(1)(v)). */
    public static final String LABELS = "https://portolan.dev/fhir/CodeSystem/labels";

    private static final List<Persona> ALL = List.of(
        new Persona("amara-okafor", "Amara", "Okafor", "amara.okafor", "A whole clinical record by US Core: notes, reports, laboratory, vital signs, screening, medication, a pacemaker; prior authorizations in every state. She is Leo's mother and representative."),
        new Persona("leo-okafor", "Leo", "Okafor", "leo.okafor", "A child: growth percentiles, a coverage as a dependent, a parent who looks after the record."),
        new Persona("rosa-delgado", "Rosa", "Delgado", "rosa.delgado", "Gaps that say why they are there (data-absent-reason), two coverages, pregnancy, occupation, disability and cognitive screening, tribal affiliation."),
        new Persona("walter-lindqvist", "Walter", "Lindqvist", "walter.lindqvist", "Died in 2024; claims of all kinds by CARIN Blue Button 2.1.0, a hospital stay, a record entered in error."),
        new Persona("samir-haddad", "Samir", "Haddad", "samir.haddad", "Claims of all kinds by CARIN Blue Button 2.0.0 with every slice, replaced and denied claims."));

    /** What earlier editions had and this one has not: until edition 3 the prior authorizations were Samir's, whose claims are to be looked at by CARIN Blue Button's profiles alone. */
    private static final List<String> RETIRED = Stream.concat(Stream.of("QuestionnaireResponse/samir-knee-form", "Provenance/pv-qr-samir-knee-form"),
        Stream.of("knee", "mri-denied", "wheelchair-pended", "therapy-modified", "sleep-cancelled", "drug").flatMap(each -> Stream.of("ExplanationOfBenefit/samir-pa-" + each, "Provenance/pv-eob-samir-pa-" + each))).toList();

    private static final JsonMapper JSON = JsonMapper.builder()
        .enable(JsonReadFeature.ALLOW_SINGLE_QUOTES, JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES, JsonReadFeature.ALLOW_JAVA_COMMENTS, JsonReadFeature.ALLOW_BACKSLASH_ESCAPING_ANY_CHARACTER)
        .build();

    private Personas() {}

    public static List<Persona> all() {
        return ALL;
    }

    /** Every resource, what is referred to before what refers to it where that is possible. */
    public static List<PersonaResource> resources() {
        List<ObjectNode> drafts = new ArrayList<>();
        drafts.addAll(file("shared", "", "", "", "", ""));
        drafts.addAll(file("amara", "", "", "", "", ""));
        drafts.addAll(file("family", "", "", "", "", ""));
        drafts.addAll(file("notes", "", "", "", "", ""));
        drafts.addAll(VitalSigns.all());
        drafts.addAll(file("claims", "samir-haddad", "samir-coverage", "harborline", "samir", "c4bb"));
        drafts.addAll(file("claims", "walter-lindqvist", "walter-coverage", "second-reef", "walter", "c4bb21"));
        drafts.addAll(file("authorizations", "", "", "", "", ""));
        List<PersonaResource> resources = new ArrayList<>();
        for (ObjectNode draft : drafts) {
            resources.add(resource(draft));
            if (Provenances.belongsTo(draft)) {
                resources.add(resource(Provenances.of(draft)));
            }
        }
        return resources;
    }

    /** All of it as one FHIR transaction that puts every resource under its own id, and deletes what earlier editions had. */
    public static byte[] transaction() {
        StringBuilder bundle = new StringBuilder("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
        String comma = "";
        for (String retired : RETIRED) {
            bundle.append(comma).append("{\"request\":{\"method\":\"DELETE\",\"url\":\"").append(retired).append("\"}}");
            comma = ",";
        }
        for (PersonaResource resource : resources()) {
            bundle.append(comma).append("{\"resource\":").append(resource.json()).append(",\"request\":{\"method\":\"PUT\",\"url\":\"").append(resource.reference()).append("\"}}");
            comma = ",";
        }
        return bundle.append("]}").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static List<ObjectNode> file(String name, String patient, String coverage, String insurer, String id, String guide) {
        try (InputStream in = Personas.class.getResourceAsStream(name + ".json5")) {
            if (in == null) {
                throw new IllegalStateException(name + ".json5 is not in this jar");
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("{PATIENT}", patient).replace("{COVERAGE}", coverage).replace("{INSURER}", insurer).replace("{ID}", id).replace("{C4BB}", guide).replace("{POA}", guide.equals("c4bb21") ? "cms-poa" : "poa");
            List<ObjectNode> drafts = new ArrayList<>();
            for (JsonNode each : JSON.readTree(text)) {
                drafts.add((ObjectNode) each);
            }
            return drafts;
        } catch (IOException e) {
            throw new SandboxException("The personas cannot be read from " + name + ": " + e.getMessage(), e);
        }
    }

    private static PersonaResource resource(ObjectNode draft) {
        ObjectNode resource = JSON.createObjectNode();
        String type = draft.path("resourceType").asText();
        String id = draft.path("id").asText();
        resource.put("resourceType", type).put("id", id);
        ObjectNode meta = resource.putObject("meta").put("source", "https://sandbox.portolan.example/personas");
        if (draft.get("profile") instanceof ArrayNode profiles) {
            ArrayNode canonicals = meta.putArray("profile");
            profiles.forEach(profile -> canonicals.add(Systems.profile(profile.asText())));
        }
        if (draft.has("label")) {
            meta.putArray("security").addObject().put("system", LABELS).put("code", draft.get("label").asText());
        }
        ObjectNode content = draft.deepCopy();
        content.remove(List.of("resourceType", "id", "profile", "label"));
        resource.setAll((ObjectNode) Notation.expanded(content));
        try {
            return new PersonaResource(type, id, JSON.writeValueAsString(resource));
        } catch (JsonProcessingException e) {
            throw new SandboxException("The persona's resource " + type + "/" + id + " cannot be written: " + e.getMessage(), e);
        }
    }
}
