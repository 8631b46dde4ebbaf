package dev.portolan.fhir.search;

import dev.portolan.fhir.search.CriterionParser.UnknownParameterException;
import dev.portolan.fhir.search.SearchQuery.IgnoredParameter;
import dev.portolan.fhir.search.SearchQuery.RawParameter;
import dev.portolan.fhir.search.SearchQuery.Summary;
import dev.portolan.fhir.search.SearchQuery.Total;
import dev.portolan.fhir.terminology.Terminology;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Reads a whole search: what narrows it, what it includes, how it is ordered and shown. */
final class QueryParser implements SearchQueryParser {

    /** Parameters of the HTTP layer, which it takes before the search is read. */
    private static final Set<String> OF_THE_TRANSPORT = Set.of("_format", "_pretty", "_type");

    private static final Set<String> ONCE = Set.of("_count", "_total", "_summary");

    private final SearchParameters parameters;
    private final SearchBounds bounds;
    private final CriterionParser criteria;

    QueryParser(SearchParameters parameters, CompartmentParameters compartments, Terminology terminology, SearchBounds bounds, Clock clock, Predicate<SearchParameter> foldsCase) {
        this.parameters = parameters;
        this.bounds = bounds;
        this.criteria = new CriterionParser(parameters, compartments, terminology, bounds, new AskedDate(clock), foldsCase);
    }

    @Override
    public SearchQuery parse(List<String> types, List<RawParameter> raw, Set<String> ownBases, boolean strict) {
        Reading reading = new Reading(types, ownBases);
        for (RawParameter parameter : raw) {
            if (parameter.value().length() > bounds.valueLength()) {
                throw new InvalidSearchException(parameter.name(), "the value of '" + parameter.name() + "' is longer than " + bounds.valueLength() + " characters", true);
            }
            try {
                reading.take(parameter);
                reading.applied.add(parameter);
            } catch (UnknownParameterException e) {
                if (strict) {
                    throw new InvalidSearchException(parameter.name(), "the parameter '" + parameter.name() + "' is not supported: " + e.getMessage(), true);
                }
                reading.ignored.add(new IgnoredParameter(parameter, String.valueOf(e.getMessage())));
            }
        }
        return reading.query();
    }

    private final class Reading {
        private final List<String> types;
        private final Set<String> ownBases;
        private final List<Criterion> found = new ArrayList<>();
        private final Set<Inclusion> inclusions = new LinkedHashSet<>();
        /** Of {@code _include=*} and its kin, those that were read: a form may have a thousand. */
        private final Set<List<Boolean>> everything = new HashSet<>();
        private final List<SortKey> sort = new ArrayList<>();
        private final Set<String> elements = new LinkedHashSet<>();
        private final List<RawParameter> applied = new ArrayList<>();
        private final List<IgnoredParameter> ignored = new ArrayList<>();
        private final Set<String> once = new HashSet<>();
        private final AtomicInteger valuesLeft = CriterionParser.values();
        private int named;
        private OptionalInt count = OptionalInt.empty();
        private Total total = Total.NONE;
        private Summary summary = Summary.FALSE;

        private Reading(List<String> types, Set<String> ownBases) {
            // A search of the whole system that names no type is one of all types.
            this.types = types.isEmpty() ? parameters.resourceTypes().stream().sorted().toList() : types;
            this.ownBases = ownBases;
        }

        private SearchQuery query() {
            return new SearchQuery(types, List.copyOf(found), List.copyOf(inclusions), List.copyOf(sort), count, total, summary, elements, List.copyOf(applied), List.copyOf(ignored));
        }

        private void take(RawParameter raw) throws UnknownParameterException {
            String name = raw.name();
            if (raw.value().isEmpty()) {
                throw new UnknownParameterException("it has no value");
            }
            if (name.equals("_type")) {
                requireSearched(raw);
            }
            if (OF_THE_TRANSPORT.contains(name)) {
                return;
            }
            if (ONCE.contains(name) && !once.add(name)) {
                throw new InvalidSearchException(name, "'" + name + "' is given more than once; give it once", false);
            }
            switch (name) {
                case "_count" -> count = OptionalInt.of(count(raw.value()));
                case "_total" -> total = word(Total.class, raw);
                case "_summary" -> summary = word(Summary.class, raw);
                case "_elements" -> elements(raw.value());
                case "_sort" -> sort(raw.value());
                case "_include", "_include:iterate", "_include:recurse" -> include(raw, false);
                case "_revinclude", "_revinclude:iterate", "_revinclude:recurse" -> include(raw, true);
                default -> narrow(raw);
            }
        }

        /** The HTTP layer took the types from it where it says what is searched. Elsewhere, as in {@code Patient?_type=Observation}, it must not say something else: the caller would take one type for another. */
        private void requireSearched(RawParameter raw) {
            Set<String> named = Arrays.stream(raw.value().split(",")).map(String::strip).collect(Collectors.toSet());
            if (!named.containsAll(types)) {
                throw new InvalidSearchException(raw.name(), "'_type' names other types than those that are searched: search several types as [base]?_type=Patient,Observation, giving '_type' once", false);
            }
        }

        private void narrow(RawParameter raw) throws UnknownParameterException {
            if (found.size() == bounds.criteria()) {
                throw new InvalidSearchException(raw.name(), "a search has at most " + bounds.criteria() + " parameters", true);
            }
            boolean common = types.size() > 1;
            if (common && !(raw.name().startsWith("_") && !raw.name().startsWith("_has"))) {
                throw new UnknownParameterException("a search of several types knows only the parameters of every resource, such as _id and _lastUpdated");
            }
            criteria.parse(types.get(0), raw.name(), new CriterionParser.Place(raw.name(), raw.value(), ownBases, valuesLeft)).ifPresent(found::add);
        }

        private int count(String value) {
            if (!value.matches("[0-9]+")) {
                throw new InvalidSearchException("_count", "'_count' is a whole number, 0 or more", false);
            }
            // However large: what is more than a page is lowered to a page.
            return value.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(value);
        }

        private <E extends Enum<E>> E word(Class<E> words, RawParameter raw) {
            for (E word : words.getEnumConstants()) {
                if (word.name().toLowerCase(Locale.ROOT).equals(raw.value())) {
                    return word;
                }
            }
            String all = String.join(", ", java.util.Arrays.stream(words.getEnumConstants()).map(word -> word.name().toLowerCase(Locale.ROOT)).toList());
            throw new InvalidSearchException(raw.name(), "'" + raw.name() + "' is one of " + all, false);
        }

        /** A name may stand with its type before it: {@code Patient.name} (R4 search, section 3.1.1.5.8). */
        private void elements(String value) {
            for (String name : value.split(",")) {
                String element = name.strip();
                if (!element.matches("[A-Za-z]+(\\.[A-Za-z]+)?")) {
                    throw new InvalidSearchException("_elements", "'_elements' is a list of element names at the root of the resource", false);
                }
                elements.add(element);
                if (elements.size() > bounds.values()) {
                    throw new InvalidSearchException("_elements", "'_elements' names more than " + bounds.values() + " elements", true);
                }
            }
        }

        /** All of the keys or none: a parameter that is ignored because of one key must not order by the others, or its pages and what the next link says of them differ. */
        private void sort(String value) throws UnknownParameterException {
            List<SortKey> keys = new ArrayList<>();
            for (String key : value.split(",")) {
                boolean descending = key.startsWith("-");
                String code = descending ? key.substring(1) : key;
                SearchParameter parameter = parameters.find(types.get(0), code).filter(found -> !found.expression().isEmpty()).orElseThrow(() -> new UnknownParameterException("there is no search parameter '" + code + "' to sort by"));
                if (parameter.type() == ParameterType.SPECIAL || parameter.type() == ParameterType.COMPOSITE) {
                    throw new UnknownParameterException("'" + code + "' has no order to sort by");
                }
                if (types.size() > 1 && !code.startsWith("_")) {
                    throw new UnknownParameterException("a search of several types is sorted by _id or _lastUpdated");
                }
                keys.add(new SortKey(parameter, descending));
            }
            sort.addAll(keys);
            if (sort.size() > bounds.sortKeys()) {
                throw new InvalidSearchException("_sort", "'_sort' has at most " + bounds.sortKeys() + " keys", true);
            }
        }

        private void include(RawParameter raw, boolean reverse) throws UnknownParameterException {
            boolean iterate = raw.name().indexOf(':') >= 0;
            if (!raw.value().equals("*")) {
                inclusions.add(inclusion(raw, reverse, iterate));
                if (++named > bounds.inclusions()) {
                    throw new InvalidSearchException(raw.name(), "a search has at most " + bounds.inclusions() + " includes", true);
                }
            } else if (everything.add(List.of(reverse, iterate))) {
                inclusions.addAll(everyReference(reverse, iterate));
            }
        }

        private List<Inclusion> everyReference(boolean reverse, boolean iterate) {
            List<Inclusion> all = new ArrayList<>();
            for (String source : reverse ? new java.util.TreeSet<>(parameters.resourceTypes()) : types) {
                List<SearchParameter> by = parameters.of(source).stream()
                    .filter(parameter -> parameter.type() == ParameterType.REFERENCE && (!reverse || parameter.targets().isEmpty() || types.stream().anyMatch(parameter.targets()::contains))).toList();
                if (!by.isEmpty()) {
                    all.add(new Inclusion(reverse, source, by, null, iterate));
                }
            }
            return all;
        }

        private Inclusion inclusion(RawParameter raw, boolean reverse, boolean iterate) throws UnknownParameterException {
            String[] parts = raw.value().split(":");
            if (parts.length < 2 || parts.length > 3) {
                throw new InvalidSearchException(raw.name(), "'" + raw.name() + "' is Type:parameter, Type:parameter:TargetType, Type:* or *", false);
            }
            if (!parameters.resourceTypes().contains(parts[0]) || parts.length == 3 && !parameters.resourceTypes().contains(parts[2])) {
                throw new InvalidSearchException(raw.name(), "'" + raw.name() + "' names a type that R4 does not have", false);
            }
            String target = parts.length == 3 ? parts[2] : null;
            if (parts[1].equals("*")) {
                return new Inclusion(reverse, parts[0], parameters.of(parts[0]).stream().filter(parameter -> parameter.type() == ParameterType.REFERENCE).toList(), target, iterate);
            }
            SearchParameter by = parameters.find(parts[0], parts[1]).orElseThrow(() -> new UnknownParameterException(parts[0] + " has no search parameter '" + parts[1] + "'"));
            if (by.type() != ParameterType.REFERENCE) {
                throw new InvalidSearchException(raw.name(), "'" + parts[1] + "' of " + parts[0] + " is no reference", false);
            }
            return new Inclusion(reverse, parts[0], List.of(by), target, iterate);
        }
    }
}
