package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonValue;
import java.math.BigDecimal;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Numbers, quantities and places (R4 search, sections 3.1.1.4.6, 3.1.1.4.11 and the Location's {@code near}). */
final class QuantityReaders {

    private static final int LONGEST_NUMBER = 64;
    private static final int LARGEST_SCALE = 400;
    private static final String CURRENCY = "urn:iso:std:iso:4217";

    private QuantityReaders() {}

    static @Nullable ValueReader number(String dataType) {
        return switch (dataType) {
            case "decimal", "integer", "positiveInt", "unsignedInt" -> (element, values) -> addNumber(element, values);
            case "Quantity", "Age", "Duration", "Count", "Distance" -> (element, values) -> addNumber(element.field("value"), values);
            // "If the target value is a Range, then the target is explicitly a range" (R4 search, section 3.1.1.4.5), as a probability may be.
            case "Range" -> QuantityReaders::range;
            default -> null;
        };
    }

    static @Nullable ValueReader quantity(String dataType) {
        return switch (dataType) {
            case "Quantity", "Age", "Duration", "Count", "Distance" -> QuantityReaders::readQuantity;
            case "Money" -> QuantityReaders::money;
            case "Range" -> QuantityReaders::range;
            default -> null;
        };
    }

    static @Nullable ValueReader position(String dataType) {
        return dataType.equals("Location.position") ? QuantityReaders::readPosition : null;
    }

    private static void addNumber(@Nullable JsonValue element, Consumer<SearchValue> values) {
        BigDecimal number = decimal(element);
        if (number != null) {
            values.accept(new SearchValue.Number(number));
        }
    }

    private static void readQuantity(JsonValue element, Consumer<SearchValue> values) {
        BigDecimal value = decimal(element.field("value"));
        if (value != null) {
            values.accept(new SearchValue.Quantity(
                value, null, null, element.fieldText("system"), element.fieldText("code"), element.fieldText("unit")));
        }
    }

    private static void money(JsonValue element, Consumer<SearchValue> values) {
        BigDecimal value = decimal(element.field("value"));
        if (value != null) {
            String currency = element.fieldText("currency");
            values.accept(new SearchValue.Quantity(value, null, null, currency == null ? null : CURRENCY, currency, null));
        }
    }

    private static void range(JsonValue element, Consumer<SearchValue> values) {
        JsonValue low = element.field("low");
        JsonValue high = element.field("high");
        BigDecimal from = low == null ? null : decimal(low.field("value"));
        BigDecimal to = high == null ? null : decimal(high.field("value"));
        JsonValue unit = from != null ? low : high;
        if (unit != null && (from != null || to != null)) {
            values.accept(new SearchValue.Quantity(null, from, to, unit.fieldText("system"), unit.fieldText("code"), unit.fieldText("unit")));
        }
    }

    private static void readPosition(JsonValue element, Consumer<SearchValue> values) {
        BigDecimal latitude = decimal(element.field("latitude"));
        BigDecimal longitude = decimal(element.field("longitude"));
        if (latitude != null && longitude != null) {
            values.accept(new SearchValue.Position(latitude.doubleValue(), longitude.doubleValue()));
        }
    }

    /** A number out of all proportion is left out: JSON allows exponents that no arithmetic can bear. */
    private static @Nullable BigDecimal decimal(@Nullable JsonValue element) {
        if (element == null || !element.isBoundedNumber() || element.end() - element.start() > LONGEST_NUMBER) {
            return null;
        }
        try {
            BigDecimal number = element.number();
            return Math.abs((long) number.scale()) > LARGEST_SCALE ? null : number;
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
