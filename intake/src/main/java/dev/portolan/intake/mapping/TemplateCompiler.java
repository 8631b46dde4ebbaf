package dev.portolan.intake.mapping;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes templates of the YAML under {@code resources} and {@code fragments}. */
final class TemplateCompiler {

    private static final Set<String> WORDS = Set.of("$when", "$each", "$for", "$as", "$needs", "$use", "$first", "$if-empty", "$only-if-absent", "$value", "$coded");
    private static final int MOST_PIECES = 100_000;
    private static final int DEEPEST = 100;
    private static final Condition ALWAYS = scope -> true;
    private static final String META = "meta";
    private static final String SOURCE = "source";
    /** Says which feed a resource comes from, if that is known and the mapping does not say it itself. */
    private static final Template FEED = new Template.Scalar(scope -> Value.text(scope.references.feed()), false);

    private final ExpressionParser expressions;
    private final Map<String, Object> fragments;
    private int made;
    private int depth;

    TemplateCompiler(ExpressionParser expressions, Map<String, Object> fragments) {
        this.expressions = expressions;
        this.fragments = fragments;
    }

    Template compile(@Nullable Object source, String place) {
        return within(place, () -> piece(source, place));
    }

    /** Aliases and fragments let a few lines stand for endlessly many pieces. */
    private <T> T within(String place, Supplier<T> work) {
        if (++made > MOST_PIECES || depth >= DEEPEST) {
            throw new MappingException(place.substring(0, Math.min(place.length(), 200)), "the mapping has more than " + MOST_PIECES + " pieces or " + DEEPEST + " levels; does a piece of it use itself?");
        }
        depth++;
        try {
            return work.get();
        } finally {
            depth--;
        }
    }

    private Template piece(@Nullable Object source, String place) {
        if (source instanceof Map<?, ?> map) {
            return map.containsKey("$first") ? first(map, place) : map.containsKey("$value") ? conditional(map, place) : object(map, place);
        }
        if (source instanceof List<?> list) {
            return items(list, place);
        }
        if (source instanceof Template made) {
            return made;
        }
        if (source instanceof String text && text.indexOf('{') < 0) {
            return new Template.Fixed(new Value.Json(new JsonWriter().value(new Value.Text(text)).written()));
        }
        if (source instanceof String text) {
            return new Template.Scalar(expressions.text(text, place), ExpressionParser.asksRecord(text));
        }
        return new Template.Fixed(literal(source, place));
    }

    /** What an entry under {@code resources} makes, which may be several with {@code $each}. */
    Template.Item resource(@Nullable Object source, String place) {
        if (source instanceof Map<?, ?> fields && fields.get(META) instanceof Map<?, ?> meta && !meta.containsKey(SOURCE)) {
            Map<Object, Object> withFeed = new LinkedHashMap<>(Map.of(SOURCE, FEED));
            withFeed.putAll(meta);
            Map<Object, Object> copy = new LinkedHashMap<>(fields);
            copy.put(META, withFeed);
            return item(copy, place);
        }
        return item(source, place);
    }

    /** A list; of its items each may make several elements. */
    private Template.ListTemplate items(List<?> list, String place) {
        List<Template.Item> items = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            items.add(item(list.get(i), place + "[" + i + "]"));
        }
        return new Template.ListTemplate(List.copyOf(items));
    }

    private Template first(Map<?, ?> source, String place) {
        if (source.size() != 1 || !(source.get("$first") instanceof List<?> alternatives)) {
            throw new MappingException(place, "$first stands alone and has a list of alternatives");
        }
        List<Template> compiled = new ArrayList<>();
        for (int i = 0; i < alternatives.size(); i++) {
            compiled.add(compile(alternatives.get(i), place + ".$first[" + i + "]"));
        }
        return new Template.First(List.copyOf(compiled));
    }

    /** A value that is no object, on a condition. */
    private Template conditional(Map<?, ?> source, String place) {
        if (source.size() != 2 || !source.containsKey("$when")) {
            throw new MappingException(place, "$value stands together with $when and nothing else");
        }
        return new Template.When(Condition.parse(source.get("$when"), expressions, place + ".$when"), compile(source.get("$value"), place + ".$value"));
    }

    private Template object(Map<?, ?> source, String place) {
        if (source.containsKey("$each") || source.containsKey("$for")) {
            throw new MappingException(place, "$each and $for stand in an item of a list");
        }
        return guarded(source, place);
    }

    /** An object with its $when, $needs and $use, without what repeats it. */
    private Template guarded(Map<?, ?> source, String place) {
        return within(place, () -> withConditions(source, place));
    }

    private Template withConditions(Map<?, ?> source, String place) {
        Map<String, Template> fields = new LinkedHashMap<>();
        Object used = source.get("$use");
        if (used != null) {
            List<?> names = used instanceof List<?> several ? several : List.of(used);
            names.forEach(name -> fields.putAll(fragment(String.valueOf(name), place)));
        }
        for (Map.Entry<?, ?> field : source.entrySet()) {
            String name = String.valueOf(field.getKey());
            if (!name.startsWith("$")) {
                fields.put(name, compile(field.getValue(), place + "." + name));
            } else if (!WORDS.contains(name)) {
                throw new MappingException(place, "there is no '" + name + "'; there are " + new java.util.TreeSet<>(WORDS));
            }
        }
        Template.ObjectTemplate object = new Template.ObjectTemplate(fields);
        Template template = source.containsKey("$needs") ? object.needing(needed(source.get("$needs"), fields, place)) : object;
        return source.containsKey("$when") ? new Template.When(Condition.parse(source.get("$when"), expressions, place + ".$when"), template) : template;
    }

    private Map<String, Template> fragment(String name, String place) {
        if (!(fragments.get(name) instanceof Map<?, ?> map)) {
            throw new MappingException(place, "there is no fragment '" + name + "'");
        }
        return guarded(map, "fragments." + name) instanceof Template.ObjectTemplate object ? object.fields() : refuse(place, "the fragment '" + name + "' must be fields only, without $when or $needs");
    }

    private static <T> T refuse(String place, String message) {
        throw new MappingException(place, message);
    }

    private static List<String> needed(@Nullable Object source, Map<String, Template> fields, String place) {
        List<String> names = (source instanceof List<?> list ? list : List.of(String.valueOf(source))).stream().map(String::valueOf).toList();
        for (String name : names) {
            if (!fields.containsKey(name)) {
                throw new MappingException(place, "$needs names '" + name + "', which is no field here");
            }
        }
        return names;
    }

    private Template.Item item(@Nullable Object source, String place) {
        if (!(source instanceof Map<?, ?> map)) {
            return new Template.Single(compile(source, place));
        }
        if (map.containsKey("$first") || map.containsKey("$value")) {
            return new Template.Single(compile(map, place));
        }
        if (map.containsKey("$each")) {
            return each(map, place);
        }
        if (Boolean.TRUE.equals(map.get("$if-empty"))) {
            return new Template.IfEmpty(guarded(map, place));
        }
        return map.containsKey("$for") ? table(map, place) : new Template.Single(guarded(map, place));
    }

    private Template.Item each(Map<?, ?> source, String place) {
        Template template = guarded(source, place);
        if ("row".equals(source.get("$each"))) {
            return new Template.EachRow(ALWAYS, List.of(), 0, Integer.MAX_VALUE, "", template);
        }
        if (!(source.get("$each") instanceof Map<?, ?> how)) {
            throw new MappingException(place, "$each is 'row', or has 'distinct', 'where', 'skip', 'most' and 'as'");
        }
        Condition where = how.containsKey("where") ? Condition.parse(how.get("where"), expressions, place + ".$each.where") : ALWAYS;
        List<Expression> distinct = new ArrayList<>();
        if (how.get("distinct") instanceof List<?> keys) {
            keys.forEach(key -> distinct.add(expressions.text(String.valueOf(key), place + ".$each.distinct")));
        }
        String as = how.get("as") == null ? "" : String.valueOf(how.get("as"));
        if (!as.isEmpty() && distinct.size() != 1) {
            throw new MappingException(place, "$each with 'as' needs one 'distinct': the elements' numbers are asked for by it");
        }
        return new Template.EachRow(where, List.copyOf(distinct), number(how, "skip", 0, place), number(how, "most", Integer.MAX_VALUE, place), as, template);
    }

    private static int number(Map<?, ?> source, String name, int otherwise, String place) {
        Object value = source.get(name);
        if (value != null && !(value instanceof Integer)) {
            throw new MappingException(place, "'" + name + "' is a whole number");
        }
        return value == null ? otherwise : (Integer) value;
    }

    private Template.Item table(Map<?, ?> source, String place) {
        if (!(source.get("$as") instanceof List<?> names) || !(source.get("$for") instanceof List<?> lines)) {
            throw new MappingException(place, "$for has lines, and $as the names of their values");
        }
        List<List<Value>> table = new ArrayList<>();
        for (Object line : lines) {
            if (!(line instanceof List<?> values) || values.size() != names.size()) {
                throw new MappingException(place, "each line of $for has as many values as $as has names");
            }
            values.forEach(value -> expressions.mention(String.valueOf(value)));
            table.add(values.stream().map(value -> value instanceof String text ? new Value.Text(text) : literal(value, place)).toList());
        }
        return new Template.ForEach(names.stream().map(String::valueOf).toList(), table, guarded(source, place));
    }

    private static Value literal(@Nullable Object source, String place) {
        if (source instanceof Boolean flag) {
            return new Value.Flag(flag);
        }
        if (source instanceof Number number) {
            return new Value.Number(new BigDecimal(number.toString()));
        }
        if (source == null) {
            return Value.NOTHING;
        }
        throw new MappingException(place, "a value of the kind " + source.getClass().getSimpleName() + " cannot stand here; put it in quotes");
    }
}
