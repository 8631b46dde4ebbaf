package dev.portolan.intake.mapping;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** What an expression comes to, and what a template makes: JSON with a nothing. */
sealed interface Value {

    Nothing NOTHING = new Nothing();

    /** Left out of the resource. */
    record Nothing() implements Value {}

    record Text(String text) implements Value {}

    record Number(BigDecimal number) implements Value {}

    record Flag(boolean flag) implements Value {}

    /** @param fields in the order of the mapping; none is nothing */
    record Node(Map<String, Value> fields) implements Value {}

    /** @param elements none is nothing */
    record Elements(List<Value> elements) implements Value {}

    static Value text(String text) {
        return text.isBlank() ? NOTHING : new Text(text.strip());
    }

    /** As it stands in a longer text. */
    default String inText() {
        if (this instanceof Text value) {
            return value.text();
        }
        if (this instanceof Number value) {
            return value.number().toPlainString();
        }
        return this instanceof Flag value ? Boolean.toString(value.flag()) : "";
    }
}
