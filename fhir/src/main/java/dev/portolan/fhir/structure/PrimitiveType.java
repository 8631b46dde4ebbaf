package dev.portolan.fhir.structure;

import dev.portolan.fhir.json.JsonKind;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.json.NumberBounds;
import dev.portolan.fhir.json.XmlCharacters;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** FHIR R4's primitive types and what their values look like in JSON (http://hl7.org/fhir/R4/datatypes.html#primitive). */
enum PrimitiveType {
    BOOLEAN("boolean", "true or false, without quotes"),
    INTEGER("integer", "a whole number from -2147483648 to 2147483647, without quotes"),
    POSITIVE_INT("positiveInt", "a whole number from 1 to 2147483647, without quotes"),
    UNSIGNED_INT("unsignedInt", "a whole number from 0 to 2147483647, without quotes"),
    DECIMAL("decimal", "a number, without quotes, of at most " + NumberBounds.MOST_DIGITS + " digits and with an exponent from -" + NumberBounds.LARGEST_EXPONENT + " to " + NumberBounds.LARGEST_EXPONENT),
    STRING("string", "a text in quotes that is not empty and has at most 1048576 characters, all of which XML can hold: no control characters but tab, line feed and carriage return"),
    MARKDOWN("markdown", "a text in quotes that is not empty and has at most 1048576 characters, all of which XML can hold: no control characters but tab, line feed and carriage return"),
    CODE("code", "a text without leading, trailing or double spaces"),
    ID("id", "1 to 64 of the characters A-Z, a-z, 0-9, '-' and '.'"),
    URI("uri", "an address without spaces"),
    URL("url", "an address without spaces"),
    CANONICAL("canonical", "an address without spaces"),
    OID("oid", "urn:oid: and numbers separated by dots"),
    UUID("uuid", "urn:uuid: and a UUID"),
    BASE64("base64Binary", "base64, in groups of four characters"),
    DATE("date", "YYYY, YYYY-MM or YYYY-MM-DD, and a day of the calendar"),
    DATE_TIME("dateTime", "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone (Z or +hh:mm)"),
    INSTANT("instant", "YYYY-MM-DDThh:mm:ss with a time zone (Z or +hh:mm)"),
    TIME("time", "hh:mm:ss"),
    XHTML("xhtml", "a div element of XHTML, without control characters");

    private static final int LONGEST_STRING = 1 << 20;
    private static final Map<String, PrimitiveType> BY_CODE = byCode();

    private final String code;
    private final String format;

    PrimitiveType(String code, String format) {
        this.code = code;
        this.format = format;
    }

    static @Nullable PrimitiveType of(String code) {
        return BY_CODE.get(code);
    }

    String code() {
        return code;
    }

    /** What a value must be, as the end of a sentence. */
    String format() {
        return format;
    }

    boolean accepts(JsonValue value) {
        return switch (this) {
            case BOOLEAN -> value.kind() == JsonKind.TRUE || value.kind() == JsonKind.FALSE;
            case INTEGER -> integerFrom(value, Integer.MIN_VALUE);
            case POSITIVE_INT -> integerFrom(value, 1);
            case UNSIGNED_INT -> integerFrom(value, 0);
            case DECIMAL -> value.isBoundedNumber();
            default -> value.isString() && acceptsText(value);
        };
    }

    private boolean acceptsText(JsonValue value) {
        byte[] bytes = value.document().bytes();
        int from = value.start() + 1;
        int to = value.end() - 1;
        if (from == to || !value.isPlain() && !XmlCharacters.isAllOf(bytes, from, to)) {
            return false;
        }
        return switch (this) {
            // The bytes are more than the characters where a text is not ASCII.
            case STRING, MARKDOWN -> to - from <= LONGEST_STRING || value.text().length() <= LONGEST_STRING;
            case CODE -> TextFormat.isCode(bytes, from, to);
            case ID -> TextFormat.isId(bytes, from, to);
            case URI, URL, CANONICAL -> TextFormat.isUri(bytes, from, to);
            case OID -> TextFormat.isOid(value.text());
            case UUID -> TextFormat.isUuid(value.text());
            case BASE64 -> TextFormat.isBase64(bytes, from, to);
            case DATE, DATE_TIME, INSTANT, TIME -> value.isPlain() ? isTime(bytes, from, to) : isTime(value.text());
            default -> true;
        };
    }

    /** No date needs an escape, but some encoders escape the plus of a time zone. */
    private boolean isTime(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return isTime(bytes, 0, bytes.length);
    }

    private boolean isTime(byte[] bytes, int from, int to) {
        return switch (this) {
            case DATE -> DateFormat.isDate(bytes, from, to);
            case DATE_TIME -> DateFormat.isDateTime(bytes, from, to);
            case INSTANT -> DateFormat.isInstant(bytes, from, to);
            default -> DateFormat.isTime(bytes, from, to);
        };
    }

    private static boolean integerFrom(JsonValue value, int least) {
        if (value.kind() != JsonKind.NUMBER || value.end() - value.start() > 11) {
            return false;
        }
        byte[] bytes = value.document().bytes();
        int at = value.start();
        boolean negative = bytes[at] == '-';
        long number = 0;
        for (int i = negative ? at + 1 : at; i < value.end(); i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return false;
            }
            number = number * 10 + (bytes[i] - '0');
        }
        number = negative ? -number : number;
        return number >= least && number <= Integer.MAX_VALUE;
    }

    private static Map<String, PrimitiveType> byCode() {
        Map<String, PrimitiveType> types = new HashMap<>();
        for (PrimitiveType type : values()) {
            types.put(type.code, type);
        }
        return Map.copyOf(types);
    }
}
