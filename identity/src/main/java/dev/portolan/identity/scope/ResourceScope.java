package dev.portolan.identity.scope;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A scope on data: {@code patient/Observation.rs?category=...|laboratory}, or in SMART v1 {@code patient/Observation.read}.
 *
 * @param level        whose data
 * @param resourceType a FHIR resource type, or {@code *}
 * @param interactions what may be done; never empty
 * @param conditions   search parameters that a resource has to match, all of them; empty for every resource of the type
 * @param version1     whether it was asked for in the syntax of SMART v1, and so is to be answered in it
 */
public record ResourceScope(Level level, String resourceType, Set<Interaction> interactions, List<Condition> conditions, boolean version1)
        implements SmartScope {

    /** Whose data a scope opens. */
    public enum Level {
        PATIENT, USER, SYSTEM;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One search parameter of a granular scope, decoded; {@code raw} is how it was written. */
    public record Condition(String name, String value, String raw) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Condition other && other.name.equals(name) && other.value.equals(value);
        }

        @Override
        public int hashCode() {
            return 31 * name.hashCode() + value.hashCode();
        }
    }

    private static final Pattern GRAMMAR =
            Pattern.compile("(patient|user|system)/(\\*|[A-Z][A-Za-z]{1,63})\\.(read|write|\\*|c?r?u?d?s?)(?:\\?([^?]+))?");
    private static final Set<Interaction> V1_READ = Collections.unmodifiableSet(EnumSet.of(Interaction.READ, Interaction.SEARCH));
    private static final Set<Interaction> V1_WRITE =
            Collections.unmodifiableSet(EnumSet.of(Interaction.CREATE, Interaction.UPDATE, Interaction.DELETE));
    private static final Set<Interaction> ALL = Collections.unmodifiableSet(EnumSet.allOf(Interaction.class));

    public ResourceScope {
        if (interactions.isEmpty()) {
            throw new IllegalArgumentException("a scope that allows nothing is no scope");
        }
        interactions = Collections.unmodifiableSet(EnumSet.copyOf(interactions));
        conditions = List.copyOf(conditions);
    }

    static Optional<ResourceScope> parse(String text) {
        Matcher m = GRAMMAR.matcher(text);
        if (!m.matches() || m.group(3).isEmpty()) {
            return Optional.empty();
        }
        String suffix = m.group(3);
        boolean v1 = suffix.equals("read") || suffix.equals("write") || suffix.equals("*");
        if (v1 && m.group(4) != null) {
            return Optional.empty(); // granular scopes came with v2
        }
        Optional<List<Condition>> conditions = m.group(4) == null ? Optional.of(List.of()) : conditions(m.group(4));
        return conditions.map(c -> new ResourceScope(Level.valueOf(m.group(1).toUpperCase(Locale.ROOT)), m.group(2), letters(suffix), c, v1));
    }

    private static Set<Interaction> letters(String suffix) {
        return switch (suffix) {
            case "read" -> V1_READ;
            case "write" -> V1_WRITE;
            case "*" -> ALL;
            default -> {
                EnumSet<Interaction> set = EnumSet.noneOf(Interaction.class);
                for (Interaction i : Interaction.values()) {
                    if (suffix.indexOf(i.letter()) >= 0) {
                        set.add(i);
                    }
                }
                yield set;
            }
        };
    }

    private static Optional<List<Condition>> conditions(String query) {
        List<Condition> found = new ArrayList<>();
        for (String part : query.split("&", -1)) {
            int equals = part.indexOf('=');
            if (equals < 1 || equals == part.length() - 1) {
                return Optional.empty();
            }
            try {
                found.add(new Condition(URLDecoder.decode(part.substring(0, equals), StandardCharsets.UTF_8),
                        URLDecoder.decode(part.substring(equals + 1), StandardCharsets.UTF_8), part));
            } catch (IllegalArgumentException badEscape) {
                return Optional.empty();
            }
        }
        return Optional.of(found);
    }

    @Override
    public String text() {
        StringBuilder b = new StringBuilder(level.word()).append('/').append(resourceType).append('.');
        if (version1 && conditions.isEmpty() && interactions.equals(V1_READ)) {
            return b.append("read").toString();
        }
        if (version1 && conditions.isEmpty() && interactions.equals(V1_WRITE)) {
            return b.append("write").toString();
        }
        if (version1 && conditions.isEmpty() && interactions.equals(ALL)) {
            return b.append('*').toString();
        }
        for (Interaction i : interactions) {
            b.append(i.letter());
        }
        String separator = "?";
        for (Condition c : conditions) {
            b.append(separator).append(c.raw());
            separator = "&";
        }
        return b.toString();
    }

    @Override
    public boolean covers(SmartScope other) {
        return other instanceof ResourceScope scope
                && scope.level == level
                && (resourceType.equals("*") || resourceType.equals(scope.resourceType))
                && interactions.containsAll(scope.interactions)
                && scope.conditions.containsAll(conditions);
    }

    /** What both scopes allow: the widest scope that each of the two covers. */
    public Optional<ResourceScope> intersect(ResourceScope other) {
        if (other.level != level
                || !(resourceType.equals("*") || other.resourceType.equals("*") || resourceType.equals(other.resourceType))) {
            return Optional.empty();
        }
        EnumSet<Interaction> both = EnumSet.copyOf(interactions);
        both.retainAll(other.interactions);
        if (both.isEmpty()) {
            return Optional.empty();
        }
        Set<Condition> all = new LinkedHashSet<>(conditions);
        all.addAll(other.conditions);
        String type = resourceType.equals("*") ? other.resourceType : resourceType;
        return Optional.of(new ResourceScope(level, type, both, List.copyOf(all), version1));
    }

    /** The same scope on one resource type instead of all. */
    public ResourceScope on(String type) {
        return new ResourceScope(level, type, interactions, conditions, version1);
    }

    /** The same scope on those resources alone that match one more condition. */
    public ResourceScope where(Condition condition) {
        return whereAll(List.of(condition));
    }

    /** The same scope on those resources alone that match all of these, too. */
    public ResourceScope whereAll(List<Condition> further) {
        List<Condition> all = new ArrayList<>(conditions);
        all.addAll(further);
        return new ResourceScope(level, resourceType, interactions, all, version1);
    }

    @Override
    public String toString() {
        return text();
    }
}
