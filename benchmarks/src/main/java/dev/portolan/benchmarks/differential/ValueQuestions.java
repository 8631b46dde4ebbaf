package dev.portolan.benchmarks.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Asks for a value that is in the data, in every way that its parameter type allows (R4 search, section 3.1.1.4). */
final class ValueQuestions {

    private static final List<String> PREFIXES = List.of("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb");

    private final Random random;

    ValueQuestions(Random random) {
        this.random = random;
    }

    List<SearchQuestion> about(ParameterDefinition parameter, JsonNode value) {
        List<SearchQuestion> questions = switch (parameter.kind()) {
            case "string" -> strings(parameter, value);
            case "token" -> tokens(parameter, value);
            case "date" -> dates(parameter, value);
            case "number" -> numbers(parameter, value);
            case "quantity" -> quantities(parameter, value);
            case "reference" -> references(parameter, value);
            case "uri" -> uris(parameter, value);
            default -> new ArrayList<>();
        };
        questions.add(ask(parameter, ":missing", random.nextBoolean() ? "true" : "false"));
        return questions;
    }

    private static SearchQuestion ask(ParameterDefinition parameter, String modifier, String value) {
        return SearchQuestion.of(parameter.kind() + modifier.replaceAll(":[A-Z]\\w*", ":[type]"),
                parameter.resourceType(), parameter.name() + modifier, value);
    }

    private List<SearchQuestion> strings(ParameterDefinition parameter, JsonNode value) {
        List<SearchQuestion> questions = new ArrayList<>();
        String text = pick(PlainValues.texts(value));
        if (text.isBlank()) {
            return questions;
        }
        String escaped = escape(text);
        String start = escape(text.substring(0, Math.max(1, text.length() / 2)).strip());
        String middle = escape(text.substring(text.length() / 3, Math.max(text.length() / 3 + 1, 2 * text.length() / 3)).strip());
        questions.add(ask(parameter, "", escaped));
        questions.add(ask(parameter, "", random.nextBoolean() ? start.toUpperCase(Locale.ROOT) : start.toLowerCase(Locale.ROOT)));
        questions.add(ask(parameter, "", start + ",Zzyzx"));
        questions.add(ask(parameter, ":exact", random.nextInt(4) == 0 ? escaped.toLowerCase(Locale.ROOT) : escaped));
        if (!middle.isEmpty()) {
            questions.add(ask(parameter, ":contains", middle.toUpperCase(Locale.ROOT)));
        }
        return questions;
    }

    private List<SearchQuestion> tokens(ParameterDefinition parameter, JsonNode value) {
        List<SearchQuestion> questions = new ArrayList<>();
        JsonNode coding = value.has("coding") ? value.path("coding").path(0) : value;
        String code = coding.isValueNode() ? coding.asText() : coding.path(coding.has("code") ? "code" : "value").asText();
        String system = coding.path("system").asText();
        if (code.isEmpty()) {
            return questions;
        }
        questions.add(ask(parameter, "", escape(code)));
        questions.add(ask(parameter, ":not", escape(code)));
        questions.add(ask(parameter, "", escape(code) + ",no-such-code"));
        if (system.startsWith("http") || system.startsWith("urn")) {
            questions.add(ask(parameter, "", system + "|" + escape(code)));
            questions.add(ask(parameter, "", system + "|"));
            questions.add(ask(parameter, "", "|" + escape(code)));
            questions.add(ask(parameter, ":not", system + "|" + escape(code)));
            questions.add(ask(parameter, "", "http://example.org/other|" + escape(code)));
        }
        String words = value.path("text").asText(coding.path("display").asText());
        if (!words.isEmpty()) {
            questions.add(ask(parameter, ":text", escape(words.substring(0, Math.max(3, words.length() / 2) > words.length() ? words.length() : Math.max(3, words.length() / 2)).strip())));
        }
        JsonNode type = value.path("type").path("coding").path(0);
        if (parameter.name().equals("identifier") && type.has("code")) {
            questions.add(ask(parameter, ":of-type",
                    type.path("system").asText() + "|" + type.path("code").asText() + "|" + escape(value.path("value").asText())));
        }
        return questions;
    }

    private List<SearchQuestion> dates(ParameterDefinition parameter, JsonNode value) {
        List<SearchQuestion> questions = new ArrayList<>();
        String moment = value.isValueNode() ? value.asText()
                : value.path(value.has("start") ? "start" : value.has("event") ? "event" : "end").path(0).asText(
                        value.path(value.has("start") ? "start" : "end").asText());
        if (moment.length() < 4 || !Character.isDigit(moment.charAt(0))) {
            return questions;
        }
        for (int i = 0; i < 4; i++) {
            String prefix = random.nextInt(5) == 0 ? "" : PREFIXES.get(random.nextInt(PREFIXES.size()));
            questions.add(SearchQuestion.of("date:" + (prefix.isEmpty() ? "eq" : prefix), parameter.resourceType(),
                    parameter.name(), prefix + shortened(moment)));
        }
        questions.add(SearchQuestion.of("date:range", parameter.resourceType(), parameter.name(), "ge" + moment.substring(0, 4) + "-01-01")
                .and(parameter.name(), "lt" + (Integer.parseInt(moment.substring(0, 4)) + 2) + "-01-01"));
        return questions;
    }

    /** The moment with less precision: a year, a month, a day, a second. */
    private String shortened(String moment) {
        int[] lengths = {4, 7, 10, moment.length()};
        String part = moment.substring(0, Math.min(moment.length(), lengths[random.nextInt(lengths.length)]));
        return part;
    }

    private List<SearchQuestion> numbers(ParameterDefinition parameter, JsonNode value) {
        List<SearchQuestion> questions = new ArrayList<>();
        if (!value.isNumber()) {
            return questions;
        }
        for (int i = 0; i < 3; i++) {
            String prefix = random.nextInt(4) == 0 ? "" : PREFIXES.get(random.nextInt(6));
            questions.add(SearchQuestion.of("number:" + (prefix.isEmpty() ? "eq" : prefix), parameter.resourceType(),
                    parameter.name(), prefix + value.asText()));
        }
        return questions;
    }

    private List<SearchQuestion> quantities(ParameterDefinition parameter, JsonNode value) {
        List<SearchQuestion> questions = new ArrayList<>();
        if (!value.path("value").isNumber()) {
            return questions;
        }
        BigDecimal number = value.path("value").decimalValue();
        String unit = value.path("code").asText(value.path("currency").asText());
        String system = value.has("currency") ? "urn:iso:std:iso:4217" : value.path("system").asText();
        for (int i = 0; i < 4; i++) {
            String prefix = random.nextInt(3) == 0 ? "" : PREFIXES.get(random.nextInt(6));
            String amount = number.stripTrailingZeros().toPlainString();
            String suffix = switch (random.nextInt(3)) {
                case 0 -> "|" + system + "|" + unit;
                case 1 -> "||" + unit;
                default -> "";
            };
            questions.add(SearchQuestion.of("quantity:" + (prefix.isEmpty() ? "eq" : prefix), parameter.resourceType(),
                    parameter.name(), prefix + amount + suffix));
        }
        return questions;
    }

    private List<SearchQuestion> references(ParameterDefinition parameter, JsonNode value) {
        List<SearchQuestion> questions = new ArrayList<>();
        String reference = value.path("reference").asText();
        int slash = reference.indexOf('/');
        if (slash > 0 && reference.matches("[A-Z]\\w+/[\\w.-]+")) {
            String type = reference.substring(0, slash);
            String id = reference.substring(slash + 1);
            questions.add(ask(parameter, "", reference));
            questions.add(ask(parameter, "", id));
            questions.add(ask(parameter, ":" + type, id));
            questions.add(ask(parameter, "", reference + "," + type + "/none"));
        }
        JsonNode identifier = value.path("identifier");
        if (identifier.has("value")) {
            questions.add(ask(parameter, ":identifier", identifier.path("system").asText() + "|" + escape(identifier.path("value").asText())));
        }
        return questions;
    }

    private List<SearchQuestion> uris(ParameterDefinition parameter, JsonNode value) {
        List<SearchQuestion> questions = new ArrayList<>();
        String uri = value.asText();
        if (uri.isEmpty()) {
            return questions;
        }
        questions.add(ask(parameter, "", uri));
        questions.add(ask(parameter, ":above", uri + "/more"));
        questions.add(ask(parameter, ":below", uri.substring(0, Math.max(uri.lastIndexOf('/'), 1))));
        return questions;
    }

    private String pick(List<String> texts) {
        return texts.isEmpty() ? "" : texts.get(random.nextInt(texts.size()));
    }

    /** R4 search, 3.1.1.4.1: comma, vertical bar, dollar sign and backslash are escaped. */
    static String escape(String value) {
        return value.replaceAll("([,|$\\\\])", "\\\\$1");
    }
}
