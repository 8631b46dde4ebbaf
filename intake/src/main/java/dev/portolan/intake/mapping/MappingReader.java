package dev.portolan.intake.mapping;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** Reads a mapping file. */
public final class MappingReader {

    /** A mapping repeats pieces by alias; far more than it needs would be an attempt to fill the memory. */
    private static final int MOST_ALIASES = 500;

    private MappingReader() {}

    /** @throws MappingException with the place and what to change */
    public static Mapping read(String yaml) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(MOST_ALIASES);
        Object loaded;
        try {
            loaded = new Yaml(new SafeConstructor(options)).load(yaml);
        } catch (YAMLException e) {
            throw new MappingException("the file", "it is not YAML: " + e.getMessage());
        }
        Map<String, Object> root = map(loaded, "the file");
        ExpressionParser expressions = new ExpressionParser(new Filters(tables(map(root.getOrDefault("codes", Map.of()), "codes"))));
        TemplateCompiler compiler = new TemplateCompiler(expressions, map(root.getOrDefault("fragments", Map.of()), "fragments"));
        List<Mapping.ResourceTemplate> resources = new ArrayList<>();
        List<?> sources = list(root.get("resources"), "resources");
        for (int i = 0; i < sources.size(); i++) {
            String place = "resources[" + i + "]";
            boolean onlyIfAbsent = sources.get(i) instanceof Map<?, ?> fields && Boolean.TRUE.equals(fields.get("$only-if-absent"));
            resources.add(new Mapping.ResourceTemplate(place, compiler.resource(sources.get(i), place), onlyIfAbsent, coded(sources.get(i), place)));
        }
        Map<String, Object> input = map(root.getOrDefault("input", Map.of()), "input");
        return new Mapping(
            required(root, "mapping"), required(root, "version"),
            new Mapping.Input(Optional.ofNullable(input.get("group-by")).map(String::valueOf), columns(input, "required"), columns(input, "one-value"), Boolean.TRUE.equals(input.get("may-make-nothing"))),
            expressions.columns(), resources);
    }

    private static List<String> columns(Map<String, Object> input, String name) {
        return list(input.getOrDefault(name, List.of()), "input." + name).stream().map(String::valueOf).toList();
    }

    private static RequiredCodes coded(@Nullable Object resource, String place) {
        Object source = resource instanceof Map<?, ?> fields ? fields.get("$coded") : null;
        return source == null ? RequiredCodes.NONE : RequiredCodes.of(map(source, place + ".$coded"), place + ".$coded");
    }

    private static Map<String, CodeTable> tables(Map<String, Object> sources) {
        Map<String, CodeTable> tables = new HashMap<>();
        sources.forEach((name, source) -> tables.put(name, table(name, map(source, "codes." + name))));
        return tables;
    }

    private static CodeTable table(String name, Map<String, Object> source) {
        String place = "codes." + name;
        String system = source.get("system") == null ? null : source.get("system").toString();
        Map<String, CodeTable.Coding> codings = new HashMap<>();
        map(source.getOrDefault("values", Map.of()), place + ".values").forEach((from, to) -> codings.put(from.toLowerCase(Locale.ROOT), coding(to, system, place + ".values." + from)));
        String unknown = source.getOrDefault("unmapped-system", "urn:portolan:local:" + name).toString();
        Object otherwise = source.get("otherwise");
        return new CodeTable(name, codings, unknown, otherwise == null ? null : coding(otherwise, system, place + ".otherwise"));
    }

    private static CodeTable.Coding coding(Object to, @Nullable String system, String place) {
        if (to instanceof Map<?, ?> fields) {
            Object own = fields.get("system");
            Object display = fields.get("display");
            return new CodeTable.Coding(own == null ? system : own.toString(), String.valueOf(fields.get("code")), display == null ? null : display.toString());
        }
        if (to instanceof Boolean) {
            throw new MappingException(place, "YAML reads this as true or false: put it in quotes");
        }
        return new CodeTable.Coding(system, String.valueOf(to), null);
    }

    private static String required(Map<String, Object> root, String name) {
        Object value = root.get(name);
        if (value == null) {
            throw new MappingException("the file", "'" + name + "' is missing");
        }
        return value.toString();
    }

    private static Map<String, Object> map(@Nullable Object source, String place) {
        if (!(source instanceof Map<?, ?> map)) {
            throw new MappingException(place, "names with values should stand here");
        }
        Map<String, Object> result = new java.util.LinkedHashMap<>();
        map.forEach((name, value) -> {
            if (name instanceof Boolean) {
                throw new MappingException(place, "YAML reads the name '" + name + "' as true or false: put it in quotes");
            }
            result.put(String.valueOf(name), value);
        });
        return result;
    }

    private static List<?> list(@Nullable Object source, String place) {
        if (!(source instanceof List<?> list)) {
            throw new MappingException(place, "a list should stand here");
        }
        return list;
    }
}
