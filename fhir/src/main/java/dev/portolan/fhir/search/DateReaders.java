package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonValue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Dates (R4 search, section 3.1.1.4.7). */
final class DateReaders {

    private DateReaders() {}

    static @Nullable ValueReader of(String dataType) {
        return switch (dataType) {
            case "date", "dateTime", "instant" -> DateReaders::point;
            case "Period" -> DateReaders::period;
            case "Timing" -> DateReaders::timing;
            default -> null;
        };
    }

    private static void point(JsonValue element, Consumer<SearchValue> values) {
        SearchValue.Date date = element.isString() ? DateText.parse(element.text()) : null;
        if (date != null) {
            values.accept(date);
        }
    }

    private static void period(JsonValue element, Consumer<SearchValue> values) {
        SearchValue.Date start = date(element, "start");
        SearchValue.Date end = date(element, "end");
        if (start != null || end != null) {
            values.accept(new SearchValue.Date(
                start == null ? SearchValue.Date.OPEN_LOW : start.low(), end == null ? SearchValue.Date.OPEN_HIGH : end.high()));
        }
    }

    /** From the first to the last of its events, or its bounds: "the specified scheduling details are ignored and only the outer limits matter". */
    private static void timing(JsonValue element, Consumer<SearchValue> values) {
        long[] outer = {Long.MAX_VALUE, Long.MIN_VALUE};
        Consumer<SearchValue> widen = value -> {
            SearchValue.Date date = (SearchValue.Date) value;
            outer[0] = Math.min(outer[0], date.low());
            outer[1] = Math.max(outer[1], date.high());
        };
        for (JsonValue event : element.each("event")) {
            point(event, widen);
        }
        JsonValue repeat = element.field("repeat");
        JsonValue bounds = repeat == null ? null : repeat.field("boundsPeriod");
        if (bounds != null) {
            period(bounds, widen);
        }
        if (outer[0] <= outer[1]) {
            values.accept(new SearchValue.Date(outer[0], outer[1]));
        }
    }

    private static SearchValue.@Nullable Date date(JsonValue element, String name) {
        String text = element.fieldText(name);
        return text == null ? null : DateText.parse(text);
    }
}
