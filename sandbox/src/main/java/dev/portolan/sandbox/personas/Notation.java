package dev.portolan.sandbox.personas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;

/**
 * The short notation of the personas' files, turned into FHIR JSON. A text that begins with one of these characters stands for a data type:
 *
 * <pre>
 * {@literal @}SYSTEM CODE|display    CodeableConcept; several codings with {@code &}, its text with {@code text:}
 * #SYSTEM CODE|display    Coding
 * {@literal >}Type/id               Reference
 * =NUMBER UNIT|text       Quantity in UCUM
 * $NUMBER                 Money in US dollars
 * %KIND SYSTEM VALUE      Identifier
 * {@literal &}CODE NUMBER            an adjudication or total with an amount
 * !CODE SYSTEM REASON     an adjudication with a reason
 * ^CODE NUMBER            the review action of a prior authorization; ^when DATE, when it was taken
 * </pre>
 */
final class Notation {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String PDEX = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/";

    private Notation() {}

    static JsonNode expanded(JsonNode value) {
        if (value instanceof ObjectNode object) {
            ObjectNode result = JSON.objectNode();
            object.properties().forEach(field -> result.set(field.getKey(), field.getKey().equals("url") ? JSON.textNode(Systems.url(field.getValue().asText())) : field(field.getKey(), field.getValue())));
            return result;
        }
        if (value instanceof ArrayNode array) {
            ArrayNode result = JSON.arrayNode();
            array.forEach(item -> result.add(expanded(item)));
            return result;
        }
        return value.isTextual() ? text(value.asText()) : value;
    }

    /** Base64 and narrative hold any character. */
    private static JsonNode field(String name, JsonNode value) {
        return name.equals("data") || name.equals("div") || name.equals("text") && value.isTextual() ? value : expanded(value);
    }

    private static JsonNode text(String text) {
        String rest = text.isEmpty() ? "" : text.substring(1);
        return switch (text.isEmpty() ? ' ' : text.charAt(0)) {
            case '@' -> concept(rest);
            case '#' -> coding(rest);
            case '>' -> JSON.objectNode().put("reference", rest);
            case '=' -> quantity(rest);
            case '$' -> money(rest);
            case '%' -> identifier(rest.split(" "));
            case '&' -> amount(rest.split(" "));
            case '!' -> reason(rest.split(" ", 2));
            case '^' -> rest.startsWith("when ") ? extension(PDEX + "base-ext-when-adjudicated").put("valueDateTime", rest.substring(5)) : reviewAction(rest.split(" "));
            default -> JSON.textNode(text);
        };
    }

    private static ObjectNode concept(String text) {
        ObjectNode concept = JSON.objectNode();
        String words = null;
        for (String part : text.split(" & ")) {
            if (part.startsWith("text:")) {
                words = part.substring(5);
            } else {
                concept.withArray("coding").add(coding(part));
            }
        }
        String display = concept.path("coding").path(0).path("display").asText("");
        if (words != null || !display.isEmpty()) {
            concept.put("text", words != null ? words : display);
        }
        return concept;
    }

    private static ObjectNode coding(String text) {
        int space = text.indexOf(' ');
        int bar = text.indexOf('|');
        String system = text.substring(0, space);
        String code = text.substring(space + 1, bar < 0 ? text.length() : bar);
        ObjectNode coding = JSON.objectNode().put("system", system.equals("adj") ? Systems.ofAdjudication(code) : Systems.of(system)).put("code", code);
        return bar < 0 ? coding : coding.put("display", text.substring(bar + 1));
    }

    private static ObjectNode quantity(String text) {
        int space = text.indexOf(' ');
        int bar = text.indexOf('|');
        String code = text.substring(space + 1, bar < 0 ? text.length() : bar);
        return JSON.objectNode().put("value", new BigDecimal(text.substring(0, space))).put("unit", bar < 0 ? code : text.substring(bar + 1)).put("system", "http://unitsofmeasure.org").put("code", code);
    }

    private static ObjectNode money(String text) {
        return JSON.objectNode().put("value", new BigDecimal(text)).put("currency", "USD");
    }

    private static ObjectNode identifier(String[] parts) {
        String type = parts[0].equals("MB") ? "v2-0203 MB|Member Number" : parts[0].equals("um") ? "c4bb-identifier um|Unique Member ID" : "c4bb-identifier uc|Unique Claim ID";
        ObjectNode identifier = JSON.objectNode();
        identifier.set("type", concept(type));
        return identifier.put("system", parts[1]).put("value", parts[2]);
    }

    private static ObjectNode amount(String[] parts) {
        ObjectNode adjudication = JSON.objectNode();
        adjudication.set("category", concept("adj " + parts[0]));
        adjudication.set("amount", money(parts[1]));
        return adjudication;
    }

    private static ObjectNode reason(String[] parts) {
        ObjectNode adjudication = JSON.objectNode();
        adjudication.set("category", concept("discriminator " + parts[0]));
        adjudication.set("reason", concept(parts[1]));
        return adjudication;
    }

    private static ObjectNode reviewAction(String[] parts) {
        ObjectNode action = extension(PDEX + "extension-reviewAction");
        ObjectNode code = extension(PDEX + "extension-reviewActionCode");
        code.set("valueCodeableConcept", concept("x12-306 " + parts[0]));
        action.withArray("extension").add(code).add(extension("number").put("valueString", parts[1]));
        return action;
    }

    private static ObjectNode extension(String url) {
        return JSON.objectNode().put("url", url);
    }
}
