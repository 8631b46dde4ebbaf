package dev.portolan.store;

import dev.portolan.fhir.json.JsonDocument;
import dev.portolan.fhir.json.JsonValue;
import dev.portolan.fhir.search.Criterion;
import dev.portolan.fhir.search.CriterionMatcher;
import dev.portolan.fhir.search.CriterionValue;
import dev.portolan.fhir.search.Modifier;
import dev.portolan.fhir.search.ParameterType;
import dev.portolan.fhir.search.Prefix;
import dev.portolan.fhir.search.SearchParameter;
import dev.portolan.fhir.search.SearchParameters;
import dev.portolan.fhir.search.SearchValue;
import dev.portolan.fhir.search.SearchValueExtractor;
import dev.portolan.fhir.search.SearchValueSink;
import dev.portolan.fhir.search.StringNormalization;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A few parameters of a few types with their own plain extractor and matcher: what the store is told about FHIR can be seen here at a glance, and is nothing that the store's own
 * code made.
 */
final class SmallDefinitions implements SearchParameters, SearchValueExtractor, CriterionMatcher {

    private static final Set<String> TYPES =
        Set.of("Patient", "Observation", "Encounter", "Provenance", "Practitioner", "PractitionerRole", "Organization", "Coverage", "Group", "List", "RelatedPerson", "ExplanationOfBenefit");

    private final Map<String, Map<String, SearchParameter>> byType = new LinkedHashMap<>();

    SmallDefinitions() {
        for (String type : TYPES) {
            add(type, "_tag", ParameterType.TOKEN, "meta.tag");
            add(type, "_security", ParameterType.TOKEN, "meta.security");
            add(type, "_profile", ParameterType.URI, "meta.profile");
            add(type, "_id", ParameterType.TOKEN, "");
            add(type, "_lastUpdated", ParameterType.DATE, "");
            add(type, "identifier", ParameterType.TOKEN, "identifier");
        }
        add("Patient", "name", ParameterType.STRING, "name.family name.given");
        add("Patient", "family", ParameterType.STRING, "name.family");
        add("Patient", "gender", ParameterType.TOKEN, "gender");
        add("Patient", "birthdate", ParameterType.DATE, "birthDate");
        add("Patient", "general-practitioner", ParameterType.REFERENCE, "generalPractitioner", "Practitioner", "Organization");
        add("Observation", "subject", ParameterType.REFERENCE, "subject", "Patient", "Group");
        add("Observation", "patient", ParameterType.REFERENCE, "subject", "Patient");
        add("Observation", "performer", ParameterType.REFERENCE, "performer", "Practitioner", "Patient", "Organization", "PractitionerRole");
        add("Observation", "encounter", ParameterType.REFERENCE, "encounter", "Encounter");
        add("Observation", "category", ParameterType.TOKEN, "category.coding");
        add("Observation", "code", ParameterType.TOKEN, "code.coding");
        add("Observation", "status", ParameterType.TOKEN, "status");
        add("Observation", "date", ParameterType.DATE, "effectiveDateTime effectivePeriod");
        add("Observation", "issued-on", ParameterType.DATE, "issued");
        add("Observation", "value-quantity", ParameterType.QUANTITY, "valueQuantity");
        add("Observation", "value-string", ParameterType.STRING, "valueString");
        add("Encounter", "patient", ParameterType.REFERENCE, "subject", "Patient");
        add("Encounter", "subject", ParameterType.REFERENCE, "subject", "Patient");
        add("Encounter", "participant", ParameterType.REFERENCE, "participant.individual", "Practitioner");
        add("Encounter", "date", ParameterType.DATE, "period");
        add("Encounter", "status", ParameterType.TOKEN, "status");
        add("Provenance", "target", ParameterType.REFERENCE, "target");
        add("Provenance", "recorded", ParameterType.DATE, "recorded");
        add("Practitioner", "name", ParameterType.STRING, "name.family name.given");
        add("PractitionerRole", "practitioner", ParameterType.REFERENCE, "practitioner", "Practitioner");
        add("PractitionerRole", "organization", ParameterType.REFERENCE, "organization", "Organization");
        add("Organization", "name", ParameterType.STRING, "name");
        add("Coverage", "beneficiary", ParameterType.REFERENCE, "beneficiary", "Patient");
        add("Coverage", "patient", ParameterType.REFERENCE, "beneficiary", "Patient");
        add("Coverage", "subscriber", ParameterType.REFERENCE, "subscriber", "Patient", "RelatedPerson");
        add("Group", "member", ParameterType.REFERENCE, "member.entity", "Patient");
        add("List", "subject", ParameterType.REFERENCE, "subject", "Patient");
        add("List", "item", ParameterType.REFERENCE, "entry.item");
        add("ExplanationOfBenefit", "patient", ParameterType.REFERENCE, "patient", "Patient");
        add("ExplanationOfBenefit", "status", ParameterType.TOKEN, "status");
        add("ExplanationOfBenefit", "service-date", ParameterType.DATE, "billablePeriod item.servicedDate");
        add("RelatedPerson", "patient", ParameterType.REFERENCE, "patient", "Patient");
    }

    private void add(String type, String code, ParameterType kind, String paths, String... targets) {
        byType.computeIfAbsent(type, t -> new LinkedHashMap<>()).put(code, new SearchParameter(code, type, kind, "urn:" + type + ":" + code, paths, Set.of(targets), List.of()));
    }

    SearchParameter get(String type, String code) {
        return find(type, code).orElseThrow(() -> new IllegalArgumentException(type + "." + code));
    }

    @Override
    public Optional<SearchParameter> find(String resourceType, String code) {
        return Optional.ofNullable(byType.getOrDefault(resourceType, Map.of()).get(code));
    }

    @Override
    public Collection<SearchParameter> of(String resourceType) {
        return byType.get(resourceType).values();
    }

    @Override
    public Set<String> resourceTypes() {
        return TYPES;
    }

    @Override
    public String fingerprint() {
        return "small";
    }

    @Override
    public void extract(JsonDocument resource, SearchValueSink sink) {
        of(resource.root().fieldText("resourceType")).forEach(parameter -> extract(resource, parameter, sink));
    }

    @Override
    public void extract(JsonDocument resource, SearchParameter parameter, SearchValueSink sink) {
        for (String path : parameter.expression().isEmpty() ? new String[0] : parameter.expression().split(" ")) {
            walk(resource.root(), path.split("\\."), 0, value -> read(parameter, value, sink));
        }
    }

    private static void walk(JsonValue at, String[] path, int depth, Consumer<JsonValue> found) {
        if (at.isArray()) {
            at.each().forEach(element -> walk(element, path, depth, found));
        } else if (depth == path.length) {
            found.accept(at);
        } else if (at.field(path[depth]) != null) {
            walk(at.field(path[depth]), path, depth + 1, found);
        }
    }

    private static void read(SearchParameter parameter, JsonValue value, SearchValueSink sink) {
        switch (parameter.type()) {
            case TOKEN -> sink.accept(parameter, value.isObject()
                ? SearchValue.Token.of(value.fieldText("system"), value.field("code") != null ? value.fieldText("code") : value.fieldText("value"))
                : SearchValue.Token.of(null, value.text()));
            case STRING -> sink.accept(parameter, new SearchValue.Text(value.text()));
            case URI -> sink.accept(parameter, new SearchValue.Uri(value.text()));
            case DATE -> sink.accept(parameter, date(value));
            case QUANTITY -> sink.accept(parameter, new SearchValue.Quantity(value.field("value").number(), null, null, value.fieldText("system"), value.fieldText("code"), null));
            case REFERENCE -> {
                String[] parts = value.fieldText("reference").split("/");
                if (!parameter.code().equals("patient") || parts[0].equals("Patient")) {
                    sink.accept(parameter, new SearchValue.Reference(parts[0], parts[1], null, null, null));
                }
            }
            default -> throw new IllegalArgumentException(parameter.code());
        }
    }

    private static SearchValue.Date date(JsonValue value) {
        if (value.isObject()) {
            String start = value.fieldText("start");
            String end = value.fieldText("end");
            return new SearchValue.Date(start == null ? SearchValue.Date.OPEN_LOW : stretch(start)[0], end == null ? SearchValue.Date.OPEN_HIGH : stretch(end)[1]);
        }
        long[] stretch = stretch(value.text());
        return new SearchValue.Date(stretch[0], stretch[1]);
    }

    /** A day or an instant with seconds. */
    static long[] stretch(String text) {
        if (text.length() == 4) {
            return new long[] {stretch(text + "-01-01")[0], stretch(text + "-12-31")[1]};
        }
        if (text.length() == 10) {
            long start = LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli();
            return new long[] {start, start + 86_399_999};
        }
        long start = OffsetDateTime.parse(text).toInstant().toEpochMilli();
        return new long[] {start, start + 999};
    }

    @Override
    public boolean matches(JsonDocument resource, Criterion criterion) {
        if (criterion instanceof Criterion.FullText text) {
            String all = StringNormalization.normalize(new String(resource.bytes(), java.nio.charset.StandardCharsets.UTF_8));
            return text.anyOf().stream().anyMatch(words -> all.contains(StringNormalization.normalize(words)));
        }
        if (!(criterion instanceof Criterion.Parameter parameter)) {
            throw new IllegalArgumentException("needs other resources: " + criterion);
        }
        List<SearchValue> values = new ArrayList<>();
        SearchParameter own = get(resource.root().fieldText("resourceType"), parameter.parameter().code());
        extract(resource, own, (of, value) -> values.add(value));
        if (parameter.modifier() == Modifier.MISSING) {
            return parameter.anyOf().stream().anyMatch(asked -> ((CriterionValue.Missing) asked).missing() == values.isEmpty());
        }
        boolean any = values.stream().anyMatch(value -> parameter.anyOf().stream().anyMatch(asked -> matches(parameter.modifier(), asked, value, own)));
        return any != (parameter.modifier() == Modifier.NOT);
    }

    private static boolean matches(Modifier modifier, CriterionValue asked, SearchValue value, SearchParameter parameter) {
        if (asked instanceof CriterionValue.Token token) {
            SearchValue.Token has = (SearchValue.Token) value;
            boolean system = token.system() == null || (token.system().isEmpty() ? has.system() == null || has.system().isEmpty() : token.system().equals(has.system()));
            return system && (token.code() == null || token.code().equals(has.code()));
        } else if (asked instanceof CriterionValue.Text text) {
            String has = ((SearchValue.Text) value).value();
            String normal = StringNormalization.normalize(has);
            String wanted = StringNormalization.normalize(text.value());
            return switch (modifier) {
                case EXACT -> has.equals(text.value());
                case CONTAINS -> normal.contains(wanted);
                default -> normal.startsWith(wanted);
            };
        } else if (asked instanceof CriterionValue.Uri uri) {
            return uri.value().equals(((SearchValue.Uri) value).value());
        } else if (asked instanceof CriterionValue.Reference reference) {
            SearchValue.Reference has = (SearchValue.Reference) value;
            return reference.id().equals(has.id()) && (reference.type() == null ? parameter.targets().contains(has.type()) : reference.type().equals(has.type()));
        } else if (asked instanceof CriterionValue.Quantity quantity) {
            var has = ((SearchValue.Quantity) value).value();
            return quantity.number().prefix() == Prefix.GT
                ? has.compareTo(quantity.number().value()) > 0
                : has.compareTo(quantity.number().low()) >= 0 && has.compareTo(quantity.number().high()) < 0;
        }
        CriterionValue.Date date = (CriterionValue.Date) asked;
        SearchValue.Date has = (SearchValue.Date) value;
        return inDate(date, has.low(), has.high());
    }

    static boolean inDate(CriterionValue.Date date, long low, long high) {
        boolean within = date.low() <= low && high <= date.high();
        return switch (date.prefix()) {
            case EQ -> within;
            case NE -> !within;
            case GT -> high > date.high();
            case LT -> low < date.low();
            case GE -> high > date.high() || within;
            case LE -> low < date.low() || within;
            case SA -> low > date.high();
            case EB -> high < date.low();
            case AP -> low <= date.high() && date.low() <= high;
        };
    }
}
