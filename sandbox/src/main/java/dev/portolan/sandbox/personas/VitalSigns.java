package dev.portolan.sandbox.personas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Vital signs: each profile once with its value, and once without it, with the reason why. */
final class VitalSigns {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String ABSENT = "@data-absent not-performed|Not Performed";
    private static final String POSITION = "@loinc 8361-8|Body position with respect to gravity";
    private static final String ROOM = "@loinc 60832-3|Room temperature";

    private VitalSigns() {}

    /** @param value in the notation; an empty text for a panel */
    private record Sign(String profile, String id, String code, String value, Part... parts) {}

    private record Part(String code, String value) {}

    private static final List<Sign> ADULT = List.of(
        new Sign("us-core-blood-pressure", "blood-pressure", "@loinc 85354-9|Blood pressure panel with all children optional", "", new Part("@loinc 8480-6|Systolic blood pressure", "=128 mm[Hg]|mmHg"), new Part("@loinc 8462-4|Diastolic blood pressure", "=82 mm[Hg]|mmHg")),
        new Sign("us-core-bmi", "bmi", "@loinc 39156-5|Body mass index (BMI) [Ratio]", "=24.7 kg/m2"),
        new Sign("us-core-body-height", "height", "@loinc 8302-2|Body height", "=168.0 cm"),
        new Sign("us-core-body-temperature", "temperature", "@loinc 8310-5|Body temperature", "=36.9 Cel"),
        new Sign("us-core-body-weight", "weight", "@loinc 29463-7|Body weight", "=69.7 kg"),
        new Sign("us-core-heart-rate", "heart-rate", "@loinc 8867-4|Heart rate", "=72 /min"),
        new Sign("us-core-respiratory-rate", "respiratory-rate", "@loinc 9279-1|Respiratory rate", "=14 /min"),
        new Sign("us-core-pulse-oximetry", "oxygen", "@loinc 59408-5|Oxygen saturation in Arterial blood by Pulse oximetry & loinc 2708-6|Oxygen saturation in Arterial blood", "=97 %",
            new Part("@loinc 3151-8|Inhaled oxygen flow rate", "=2 L/min"), new Part("@loinc 3150-0", "=28 %")));

    private static final List<Sign> CHILD = List.of(
        new Sign("us-core-head-circumference", "head", "@loinc 9843-4|Head Occipital-frontal circumference", "=46.2 cm"),
        new Sign("head-occipital-frontal-circumference-percentile", "head-percentile", "@loinc 8289-1|Head Occipital-frontal circumference Percentile", "=55 %"),
        new Sign("pediatric-bmi-for-age", "bmi-percentile", "@loinc 59576-9|Body mass index (BMI) [Percentile] Per age and sex", "=48 %"),
        new Sign("pediatric-weight-for-height", "weight-for-height", "@loinc 77606-2|Weight-for-length Per age and sex", "=51 %"),
        new Sign("us-core-body-weight", "weight", "@loinc 29463-7|Body weight", "=9.8 kg"));

    static List<ObjectNode> all() {
        List<ObjectNode> signs = new ArrayList<>();
        ADULT.forEach(sign -> add(sign, "amara-okafor", "amara-", "2024-04-11T09:", signs));
        CHILD.forEach(sign -> add(sign, "leo-okafor", "leo-", "2024-03-05T10:", signs));
        return signs;
    }

    private static void add(Sign sign, String patient, String prefix, String hour, List<ObjectNode> signs) {
        ObjectNode measured = observation(sign, patient, prefix + sign.id(), hour + "10:00-05:00");
        // R4's own profile of a blood pressure allows no value beside those of the components.
        if (!sign.value().isEmpty()) {
            measured.put("valueQuantity", sign.value());
        }
        components(measured, sign, false);
        ObjectNode missing = observation(sign, patient, prefix + sign.id() + "-missing", hour + "20:00-05:00").put("dataAbsentReason", ABSENT);
        components(missing, sign, true);
        signs.add(measured);
        signs.add(missing);
    }

    private static ObjectNode observation(Sign sign, String patient, String id, String time) {
        ObjectNode observation = JSON.objectNode().put("resourceType", "Observation").put("id", id);
        observation.putArray("profile").add("core:" + sign.profile());
        observation.put("status", "final").putArray("category").add("@observation-category vital-signs|Vital Signs");
        return observation.put("code", sign.code()).put("subject", ">Patient/" + patient).put("effectiveDateTime", time);
    }

    /**
     * A sign without parts of its own says how warm the room was, and that nobody asked how the member sat, so that components with a quantity and without
     * one are there, too. No text: R4's vital signs take any value of a component for a unit, and a text is none.
     */
    private static void components(ObjectNode observation, Sign sign, boolean absent) {
        ArrayNode components = JSON.arrayNode();
        for (Part part : sign.parts()) {
            components.add(absent ? component(part.code(), "dataAbsentReason", ABSENT) : component(part.code(), "valueQuantity", part.value()));
        }
        if (sign.parts().length == 0 && absent) {
            components.add(component(POSITION, "dataAbsentReason", ABSENT)).add(component(ROOM, "valueQuantity", "=21 Cel"));
        }
        if (!components.isEmpty()) {
            observation.set("component", components);
        }
    }

    private static JsonNode component(String code, String field, String value) {
        return JSON.objectNode().put("code", code).put(field, value);
    }
}
