package dev.portolan.intake.mapping;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The header of a source. Names are compared without case, and with underscores, hyphens and runs of white space as one space: extracts differ in these. */
public final class Columns {

    private final List<String> names;
    private final Map<String, Integer> places = new HashMap<>();
    private final Set<String> twice = new HashSet<>();
    /** Names as a mapping writes them, which are few: it asks for each in every row. */
    private final Map<String, Integer> asked = new ConcurrentHashMap<>();

    public Columns(List<String> names) {
        this.names = List.copyOf(names);
        for (int i = 0; i < names.size(); i++) {
            if (places.putIfAbsent(key(names.get(i)), i) != null) {
                twice.add(key(names.get(i)));
            }
        }
    }

    public List<String> names() {
        return names;
    }

    /**
     * The place of a column, or -1.
     *
     * @throws MappingException if it stands twice: which of the two is meant, nobody here knows
     */
    public int place(String name) {
        return asked.computeIfAbsent(name, this::find);
    }

    private int find(String name) {
        String key = key(name);
        if (twice.contains(key)) {
            throw new MappingException("the header", "the column '" + name + "' stands there twice; name the one that is meant in a way of its own");
        }
        return places.getOrDefault(key, -1);
    }

    static String key(String name) {
        String lower = name.strip().toLowerCase(Locale.ROOT);
        StringBuilder key = new StringBuilder(lower.length());
        boolean gap = false;
        for (int i = 0; i < lower.length(); i++) {
            char c = lower.charAt(i);
            boolean parts = c == '_' || c == '-' || c == ' ' || c >= '\t' && c <= '\r';
            if (!parts || !gap) {
                key.append(parts ? ' ' : c);
            }
            gap = parts;
        }
        return key.toString();
    }
}
