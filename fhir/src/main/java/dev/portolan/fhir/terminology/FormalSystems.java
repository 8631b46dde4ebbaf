package dev.portolan.fhir.terminology;

import java.io.InputStream;
import java.util.Arrays;
import java.util.Currency;
import java.util.IllformedLocaleException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.fhir.ucum.UcumEssenceService;
import org.fhir.ucum.UcumException;
import org.fhir.ucum.UcumService;

/** Code systems that are a grammar or a standard's list rather than a CodeSystem resource: units, media types, languages, countries, currencies. */
final class FormalSystems {

    /** FHIR's own short names of its formats stand beside the media types (CapabilityStatement.format). */
    private static final Pattern MEDIA_TYPE = Pattern.compile("xml|json|ttl|[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\\s*;.*)?");
    /** The library that reads units descends a level for every parenthesis and operator: longer or deeper text, which is no unit that anybody measures in, would exhaust its stack. */
    private static final int LONGEST_UNIT = 200;
    private static final int DEEPEST_UNIT = 20;
    private static final Set<String> LANGUAGES = Arrays.stream(Locale.getISOLanguages()).collect(Collectors.toUnmodifiableSet());
    /** Deprecated by the registry and valid as before. */
    private static final Set<String> FORMER_LANGUAGES = Set.of("in", "iw", "ji", "jw", "mo", "sh");
    private static final Set<String> COUNTRIES = countries();
    private static final String COUNTRY_SYSTEM = "urn:iso:std:iso:3166";
    /** The standard also has a number for each country; the platform's list has them not. */
    private static final Pattern COUNTRY_NUMBER = Pattern.compile("[0-9]{3}");
    private static final Set<String> CURRENCIES =
            Currency.getAvailableCurrencies().stream().map(Currency::getCurrencyCode).collect(Collectors.toUnmodifiableSet());

    private final Map<String, Predicate<String>> systems = Map.of(
            "http://unitsofmeasure.org", this::isUnit,
            "urn:ietf:bcp:13", code -> MEDIA_TYPE.matcher(code).matches(),
            "urn:ietf:bcp:47", FormalSystems::isLanguage,
            COUNTRY_SYSTEM, COUNTRIES::contains,
            "urn:iso:std:iso:4217", CURRENCIES::contains);
    private static final Map<String, String> TITLES = Map.of(
            "http://unitsofmeasure.org", "Unified Code for Units of Measure (UCUM)",
            "urn:ietf:bcp:13", "Media types (BCP 13)",
            "urn:ietf:bcp:47", "Tags for the identification of languages (BCP 47)",
            COUNTRY_SYSTEM, "Countries (ISO 3166)",
            "urn:iso:std:iso:4217", "Currencies (ISO 4217)");
    private volatile UcumService units;

    boolean covers(String system) {
        return systems.containsKey(system);
    }

    static Optional<String> title(String system) {
        return Optional.ofNullable(TITLES.get(system));
    }

    Membership has(String system, String code) {
        Predicate<String> rule = systems.get(system);
        boolean number = system.equals(COUNTRY_SYSTEM) && COUNTRY_NUMBER.matcher(code).matches();
        return rule == null || number ? Membership.UNKNOWN : Membership.of(rule.test(code));
    }

    private boolean isUnit(String code) {
        return code.length() <= LONGEST_UNIT && depth(code) <= DEEPEST_UNIT && ucum().validate(code) == null;
    }

    private static int depth(String code) {
        int open = 0;
        int deepest = 0;
        for (int i = 0; i < code.length(); i++) {
            open += code.charAt(i) == '(' ? 1 : code.charAt(i) == ')' ? -1 : 0;
            deepest = Math.max(deepest, open);
        }
        return deepest;
    }

    /** The table of units is read when the first unit is asked for. */
    private UcumService ucum() {
        UcumService service = units;
        if (service == null) {
            synchronized (this) {
                service = units;
                if (service == null) {
                    service = read();
                    units = service;
                }
            }
        }
        return service;
    }

    private static UcumService read() {
        InputStream essence = FormalSystems.class.getResourceAsStream("/ucum-essence.xml");
        if (essence == null) {
            throw new IllegalStateException("missing on the class path: ucum-essence.xml");
        }
        try {
            return new UcumEssenceService(essence);
        } catch (UcumException e) {
            throw new IllegalStateException("the table of UCUM units cannot be read", e);
        }
    }

    /** Well-formed, and in a language that there is; languages of three letters are more than the platform knows. The form is not what the platform makes of it: that has newer codes for some ({@code zh-cmn} is {@code cmn}). */
    private static boolean isLanguage(String code) {
        try {
            new Locale.Builder().setLanguageTag(code);
        } catch (IllformedLocaleException e) {
            return false;
        }
        int end = code.indexOf('-');
        String primary = (end < 0 ? code : code.substring(0, end)).toLowerCase(Locale.ROOT);
        return primary.length() == 3 || LANGUAGES.contains(primary) || FORMER_LANGUAGES.contains(primary);
    }

    private static Set<String> countries() {
        Set<String> codes = Arrays.stream(Locale.IsoCountryCode.values())
                .flatMap(form -> Locale.getISOCountries(form).stream())
                .collect(Collectors.toSet());
        return Set.copyOf(codes);
    }
}
