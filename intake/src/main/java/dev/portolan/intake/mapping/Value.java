package dev.portolan.intake.mapping;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** What an expression comes to, and what a template makes: JSON with a nothing. */
sealed interface Value {

    Nothing NOTHING = new Nothing();

    /** Left out of the resource. */
    record Nothing() implements Value {}

    record Text(String text) implements Value {}

    record Number(BigDecimal number) implements Value {}

    record Flag(boolean flag) implements Value {}

    /** Compact JSON that is known already, an object or a text of the mapping. */
    record Json(byte[] bytes) implements Value {}

    static Value coding(@Nullable String system, String code, @Nullable String display) {
        JsonWriter out = new JsonWriter().raw("{");
        if (system != null) {
            out.raw("\"system\":").value(new Text(system)).raw(",");
        }
        out.raw("\"code\":").value(new Text(code));
        if (display != null) {
            out.raw(",\"display\":").value(new Text(display));
        }
        return new Json(out.raw("}").written());
    }

    static Value money(Value amount, String currency) {
        return new Json(new JsonWriter().raw("{\"value\":").value(amount).raw(",\"currency\":").value(new Text(currency)).raw("}").written());
    }

    static Value text(String text) {
        int last = text.length() - 1;
        if (last >= 0 && isPlain(text.charAt(0)) && isPlain(text.charAt(last))) {
            return new Text(text);
        }
        return text.isBlank() ? NOTHING : new Text(text.strip());
    }

    /** Whether it is surely no white space: most values have none around them. */
    private static boolean isPlain(char c) {
        return c > ' ' && c < 0x7f;
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
