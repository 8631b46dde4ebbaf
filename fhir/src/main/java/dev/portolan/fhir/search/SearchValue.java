package dev.portolan.fhir.search;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One value that a resource has for a search parameter. */
public sealed interface SearchValue {

    /**
     * A coded value, an identifier, a boolean, a contact point.
     *
     * @param system null if the element has none; for a {@code code} element the system is not known here and null too
     * @param code null if there is only a text
     * @param text display, CodeableConcept.text or identifier type text, for {@code :text}
     * @param typeSystem for an Identifier, the system of a coding of its type, for {@code :of-type}
     * @param typeCode for an Identifier, the code of a coding of its type
     */
    record Token(@Nullable String system, @Nullable String code, @Nullable String text, @Nullable String typeSystem, @Nullable String typeCode)
        implements SearchValue {

        public static Token of(@Nullable String system, @Nullable String code) {
            return new Token(system, code, null, null, null);
        }
    }

    /**
     * A reference or a canonical.
     *
     * @param type of a literal reference, {@code Type/id} or an absolute one that ends so; null otherwise
     * @param id of a literal reference; null otherwise
     * @param url the reference as it stands if it is absolute (or a canonical, or a urn); null for a relative one
     * @param version the version that it names, after {@code /_history/} or {@code |}; null otherwise
     * @param identifier a logical reference's identifier, for {@code :identifier}; null otherwise
     */
    record Reference(@Nullable String type, @Nullable String id, @Nullable String url, @Nullable String version, @Nullable Token identifier)
        implements SearchValue {}

    /**
     * The stretch of time that a date, dateTime, instant, Period or Timing covers, in milliseconds since 1970 UTC, both ends included. A date without a
     * time zone is taken in UTC.
     *
     * @param low {@link #OPEN_LOW} if the start is open
     * @param high {@link #OPEN_HIGH} if the end is open
     */
    record Date(long low, long high) implements SearchValue {
        public static final long OPEN_LOW = -62_167_219_200_000L;
        public static final long OPEN_HIGH = 253_402_300_799_999L;
    }

    /** A string as it stands in the resource; {@link StringNormalization} says how it is compared. */
    record Text(String value) implements SearchValue {}

    record Number(BigDecimal value) implements SearchValue {}

    /**
     * @param value the number; null if the element has none
     * @param low lower end for a Range (value is null then), or null
     * @param high upper end for a Range, or null
     * @param system of the coded unit; null if there is none
     * @param code of the coded unit; null if there is none
     * @param unit the unit for people; null if there is none
     */
    record Quantity(@Nullable BigDecimal value, @Nullable BigDecimal low, @Nullable BigDecimal high, @Nullable String system, @Nullable String code, @Nullable String unit)
        implements SearchValue {}

    record Uri(String value) implements SearchValue {}

    /** A composite's value: for each component, in their order, the values that one element has for it. */
    record Composite(List<List<SearchValue>> components) implements SearchValue {}

    /** A place in degrees (WGS 84), for {@code near}. */
    record Position(double latitude, double longitude) implements SearchValue {}
}
