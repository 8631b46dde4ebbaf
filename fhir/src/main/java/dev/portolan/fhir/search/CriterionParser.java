package dev.portolan.fhir.search;

import dev.portolan.fhir.terminology.Coding;
import dev.portolan.fhir.terminology.Terminology;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads one parameter that narrows a search: its name with chains and modifiers, and its alternatives. */
final class CriterionParser {

    /** Not decided by values of the resource: they have rules of their own and no modifiers. */
    private static final Set<String> SPECIAL = Set.of("_id", "_lastUpdated", "_list", "_text", "_content", "_compartment");
    /** A chain without types branches at every hop into all types that the reference may have; some have all of them. */
    private static final int MOST_STEPS = 1_000;
    /** Of a whole search, once for each type that a chain goes through: each takes some hundred bytes. */
    private static final int MOST_VALUES = 200_000;
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9\\-.]{1,64}");

    private final SearchParameters parameters;
    private final CompartmentParameters compartments;
    private final Terminology terminology;
    private final SearchBounds bounds;
    private final AskedDate dates;
    private final ValueParser values;
    private final Predicate<SearchParameter> foldsCase;

    /** @param foldsCase whether a parameter's texts are compared without regard to case */
    CriterionParser(SearchParameters parameters, CompartmentParameters compartments, Terminology terminology, SearchBounds bounds, AskedDate dates, Predicate<SearchParameter> foldsCase) {
        this.foldsCase = foldsCase;
        this.parameters = parameters;
        this.compartments = compartments;
        this.terminology = terminology;
        this.bounds = bounds;
        this.dates = dates;
        this.values = new ValueParser(dates, parameters.resourceTypes());
    }

    /** How many values the criteria of one search may have yet. */
    static AtomicInteger values() {
        return new AtomicInteger(MOST_VALUES);
    }

    /** What a criterion is part of. */
    record Place(String fullName, String value, Set<String> ownBases, int depth, AtomicInteger stepsLeft, AtomicInteger valuesLeft) {

        Place(String fullName, String value, Set<String> ownBases, AtomicInteger valuesLeft) {
            this(fullName, value, ownBases, 0, new AtomicInteger(MOST_STEPS), valuesLeft);
        }

        Place deeper() {
            return new Place(fullName, value, ownBases, depth + 1, stepsLeft, valuesLeft);
        }

        /** Nothing more is read of it. */
        boolean isAtItsEnd() {
            return stepsLeft.get() < 0 || valuesLeft.get() < 0;
        }

        void take(int values) {
            if (valuesLeft.addAndGet(-values) < 0) {
                throw new InvalidSearchException(fullName, "the search has more than " + MOST_VALUES + " values, counted for each of the types that its chains go through; name the types, as in subject:Patient.identifier, or ask in several searches", true);
            }
        }
    }

    /** The parameter is not known here; the reason is for the caller's eyes. */
    static final class UnknownParameterException extends Exception {
        private static final long serialVersionUID = 1L;

        UnknownParameterException(String reason) {
            super(reason, null, false, false);
        }
    }

    /** @return empty if the condition is always true */
    Optional<Criterion> parse(String type, String name, Place place) throws UnknownParameterException {
        if (place.depth() > bounds.chainDepth()) {
            throw new InvalidSearchException(place.fullName(), "'" + place.fullName() + "' has more than " + bounds.chainDepth() + " hops", true);
        }
        if (place.stepsLeft().decrementAndGet() < 0) {
            throw new InvalidSearchException(place.fullName(), "'" + place.fullName() + "' goes through too many types; name them, as in subject:Patient.name", true);
        }
        if (name.startsWith("_has:")) {
            return Optional.of(has(type, name, place));
        }
        int dot = name.indexOf('.');
        if (dot >= 0) {
            return Optional.of(chain(type, name.substring(0, dot), name.substring(dot + 1), place));
        }
        int colon = name.indexOf(':');
        if (colon > 0 && SPECIAL.contains(name.substring(0, colon))) {
            throw new InvalidSearchException(place.fullName(), "'" + name.substring(0, colon) + "' takes no modifier; leave ':" + name.substring(colon + 1) + "' out", true);
        }
        return switch (name) {
            case "_id" -> Optional.of(ids(place));
            case "_lastUpdated" -> Optional.of(lastUpdated(place));
            case "_list" -> Optional.of(list(place));
            case "_text", "_content" -> Optional.of(fullText(name.equals("_text"), place));
            case "_compartment" -> Optional.of(compartment(place));
            default -> parameter(type, name, place);
        };
    }

    private Criterion ids(Place place) {
        Set<String> ids = new LinkedHashSet<>();
        for (String id : alternatives(place)) {
            if (!ID.matcher(id).matches()) {
                throw new InvalidSearchException("_id", "the value of '_id' is no FHIR id: letters, digits, - and ., at most 64", false);
            }
            ids.add(id);
        }
        return new Criterion.Ids(ids);
    }

    private Criterion lastUpdated(Place place) {
        return new Criterion.LastUpdated(alternatives(place).stream().map(text -> dates.parse("_lastUpdated", text)).toList());
    }

    private Criterion list(Place place) {
        List<String> ids = alternatives(place);
        if (!ids.stream().allMatch(id -> ID.matcher(id).matches())) {
            throw new InvalidSearchException("_list", "the value of '_list' is the id of a List; functional lists ($current-...) are not offered", true);
        }
        return new Criterion.InList(ids);
    }

    private Criterion fullText(boolean narrative, Place place) {
        return new Criterion.FullText(narrative, alternatives(place).stream().map(EscapedText::unescape).toList());
    }

    private Criterion compartment(Place place) {
        String[] owner = place.value().split("/");
        if (owner.length != 2 || !parameters.resourceTypes().contains(owner[0]) || !ID.matcher(owner[1]).matches()) {
            throw new InvalidSearchException("_compartment", "the compartment is Type/id", false);
        }
        return new Criterion.InCompartment(owner[0], owner[1], compartments.of(owner[0], parameters.resourceTypes()));
    }

    private Criterion has(String type, String name, Place place) throws UnknownParameterException {
        String[] parts = name.split(":", 4);
        if (parts.length < 4 || parts[3].isEmpty()) {
            throw new InvalidSearchException(place.fullName(), "write _has:Type:reference:parameter=value", false);
        }
        if (!parameters.resourceTypes().contains(parts[1])) {
            throw new InvalidSearchException(place.fullName(), "'" + parts[1] + "' is no R4 resource type", false);
        }
        SearchParameter reference = referenceParameter(parts[1], parts[2], place);
        if (!reference.targets().isEmpty() && !reference.targets().contains(type)) {
            throw new InvalidSearchException(place.fullName(), parts[1] + "." + parts[2] + " does not refer to " + type, false);
        }
        Criterion rest = parse(parts[1], parts[3], place.deeper()).orElseThrow(() -> new UnknownParameterException("it excludes nothing"));
        return new Criterion.Has(parts[1], reference, rest);
    }

    private SearchParameter referenceParameter(String type, String code, Place place) throws UnknownParameterException {
        SearchParameter reference = parameters.find(type, code).orElseThrow(() -> new UnknownParameterException(type + " has no search parameter '" + code + "'"));
        if (reference.type() != ParameterType.REFERENCE) {
            throw new InvalidSearchException(place.fullName(), "'" + code + "' of " + type + " is no reference, so nothing can be asked of what it refers to", false);
        }
        return reference;
    }

    private Criterion chain(String type, String first, String rest, Place place) throws UnknownParameterException {
        int colon = first.indexOf(':');
        String code = colon < 0 ? first : first.substring(0, colon);
        SearchParameter reference = referenceParameter(type, code, place);
        List<Criterion.Target> targets = new ArrayList<>();
        InvalidSearchException refused = null;
        for (String target : chainTargets(reference, colon < 0 ? null : first.substring(colon + 1), place)) {
            try {
                Optional<Criterion> criterion = parse(target, rest, place.deeper());
                criterion.ifPresent(found -> targets.add(new Criterion.Target(target, found)));
            } catch (UnknownParameterException notOfThisTarget) {
                // Types for which the rest has no meaning are left out; if it has none for any the parameter is unknown.
            } catch (InvalidSearchException e) {
                if (place.isAtItsEnd()) {
                    throw e;
                }
                refused = e;
            }
        }
        if (targets.isEmpty() && refused != null) {
            throw refused;
        }
        if (targets.isEmpty()) {
            throw new UnknownParameterException("nothing that '" + code + "' refers to has the search parameter '" + rest + "'");
        }
        return new Criterion.Chain(reference, List.copyOf(targets));
    }

    private Set<String> chainTargets(SearchParameter reference, @Nullable String only, Place place) {
        Set<String> all = reference.targets().isEmpty() ? parameters.resourceTypes() : reference.targets();
        if (only == null) {
            return new java.util.TreeSet<>(all);
        }
        if (!parameters.resourceTypes().contains(only)) {
            throw new InvalidSearchException(place.fullName(), "'" + only + "' is no R4 resource type", false);
        }
        if (!all.contains(only)) {
            throw new InvalidSearchException(place.fullName(), "'" + reference.code() + "' does not refer to " + only, false);
        }
        return Set.of(only);
    }

    private Optional<Criterion> parameter(String type, String name, Place place) throws UnknownParameterException {
        int colon = name.indexOf(':');
        String code = colon < 0 ? name : name.substring(0, colon);
        // A definition without an expression, as that of _query, says nothing about what a resource must hold.
        SearchParameter parameter = parameters.find(type, code)
            .filter(found -> !found.expression().isEmpty())
            .orElseThrow(() -> new UnknownParameterException(type + " has no search parameter '" + code + "'"));
        String suffix = colon < 0 ? "" : name.substring(colon + 1);
        boolean typed = parameter.type() == ParameterType.REFERENCE && parameters.resourceTypes().contains(suffix);
        if (typed) {
            chainTargets(parameter, suffix, place);
        }
        Modifier modifier = typed || suffix.isEmpty() ? Modifier.NONE : modifier(parameter, suffix, place);
        ValueParser.Context context = new ValueParser.Context(place.fullName(), modifier, typed ? suffix : null, place.ownBases());
        if (modifier == Modifier.IN || modifier == Modifier.NOT_IN || parameter.type() == ParameterType.TOKEN && (modifier == Modifier.ABOVE || modifier == Modifier.BELOW)) {
            return expanded(parameter, modifier, context, place);
        }
        List<CriterionValue> anyOf = alternatives(place).stream().map(text -> values.parse(parameter, text, context)).toList();
        boolean anyCase = parameter.type() == ParameterType.TOKEN && (modifier == Modifier.NONE || modifier == Modifier.NOT) && foldsCase.test(parameter);
        return Optional.of(new Criterion.Parameter(parameter, modifier, anyCase ? inAnyCase(anyOf) : anyOf));
    }

    /** Texts have their case folded where they are compared without it; codes beside them, of which the same parameter may tell, have not. */
    private static List<CriterionValue> inAnyCase(List<CriterionValue> asked) {
        Set<CriterionValue> all = new LinkedHashSet<>(asked);
        for (CriterionValue value : asked) {
            if (value instanceof CriterionValue.Token token && token.code() != null) {
                all.add(new CriterionValue.Token(token.system(), StringNormalization.foldCase(token.code())));
            }
        }
        return List.copyOf(all);
    }

    private static Modifier modifier(SearchParameter parameter, String suffix, Place place) {
        Modifier modifier = switch (suffix) {
            case "missing" -> Modifier.MISSING;
            case "exact" -> Modifier.EXACT;
            case "contains" -> Modifier.CONTAINS;
            case "text" -> Modifier.TEXT;
            case "not" -> Modifier.NOT;
            case "in" -> Modifier.IN;
            case "not-in" -> Modifier.NOT_IN;
            case "above" -> Modifier.ABOVE;
            case "below" -> Modifier.BELOW;
            case "identifier" -> Modifier.IDENTIFIER;
            case "of-type" -> Modifier.OF_TYPE;
            default -> throw new InvalidSearchException(place.fullName(), "there is no modifier ':" + suffix + "' for '" + parameter.code() + "'", true);
        };
        if (!allowed(parameter.type()).contains(modifier)) {
            throw new InvalidSearchException(place.fullName(), "the modifier ':" + suffix + "' does not apply to parameters of the type " + parameter.type().name().toLowerCase(Locale.ROOT), true);
        }
        return modifier;
    }

    /** R4 search, section 3.1.1.4.4. */
    private static Set<Modifier> allowed(ParameterType type) {
        return switch (type) {
            case STRING -> Set.of(Modifier.MISSING, Modifier.EXACT, Modifier.CONTAINS);
            case TOKEN -> Set.of(Modifier.MISSING, Modifier.TEXT, Modifier.NOT, Modifier.IN, Modifier.NOT_IN, Modifier.ABOVE, Modifier.BELOW, Modifier.OF_TYPE);
            case REFERENCE -> Set.of(Modifier.MISSING, Modifier.IDENTIFIER);
            case URI -> Set.of(Modifier.MISSING, Modifier.ABOVE, Modifier.BELOW);
            default -> Set.of(Modifier.MISSING);
        };
    }

    /** Value sets and hierarchies become the codes that they hold: the store knows no terminology. */
    private Optional<Criterion> expanded(SearchParameter parameter, Modifier modifier, ValueParser.Context context, Place place) {
        Set<CriterionValue> codes = new LinkedHashSet<>();
        for (String text : alternatives(place)) {
            Set<Coding> codings = modifier == Modifier.IN || modifier == Modifier.NOT_IN ? valueSet(EscapedText.unescape(text), place) : hierarchy(text, modifier, context, place);
            place.take(codings.size());
            codes.addAll(codings.stream().map(coding -> new CriterionValue.Token(coding.system(), coding.code())).collect(Collectors.toList()));
        }
        if (modifier == Modifier.NOT_IN) {
            return codes.isEmpty() ? Optional.empty() : Optional.of(new Criterion.Parameter(parameter, Modifier.NOT, List.copyOf(codes)));
        }
        return Optional.of(codes.isEmpty() ? new Criterion.Ids(Set.of()) : new Criterion.Parameter(parameter, Modifier.NONE, List.copyOf(codes)));
    }

    private Set<Coding> valueSet(String canonical, Place place) {
        return terminology.expand(canonical).orElseThrow(() -> new InvalidSearchException(
            place.fullName(), "the value set of '" + place.fullName() + "' is not known here or cannot be expanded in full, so it cannot be searched by", true));
    }

    private Set<Coding> hierarchy(String text, Modifier modifier, ValueParser.Context context, Place place) {
        CriterionValue.Token token = ValueParser.token(text, context);
        if (token.system() == null || token.system().isEmpty() || token.code() == null) {
            throw new InvalidSearchException(place.fullName(), "'" + place.fullName() + "' needs system|code", false);
        }
        Optional<Set<Coding>> found = modifier == Modifier.BELOW ? terminology.descendants(token.system(), token.code()) : terminology.ancestors(token.system(), token.code());
        return found.orElseThrow(() -> new InvalidSearchException(
            place.fullName(), "the hierarchy of that code system is not known here, so '" + place.fullName() + "' cannot be answered", true));
    }

    private List<String> alternatives(Place place) {
        List<String> alternatives = EscapedText.split(place.value(), ',');
        if (alternatives.size() > bounds.values()) {
            throw new InvalidSearchException(place.fullName(), "'" + place.fullName() + "' has more than " + bounds.values() + " alternatives; ask in several searches", true);
        }
        place.take(alternatives.size());
        if (alternatives.contains("")) {
            throw new InvalidSearchException(place.fullName(), "'" + place.fullName() + "' has an empty value; remove it or the comma beside it", false);
        }
        return alternatives;
    }
}
