package dev.portolan.fhir.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads one alternative of a parameter by the parameter's type. */
final class ValueParser {

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9\\-.]{1,64}");
    private static final Pattern LOCAL = Pattern.compile("([A-Z][A-Za-z]+)/([A-Za-z0-9\\-.]{1,64})(?:/_history/([A-Za-z0-9\\-.]{1,64}))?");
    private static final double DEFAULT_KILOMETRES = 50;
    /** In any unit: a distance that is no number any more would find every place. */
    private static final double FARTHEST = 1e9;
    private static final double KILOMETRES_IN_A_MILE = 1.609344;

    private final AskedDate dates;
    private final Set<String> resourceTypes;

    ValueParser(AskedDate dates, Set<String> resourceTypes) {
        this.dates = dates;
        this.resourceTypes = resourceTypes;
    }

    /** The names that errors speak of, and what a reference is relative to. */
    record Context(String name, Modifier modifier, @Nullable String referenceType, Set<String> ownBases) {}

    CriterionValue parse(SearchParameter parameter, String text, Context context) {
        if (text.isEmpty()) {
            throw new InvalidSearchException(context.name(), "'" + context.name() + "' has an empty value; remove it or the comma beside it", false);
        }
        return switch (context.modifier()) {
            case MISSING -> missing(text, context);
            case TEXT -> text(text, context);
            case OF_TYPE -> ofType(text, context);
            case IDENTIFIER -> token(text, context);
            default -> byType(parameter, text, context);
        };
    }

    private CriterionValue byType(SearchParameter parameter, String text, Context context) {
        return switch (parameter.type()) {
            case TOKEN -> token(text, context);
            case REFERENCE -> reference(EscapedText.unescape(text), context);
            case DATE -> dates.parse(context.name(), text);
            case STRING -> text(text, context);
            case NUMBER -> NumberText.parse(context.name(), text);
            case QUANTITY -> quantity(text, context);
            case URI -> new CriterionValue.Uri(EscapedText.unescape(text));
            case COMPOSITE -> composite(parameter, text, context);
            case SPECIAL -> near(text, context);
        };
    }

    /** Spaces and accents alone are nothing once they do not count, and every text begins with nothing: an update or a delete by such a condition would mean everybody. */
    private static CriterionValue text(String text, Context context) {
        String value = EscapedText.unescape(text);
        if (context.modifier() != Modifier.EXACT && StringNormalization.normalize(value).isEmpty()) {
            throw new InvalidSearchException(context.name(), "the value of '" + context.name() + "' is spaces or accents alone, which every text would match; give at least one other character", false);
        }
        return new CriterionValue.Text(value);
    }

    private static CriterionValue missing(String text, Context context) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new InvalidSearchException(context.name(), "'" + context.name() + "' is true or false", false);
        }
        return new CriterionValue.Missing(text.equals("true"));
    }

    static CriterionValue.Token token(String text, Context context) {
        List<String> parts = EscapedText.split(text, '|');
        if (parts.size() > 2 || text.equals("|")) {
            throw new InvalidSearchException(context.name(), "the value of '" + context.name() + "' is code, system|code, |code or system|; a bar inside a value is written \\|", false);
        }
        if (parts.size() == 1) {
            return new CriterionValue.Token(null, EscapedText.unescape(text));
        }
        String code = EscapedText.unescape(parts.get(1));
        return new CriterionValue.Token(EscapedText.unescape(parts.get(0)), code.isEmpty() ? null : code);
    }

    private static CriterionValue ofType(String text, Context context) {
        List<String> parts = EscapedText.split(text, '|');
        if (parts.size() != 3 || parts.stream().anyMatch(String::isEmpty)) {
            throw new InvalidSearchException(context.name(), "the value of '" + context.name() + "' is type system|type code|value, all three of them", false);
        }
        return new CriterionValue.OfType(EscapedText.unescape(parts.get(0)), EscapedText.unescape(parts.get(1)), EscapedText.unescape(parts.get(2)));
    }

    private CriterionValue reference(String text, Context context) {
        String local = withoutOwnBase(text, context.ownBases());
        Matcher form = LOCAL.matcher(local);
        if (form.matches() && resourceTypes.contains(form.group(1))) {
            if (context.referenceType() != null && !context.referenceType().equals(form.group(1))) {
                throw new InvalidSearchException(context.name(), "'" + context.name() + "' asks for " + context.referenceType() + " but its value names another type", false);
            }
            boolean absolute = !local.equals(text) && form.group(3) == null;
            return new CriterionValue.Reference(form.group(1), form.group(2), absolute ? text : null, form.group(3));
        }
        if (ID.matcher(local).matches()) {
            return new CriterionValue.Reference(context.referenceType(), local, null, null);
        }
        int colon = text.indexOf(':');
        if (colon > 0 && text.substring(0, colon).matches("[A-Za-z][A-Za-z0-9+.-]*")) {
            int bar = text.indexOf('|');
            return bar < 0 ? new CriterionValue.Reference(null, null, text, null) : new CriterionValue.Reference(null, null, text.substring(0, bar), text.substring(bar + 1));
        }
        throw new InvalidSearchException(context.name(), "the value of '" + context.name() + "' is no reference; write an id, Type/id with an R4 resource type, or an absolute URL", false);
    }

    private static String withoutOwnBase(String text, Set<String> ownBases) {
        for (String base : ownBases) {
            if (text.startsWith(base) && text.length() > base.length() + 1 && text.charAt(base.length()) == '/') {
                return text.substring(base.length() + 1);
            }
        }
        return text;
    }

    private static CriterionValue quantity(String text, Context context) {
        List<String> parts = EscapedText.split(text, '|');
        if (parts.size() != 1 && parts.size() != 3) {
            throw new InvalidSearchException(context.name(), "the value of '" + context.name() + "' is number, number|system|code or number||code", false);
        }
        CriterionValue.Number number = NumberText.parse(context.name(), parts.get(0));
        if (parts.size() == 1) {
            return new CriterionValue.Quantity(number, null, null);
        }
        String system = EscapedText.unescape(parts.get(1));
        String code = EscapedText.unescape(parts.get(2));
        return new CriterionValue.Quantity(number, system.isEmpty() ? null : system, code.isEmpty() ? null : code);
    }

    private CriterionValue composite(SearchParameter parameter, String text, Context context) {
        List<String> parts = EscapedText.split(text, '$');
        if (parts.size() != parameter.components().size()) {
            throw new InvalidSearchException(context.name(), "'" + context.name() + "' has " + parameter.components().size() + " parts with a $ between them", false);
        }
        List<CriterionValue> values = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            SearchParameter component = parameter.components().get(i).definition();
            values.add(parse(component, parts.get(i), new Context(context.name(), Modifier.NONE, null, context.ownBases())));
        }
        return new CriterionValue.Composite(List.copyOf(values));
    }

    /** R4 Location.near: {@code latitude|longitude|distance|units}; without a distance the server chooses one. */
    private static CriterionValue near(String text, Context context) {
        String[] parts = text.split("\\|", -1);
        try {
            double latitude = Double.parseDouble(parts[0]);
            double longitude = Double.parseDouble(parts[1]);
            double distance = parts.length > 2 && !parts[2].isEmpty() ? Double.parseDouble(parts[2]) : DEFAULT_KILOMETRES;
            String unit = parts.length > 3 && !parts[3].isEmpty() ? parts[3] : "km";
            double factor = switch (unit) {
                case "km" -> 1;
                case "m" -> 0.001;
                case "mi", "[mi_us]", "[mi_i]" -> KILOMETRES_IN_A_MILE;
                default -> Double.NaN;
            };
            boolean possible = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && distance >= 0 && distance * factor >= 0 && distance <= FARTHEST;
            if (parts.length <= 4 && possible) {
                return new CriterionValue.Near(latitude, longitude, distance * factor);
            }
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException notThisForm) {
            // The one error below says what the form is.
        }
        throw new InvalidSearchException(context.name(), "the value of '" + context.name() + "' is latitude|longitude|distance|unit in degrees and km, m or [mi_us]", false);
    }
}
