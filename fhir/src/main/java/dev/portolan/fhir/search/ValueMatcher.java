package dev.portolan.fhir.search;

import dev.portolan.fhir.json.JsonDocument;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** R4 search, section 3.1.1.4: whether a value is what a criterion asks for. */
final class ValueMatcher implements CriterionMatcher {

    private static final double EARTH_RADIUS_KILOMETRES = 6_371.0088;

    private final SearchValueExtractor extractor;
    private final Set<String> ownBases;

    /** @param ownBases absolute URLs of the server's own bases, without a slash at the end: references below them are local */
    ValueMatcher(SearchValueExtractor extractor, Set<String> ownBases) {
        this.extractor = extractor;
        this.ownBases = Set.copyOf(ownBases);
    }

    @Override
    public boolean matches(JsonDocument resource, Criterion criterion) {
        if (criterion instanceof Criterion.FullText text) {
            return FullTextWords.of(resource, text.narrativeOnly()).holdsAnyOf(text.anyOf());
        }
        if (!(criterion instanceof Criterion.Parameter asked)) {
            throw new IllegalArgumentException("this criterion needs other resources");
        }
        List<SearchValue> values = new ArrayList<>();
        extractor.extract(resource, asked.parameter(), (parameter, value) -> values.add(value));
        return switch (asked.modifier()) {
            case MISSING -> asked.anyOf().stream().anyMatch(one -> ((CriterionValue.Missing) one).missing() == values.isEmpty());
            case NOT -> values.stream().noneMatch(value -> anyOf(asked, Modifier.NONE, value));
            default -> values.stream().anyMatch(value -> anyOf(asked, asked.modifier(), value));
        };
    }

    private boolean anyOf(Criterion.Parameter asked, Modifier modifier, SearchValue value) {
        for (CriterionValue alternative : asked.anyOf()) {
            if (is(asked.parameter(), modifier, value, alternative)) {
                return true;
            }
        }
        return false;
    }

    private boolean is(SearchParameter parameter, Modifier modifier, SearchValue value, CriterionValue asked) {
        if (modifier == Modifier.TEXT) {
            return value instanceof SearchValue.Token token && token.text() != null && startsWith(token.text(), ((CriterionValue.Text) asked).value());
        }
        if (modifier == Modifier.OF_TYPE) {
            CriterionValue.OfType type = (CriterionValue.OfType) asked;
            return value instanceof SearchValue.Token token && type.typeSystem().equals(token.typeSystem()) && type.typeCode().equals(token.typeCode()) && type.value().equals(token.code());
        }
        if (modifier == Modifier.IDENTIFIER) {
            return value instanceof SearchValue.Reference reference && reference.identifier() != null && token(reference.identifier(), (CriterionValue.Token) asked);
        }
        if (value instanceof SearchValue.Token token) {
            return asked instanceof CriterionValue.Token wanted && token(token, wanted);
        } else if (value instanceof SearchValue.Reference reference) {
            return asked instanceof CriterionValue.Definition definition ? names(reference, definition) : asked instanceof CriterionValue.Reference wanted && reference(parameter, reference, wanted);
        } else if (value instanceof SearchValue.Date date) {
            return asked instanceof CriterionValue.Date wanted && date(date, wanted);
        } else if (value instanceof SearchValue.Text text) {
            return asked instanceof CriterionValue.Text wanted && text(text.value(), modifier, wanted.value());
        } else if (value instanceof SearchValue.Number number) {
            return asked instanceof CriterionValue.Number wanted && number(number.value(), number.value(), wanted);
        } else if (value instanceof SearchValue.Quantity quantity) {
            return asked instanceof CriterionValue.Number plain ? number(quantity.low(), quantity.high(), plain) : asked instanceof CriterionValue.Quantity wanted && quantity(quantity, wanted);
        } else if (value instanceof SearchValue.Uri uri) {
            return asked instanceof CriterionValue.Uri wanted && uri(uri.value(), modifier, wanted.value());
        } else if (value instanceof SearchValue.Composite composite) {
            return asked instanceof CriterionValue.Composite wanted && composite(parameter, composite, wanted);
        }
        return value instanceof SearchValue.Position position && asked instanceof CriterionValue.Near near && distance(position, near) <= near.kilometres();
    }

    private static boolean token(SearchValue.Token value, CriterionValue.Token asked) {
        boolean system = asked.system() == null || asked.system().equals(Objects.requireNonNullElse(value.system(), ""));
        // system| is "any element where the value of [system] matches", one without a code among them.
        return system && (asked.code() == null || asked.code().equals(value.code()));
    }

    private boolean reference(SearchParameter parameter, SearchValue.Reference value, CriterionValue.Reference asked) {
        boolean version = asked.version() == null || asked.version().equals(value.version());
        if (asked.url() != null && asked.url().equals(value.url())) {
            return version;
        }
        if (asked.id() == null) {
            return false;
        }
        boolean type = asked.type() != null ? asked.type().equals(value.type()) : parameter.targets().isEmpty() || parameter.targets().contains(String.valueOf(value.type()));
        return version && type && asked.id().equals(value.id()) && isLocal(value);
    }

    private static boolean names(SearchValue.Reference value, CriterionValue.Definition asked) {
        return value.id() == null && asked.url().equals(value.url()) && (value.version() == null || value.version().equals(asked.version()));
    }

    /** An id names a resource of this server only: the same id at another server is another resource (R4 search, section 3.1.1.4.12). */
    private boolean isLocal(SearchValue.Reference value) {
        String url = value.url();
        int end = url == null ? -1 : url.length() - (value.type() + value.id()).length() - 2;
        return url == null || (end > 0 && ownBases.contains(url.substring(0, end)));
    }

    /** R4 search, section 3.1.1.4.5, on ranges: those of the value and of the asked date by their precision. */
    private static boolean date(SearchValue.Date value, CriterionValue.Date asked) {
        boolean within = asked.low() <= value.low() && value.high() <= asked.high();
        return switch (asked.prefix()) {
            case EQ -> within;
            case NE -> !within;
            case GT -> value.high() > asked.high();
            case LT -> value.low() < asked.low();
            case GE -> value.high() > asked.high() || within;
            case LE -> value.low() < asked.low() || within;
            case SA -> value.low() > asked.high();
            case EB -> value.high() < asked.low();
            case AP -> value.low() <= asked.high() && value.high() >= asked.low();
        };
    }

    private static boolean text(String value, Modifier modifier, String asked) {
        return switch (modifier) {
            case EXACT -> value.equals(asked);
            case CONTAINS -> StringNormalization.normalize(value).contains(StringNormalization.normalize(asked));
            default -> startsWith(value, asked);
        };
    }

    private static boolean startsWith(String value, String asked) {
        return StringNormalization.normalize(value).startsWith(StringNormalization.normalize(asked));
    }

    /** A value is a range from low to high; an open end is null. Prefixes but eq, ne and ap compare with the number itself, whatever its digits. */
    private static boolean number(@Nullable BigDecimal low, @Nullable BigDecimal high, CriterionValue.Number asked) {
        boolean within = low != null && high != null && low.compareTo(asked.low()) >= 0 && high.compareTo(asked.high()) < 0;
        return switch (asked.prefix()) {
            case EQ -> within;
            case NE -> !within;
            case GT -> high == null || high.compareTo(asked.value()) > 0;
            case LT -> low == null || low.compareTo(asked.value()) < 0;
            case GE -> high == null || high.compareTo(asked.value()) >= 0;
            case LE -> low == null || low.compareTo(asked.value()) <= 0;
            case SA -> low != null && low.compareTo(asked.value()) > 0;
            case EB -> high != null && high.compareTo(asked.value()) < 0;
            case AP -> (low == null || low.compareTo(asked.high()) <= 0) && (high == null || high.compareTo(asked.low()) >= 0);
        };
    }

    private static boolean quantity(SearchValue.Quantity value, CriterionValue.Quantity asked) {
        boolean unit = asked.system() != null
            ? asked.system().equals(value.system()) && (asked.code() == null || asked.code().equals(value.code()))
            : asked.code() == null || asked.code().equals(value.code()) || asked.code().equals(value.unit());
        boolean empty = value.value() == null && value.low() == null && value.high() == null;
        if (!unit || empty) {
            return false;
        }
        return value.value() != null ? number(value.value(), value.value(), asked.number()) : number(value.low(), value.high(), asked.number());
    }

    /** Above and below go by the segments of the path (R4 search, section 3.1.1.4.12). */
    private static boolean uri(String value, Modifier modifier, String asked) {
        return switch (modifier) {
            case BELOW -> beneath(value, asked);
            case ABOVE -> beneath(asked, value);
            default -> value.equals(asked);
        };
    }

    private static boolean beneath(String longer, String shorter) {
        return longer.equals(shorter) || longer.startsWith(shorter.endsWith("/") ? shorter : shorter + "/");
    }

    private boolean composite(SearchParameter parameter, SearchValue.Composite value, CriterionValue.Composite asked) {
        for (int i = 0; i < asked.components().size(); i++) {
            SearchParameter component = parameter.components().get(i).definition();
            CriterionValue wanted = asked.components().get(i);
            if (value.components().get(i).stream().noneMatch(part -> is(component, Modifier.NONE, part, wanted))) {
                return false;
            }
        }
        return true;
    }

    /** Great-circle distance in kilometres. */
    private static double distance(SearchValue.Position a, CriterionValue.Near b) {
        double latitude = Math.toRadians(b.latitude() - a.latitude());
        double longitude = Math.toRadians(b.longitude() - a.longitude());
        double h = Math.pow(Math.sin(latitude / 2), 2)
            + Math.cos(Math.toRadians(a.latitude())) * Math.cos(Math.toRadians(b.latitude())) * Math.pow(Math.sin(longitude / 2), 2);
        return 2 * EARTH_RADIUS_KILOMETRES * Math.asin(Math.sqrt(Math.min(1, h)));
    }
}
