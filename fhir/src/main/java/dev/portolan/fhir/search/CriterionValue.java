package dev.portolan.fhir.search;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One of the values that a caller asks for, already read: no string in here means more than itself. */
public sealed interface CriterionValue {

    /**
     * {@code code}, {@code system|code}, {@code |code}, {@code system|}; with {@link Modifier#IN} and {@link Modifier#NOT_IN} the value set's canonical stands in {@code code}; with
     * {@link Modifier#OF_TYPE} see {@link OfType}.
     *
     * @param system null: any system; empty: the value must have none
     * @param code null: any code of the system
     */
    record Token(@Nullable String system, @Nullable String code) implements CriterionValue {}

    /** {@code :of-type=system|code|value}. */
    record OfType(String typeSystem, String typeCode, String value) implements CriterionValue {}

    /**
     * {@code id}, {@code Type/id}, or a URL. A URL below one of the server's own bases has type and id too: as a reference it means that resource, as a canonical it is only a URL.
     *
     * @param type null: any of the parameter's targets
     * @param id null if it is a URL of elsewhere
     * @param url absolute reference or canonical, without version; null if the caller wrote none, or with {@code /_history/}, which no canonical has
     * @param version version asked for, or null for any
     */
    record Reference(@Nullable String type, @Nullable String id, @Nullable String url, @Nullable String version) implements CriterionValue {}

    /**
     * A definition as canonicals name it: by its URL with this version, or by its URL alone (R4 references, section 2.3.0.2). No caller writes it: a chain that leads to a definition becomes it.
     *
     * @param version null if the definition has none
     */
    record Definition(String url, @Nullable String version) implements CriterionValue {}

    /** The stretch that the value covers by its precision, milliseconds since 1970 UTC, both ends included. For {@code ap} already widened. */
    record Date(Prefix prefix, long low, long high) implements CriterionValue {

        /** Whether an instant, in milliseconds since 1970, is one that this asks for. */
        public boolean holds(long instant) {
            boolean within = instant >= low && instant <= high;
            return switch (prefix) {
                case EQ, AP -> within;
                case NE -> !within;
                case GT, SA -> instant > high;
                case LT, EB -> instant < low;
                case GE -> instant >= low;
                case LE -> instant <= high;
            };
        }
    }

    /** As the caller wrote it, unescaped. */
    record Text(String value) implements CriterionValue {}

    /** The stretch that the number covers by its significant digits: low included, high excluded; {@code value} is the number itself. */
    record Number(Prefix prefix, BigDecimal value, BigDecimal low, BigDecimal high) implements CriterionValue {}

    /**
     * @param system null: any; empty never occurs
     * @param code null: any unit; with a null system it may be the unit's code or its text
     */
    record Quantity(Number number, @Nullable String system, @Nullable String code) implements CriterionValue {}

    record Uri(String value) implements CriterionValue {}

    /** One value for each component. */
    record Composite(List<CriterionValue> components) implements CriterionValue {}

    /** {@code near=lat|lon|distance|units}; the distance is in kilometres. */
    record Near(double latitude, double longitude, double kilometres) implements CriterionValue {}

    /** {@code :missing=true} or {@code false}. */
    record Missing(boolean missing) implements CriterionValue {}
}
